"""Our Blob face beside Azurite (Microsoft's emulator, the one other local server of this protocol).

    python benchmarks/blob.py [--quick] [--http]

Both servers run on this machine, one after the other for each workload, over TLS (or, with
--http, without), and are driven by the same client in the same process: azure-storage-blob, with
the account's key, and curl, with a SAS. Each number is the median of the rounds. Azurite is
installed by npm into a temporary folder and run by node. The seconds of processor time each server
took are printed beside the wall clock's: on a small or busy machine the client is the slower half.
"""

import argparse
import hashlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from azure.storage.blob import BlobSasPermissions, BlobServiceClient, generate_blob_sas

AZURITE_KEY = (  # the well-known key of every emulator
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
CONTAINER = "bench"


@dataclass(frozen=True)
class Peer:
    """A running server. `url` is the account's."""

    name: str
    url: str
    account: str
    key: str
    pid: int
    cert: Path | None

    def service(self) -> BlobServiceClient:
        return BlobServiceClient(
            self.url,
            {"account_name": self.account, "account_key": self.key},
            connection_verify=str(self.cert) if self.cert else True,
            max_single_put_size=8 << 20,
            max_block_size=8 << 20,
            max_single_get_size=8 << 20,
            max_chunk_get_size=8 << 20,
        )

    def curl(self, blob: str, *more: str) -> None:
        sas = generate_blob_sas(
            self.account,
            CONTAINER,
            blob,
            account_key=self.key,
            permission=BlobSasPermissions(read=True, write=True, create=True),
            expiry=datetime.now(timezone.utc) + timedelta(hours=1),
        )
        trust = ["--cacert", str(self.cert)] if self.cert else []
        url = f"{self.url}/{CONTAINER}/{blob}?{sas}"
        subprocess.run(["curl", "-sSf", *trust, *more, url], check=True)

    @property
    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def peak_mib(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


# -- the servers ----------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None:
                raise SystemExit(f"a server ended with {process.returncode}") from None
            time.sleep(0.05)
    raise SystemExit("a server did not come up")


@contextmanager
def running(command: list[str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def ours(folder: Path, cert: Path | None) -> Iterator[Peer]:
    port = free_port()
    command = [sys.executable, __file__, "--serve", str(port), str(folder / "ours")]
    if cert:
        command += [str(cert)]
    with running(command, port) as pid:
        from zafiro.core.secrets import Secrets

        key = Secrets.at(folder / "ours" / "master.key").account_key("bench")
        scheme = "https" if cert else "http"
        url = f"{scheme}://127.0.0.1:{port}/storage/bench.blob.core.windows.net"
        yield Peer("zafiro", url, "bench", key, pid, cert)


@contextmanager
def azurite(folder: Path, cert: Path | None) -> Iterator[Peer]:
    port = free_port()
    main = folder / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    if not main.exists():
        npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "azurite"]
        subprocess.run([*npm, "--prefix", str(folder)], check=True, stdout=subprocess.DEVNULL)
    command = ["node", str(main), "--blobPort", str(port), "--location", str(folder / "azurite")]
    command += ["--skipApiVersionCheck", "--silent", "--disableTelemetry"]
    if cert:
        command += ["--cert", str(cert), "--key", str(cert.with_name("key.pem"))]
    with running(command, port) as pid:
        scheme = "https" if cert else "http"
        url = f"{scheme}://127.0.0.1:{port}/devstoreaccount1"
        yield Peer("azurite", url, "devstoreaccount1", AZURITE_KEY, pid, cert)


def serve(port: int, folder: Path, cert: Path | None) -> None:
    """Our face and nothing else, as the server runs it."""
    import asyncio

    from granian.constants import HTTPModes, Interfaces
    from granian.server.embed import Server
    from starlette.applications import Starlette

    from zafiro.blobs import rest
    from zafiro.blobs.service import Store
    from zafiro.core.caller import Caller, Gate
    from zafiro.core.context import Context
    from zafiro.core.db import Database
    from zafiro.core.home import Home
    from zafiro.core.secrets import Secrets
    from zafiro.core.settings import Settings

    home = Home(folder)
    secrets = Secrets.at(folder / "master.key")
    Store(home.storage).create_account("bench")
    ctx = Context(Settings(), home, Database("sqlite://"), secrets, "", "")
    gate = Gate(lambda header: Caller("", "", ""), lambda caller, action, scope: None)

    async def main() -> None:
        await Server(
            Starlette(routes=rest.storage_routes(ctx, gate)),
            port=port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            log_enabled=False,
            ssl_cert=cert,
            ssl_key=cert.with_name("key.pem") if cert else None,
        ).serve()

    asyncio.run(main())


def certificate(folder: Path) -> Path:
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -batch"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command.split(), *names, *files], check=True, stderr=subprocess.DEVNULL)
    return folder / "cert.pem"


# -- the workloads --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Workload:
    """`act(peer, round)` is timed; without a name it is a check."""

    name: str
    act: Callable[[Peer, int], None]


def workloads(scratch: Path, *, quick: bool) -> list[Workload]:
    big = scratch / "big"
    big_mib, many = (128, 200) if quick else (1024, 1000)
    with big.open("wb") as file:
        for _ in range(big_mib):
            file.write(os.urandom(1 << 20))
    digest = hashlib.sha256(big.read_bytes()).hexdigest()
    medium, small = os.urandom(8 << 20), os.urandom(10_000)
    size = f"{big_mib} MiB" if quick else "1 GiB"

    def big_up(peer: Peer, n: int) -> None:
        client = peer.service().get_blob_client(CONTAINER, "big")
        with big.open("rb") as file:
            client.upload_blob(file, overwrite=True, max_concurrency=4)

    def big_down(peer: Peer, n: int) -> None:
        client = peer.service().get_blob_client(CONTAINER, "big")
        with (scratch / f"down-{peer.name}").open("wb") as file:
            client.download_blob(max_concurrency=4).readinto(file)

    def curl_down(peer: Peer, n: int) -> None:
        peer.curl("big", "-o", "/dev/null")

    def curl_down_4(peer: Peer, n: int) -> None:
        part = (big_mib << 20) // 4
        with ThreadPoolExecutor(4) as pool:
            for done in [
                pool.submit(
                    peer.curl, "big", "-o", "/dev/null", "-r", f"{i * part}-{(i + 1) * part - 1}"
                )
                for i in range(4)
            ]:
                done.result()

    def curl_up(peer: Peer, n: int) -> None:
        peer.curl("curled", "-T", str(big), "-H", "x-ms-blob-type: BlockBlob", "-H", "Expect:")

    def each(count: int, threads: int, act: Callable[[int], object]) -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(act, range(count)))

    def medium_up(peer: Peer, n: int) -> None:
        box = peer.service().get_container_client(CONTAINER)
        each(20, 4, lambda i: box.upload_blob(f"m/{i}", medium, overwrite=True))

    def medium_down(peer: Peer, n: int) -> None:
        box = peer.service().get_container_client(CONTAINER)
        each(20, 4, lambda i: box.download_blob(f"m/{i}").readall())

    def small_up(peer: Peer, n: int) -> None:
        box = peer.service().get_container_client(CONTAINER)
        each(many, 8, lambda i: box.upload_blob(f"s{n}/{i}", small))

    def small_down(peer: Peer, n: int) -> None:
        box = peer.service().get_container_client(CONTAINER)
        each(many, 8, lambda i: box.download_blob(f"s{n}/{i}").readall())

    def names(peer: Peer, n: int) -> None:
        box = peer.service().get_container_client(CONTAINER)
        for _ in range(5):
            found = sum(1 for _ in box.list_blobs(f"s{n}/", include=["metadata"]))
            assert found == many, found

    def check(peer: Peer, n: int) -> None:
        content = (scratch / f"down-{peer.name}").read_bytes()
        assert hashlib.sha256(content).hexdigest() == digest, peer.name

    return [
        Workload(f"client: upload {size}, 4 streams", big_up),
        Workload(f"client: download {size}, 4 streams", big_down),
        Workload("", check),
        Workload(f"curl: upload {size}, 1 stream", curl_up),
        Workload(f"curl: download {size}, 1 stream", curl_down),
        Workload(f"curl: download {size}, 4 ranges", curl_down_4),
        Workload("client: upload 20 x 8 MiB, 4 threads", medium_up),
        Workload("client: download 20 x 8 MiB, 4 threads", medium_down),
        Workload(f"client: upload {many} x 10 KB, 8 threads", small_up),
        Workload(f"client: download {many} x 10 KB, 8 threads", small_down),
        Workload(f"client: list {many} names, 5 times", names),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, one round")
    parser.add_argument("--http", action="store_true", help="without TLS")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="keep Azurite here between runs")
    args = parser.parse_args()
    rounds = args.rounds or (1 if args.quick else 3)
    scratch = Path(tempfile.mkdtemp(prefix="blob-bench-"))
    folder = args.folder or scratch
    folder.mkdir(parents=True, exist_ok=True)
    try:
        cert = None if args.http else certificate(scratch)
        for name in ("ours", "azurite"):
            (scratch / name).mkdir()
        if folder != scratch and not (scratch / "node_modules").exists():
            (scratch / "node_modules").symlink_to(folder / "node_modules")
            if not (folder / "node_modules").exists():
                subprocess.run(
                    ["npm", "install", "--silent", "--prefix", str(folder), "azurite"], check=True
                )
        with ours(scratch, cert) as mine, azurite(scratch, cert) as peer:
            report(mine, peer, workloads(scratch, quick=args.quick), rounds, cert is not None)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def report(mine: Peer, peer: Peer, todo: list[Workload], rounds: int, tls: bool) -> None:
    print(f"{'TLS' if tls else 'plain http'}; medians of {rounds}; seconds", flush=True)
    row = "{:42} {:>8} {:>8} {:>7}   {:>8} {:>8} {:>7}"
    print(row.format("workload", "zafiro", "azurite", "ratio", "cpu", "azurite", "ratio"))
    for server in (mine, peer):
        server.service().create_container(CONTAINER)
    for workload in todo:
        taken: dict[str, list[tuple[float, float]]] = {mine.name: [], peer.name: []}
        for n in range(rounds):
            for server in (mine, peer):
                start, cpu = time.perf_counter(), server.cpu_s
                workload.act(server, n)
                taken[server.name].append((time.perf_counter() - start, server.cpu_s - cpu))
        cells = []
        for i in (0, 1):
            a, b = (statistics.median(t[i] for t in taken[s.name]) for s in (mine, peer))
            cells += [f"{a:.2f}", f"{b:.2f}", f"{b / max(a, 0.01):.1f}x"]
        if workload.name:
            print(row.format(workload.name, *cells), flush=True)
    a, b = mine.peak_mib, peer.peak_mib
    print(row.format("peak memory, MiB", f"{a:.0f}", f"{b:.0f}", f"{b / a:.1f}x", "", "", ""))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]) if sys.argv[4:] else None)
    else:
        main()
