"""P1 to P4 (log-metric, log-batch, create, search) beside `mlflow server`, in one run.

    python benchmarks/tracking.py [--seconds 5] [--runs 100000] [--alone]

Both servers keep an SQLite file and answer plain HTTP; ours commits durably, one process; theirs is
what `mlflow server` starts. One load generator for both: raw requests over 8 kept connections, so
that no client library is measured. --alone leaves the peer out.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

CLIENTS = 8
API = "/api/2.0/mlflow"


class Connection:
    """One kept connection that sends prepared requests."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def open(self) -> "Connection":
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.port, limit=1 << 26
        )
        return self

    async def send(self, request: bytes) -> bytes:
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        body = await self.reader.readexactly(length)
        if b" 200 " not in head[:20]:
            raise RuntimeError(f"{head[:40]!r} {body[:300]!r}")
        return body


def post(verb: str, body: Any) -> bytes:
    said = json.dumps(body).encode()
    return (
        f"POST {API}/{verb} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer admin\r\nContent-Length: {len(said)}\r\n\r\n"
    ).encode() + said


async def create(connection: Connection, experiment: str) -> str:
    body = {"experiment_id": experiment, "user_id": "u", "start_time": int(time.time() * 1000)}
    answer = json.loads(await connection.send(post("runs/create", body)))
    id: str = answer["run"]["info"]["run_id"]
    return id


async def for_a_while(
    port: int, seconds: float, prepare: Callable[..., Any], work: Callable[..., Any]
) -> tuple[float, float]:
    """Eight clients do `work` again and again. (times per second, median seconds of one)"""
    connections = [await Connection(port).open() for _ in range(CLIENTS)]
    states = [await prepare(connection) for connection in connections]
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def client(connection: Connection, state: Any) -> None:
        n = 0
        while (began := time.perf_counter()) < end:
            await work(connection, state, n)
            took.append(time.perf_counter() - began)
            n += 1

    began = time.perf_counter()
    await asyncio.gather(*(client(c, s) for c, s in zip(connections, states, strict=True)))
    rate = len(took) / (time.perf_counter() - began)
    return rate, sorted(took)[len(took) // 2]


async def measure(port: int, seconds: float) -> dict[str, float]:
    first = await Connection(port).open()
    name = {"name": f"bench {time.time()}"}
    experiment = json.loads(await first.send(post("experiments/create", name)))["experiment_id"]
    found: dict[str, float] = {}

    async def a_run(connection: Connection) -> str:
        return await create(connection, experiment)

    async def log_metric(connection: Connection, run: str, n: int) -> None:
        body = {"run_id": run, "key": "loss", "value": 0.5 / (n + 1), "timestamp": n, "step": n}
        await connection.send(post("runs/log-metric", body))

    found["P1 log-metric, requests/s"], _ = await for_a_while(port, seconds, a_run, log_metric)

    async def log_batch(connection: Connection, run: str, n: int) -> None:
        metrics = [
            {"key": f"m{i % 10}", "value": i * 0.5, "timestamp": n, "step": n * 100 + i // 10}
            for i in range(1000)
        ]
        await connection.send(post("runs/log-batch", {"run_id": run, "metrics": metrics}))

    rate, _ = await for_a_while(port, seconds, a_run, log_batch)
    found["P2 log-batch, metrics/s"] = rate * 1000

    async def nothing(connection: Connection) -> None:
        return None

    async def whole_run(connection: Connection, state: None, n: int) -> None:
        run = await create(connection, experiment)
        body = {
            "run_id": run,
            "params": [{"key": f"p{i}", "value": str(i)} for i in range(10)],
            "metrics": [{"key": f"m{i}", "value": i, "timestamp": 1, "step": 0} for i in range(10)],
        }
        await connection.send(post("runs/log-batch", body))

    found["P3 runs with 10 params, 10 metrics, runs/s"], _ = await for_a_while(
        port, seconds, nothing, whole_run
    )
    first = await Connection(port).open()  # servers close what was idle for long
    name = {"name": f"search {time.time()}"}
    experiment = json.loads(await first.send(post("experiments/create", name)))["experiment_id"]
    for n in range(500):
        run = await create(first, experiment)
        body = {
            "run_id": run,
            "params": [{"key": "opt", "value": ["adam", "sgd"][n % 2]}],
            "metrics": [
                {"key": f"m{i}", "value": (n * 37 % 500) / 500, "timestamp": 1, "step": 0}
                for i in range(5)
            ],
        }
        await first.send(post("runs/log-batch", body))
    found["P4 search over 500 runs, ms"] = 1000 * await search(first, experiment)
    return found


async def search(connection: Connection, experiment: str, **more: Any) -> float:
    """Median seconds of a filtered, ordered page of 100."""
    body = {
        "experiment_ids": [experiment],
        "filter": "metrics.m0 > 0.2 and params.opt = 'adam'",
        "order_by": ["metrics.m1 DESC"],
        "max_results": 100,
        **more,
    }
    took = []
    for _ in range(15):
        began = time.perf_counter()
        answer = json.loads(await connection.send(post("runs/search", body)))
        took.append(time.perf_counter() - began)
        if len(answer["runs"]) != 100:
            raise RuntimeError(f"{len(answer['runs'])} runs found")
    return sorted(took)[len(took) // 2]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def start(command: list[str], port: int, limit_s: float = 120) -> tuple[Any, float]:
    """The server and the seconds until it first answered."""
    began = time.perf_counter()
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while time.perf_counter() - began < limit_s:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).read()
            return server, time.perf_counter() - began
        except OSError:
            time.sleep(0.05)
    stop(server)
    raise RuntimeError(f"{command[0]} did not start in {limit_s} s")


def stop(server: Any) -> None:
    os.killpg(server.pid, 15)
    try:
        server.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, 9)
        server.wait()


def serve(home: Path, port: int) -> None:
    """Our server in this process: the MLflow face alone, on Granian."""
    from granian.constants import Interfaces
    from granian.server.embed import Server
    from starlette.applications import Starlette

    from zafiro.core import documents
    from zafiro.core.caller import Caller, Gate
    from zafiro.core.context import Context
    from zafiro.core.db import Database, Table, sqlite_url
    from zafiro.core.home import Home
    from zafiro.core.names import GROUP, ML, SUBSCRIPTION, WORKSPACE
    from zafiro.core.secrets import Secrets
    from zafiro.core.settings import Settings
    from zafiro.mlflow_rest import router
    from zafiro.tracking import mlflow

    db = Database(sqlite_url(home / "zafiro.db"))
    Table.metadata.create_all(db.engine)
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers"
    properties = {"workspaceId": "w", "storageAccount": f"{group}/storageAccounts/mainstorage"}
    with db.begin() as session:
        id = f"{group}/{ML}/workspaces/{WORKSPACE}"
        documents.put(session, id, {"location": "local", "properties": properties})
    caller = Caller("t", "o", "admin")
    gate = Gate(lambda header: caller, lambda caller, action, scope: None)
    url = f"http://127.0.0.1:{port}"
    ctx = Context(Settings(home=home), Home(home), db, Secrets(b"k" * 32), url, url)
    app = Starlette(routes=router.routes(ctx, gate, mlflow.verbs(ctx, gate)))
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGINL)
    asyncio.run(server.serve())


def fill(home: Path, runs: int) -> int:
    """One experiment with many finished runs, written straight into our tables."""
    from sqlalchemy import insert

    from zafiro.core.db import Database, sqlite_url
    from zafiro.tracking import experiments
    from zafiro.tracking.store import LatestRow, ParamRow, RunRow

    db = Database(sqlite_url(home / "zafiro.db"))
    with db.begin() as session:
        key = experiments.create(session, "w", f"many {runs}").key
        first = 10_000_000
        for at in range(0, runs, 5000):
            chunk = range(at, min(runs, at + 5000))
            session.execute(
                insert(RunRow),
                [
                    {
                        "key": first + n,
                        "workspace": "w",
                        "run_id": f"many{n}",
                        "experiment": key,
                        "name": f"run {n}",
                        "status": "FINISHED",
                        "lifecycle": "active",
                        "start_ms": n,
                        "end_ms": n + 1,
                        "user_name": "u",
                        "root": f"many{n}",
                        "owned": False,
                        "created_ms": n,
                        "modified_ms": n,
                        "hidden": False,
                    }
                    for n in chunk
                ],
            )
            common = [{"run": first + n, "experiment": key, "n": n} for n in chunk]
            session.execute(
                insert(ParamRow),
                [
                    {
                        "run": row["run"],
                        "experiment": key,
                        "key": "opt",
                        "value": ["adam", "sgd"][row["n"] % 2],
                    }
                    for row in common
                ],
            )
            session.execute(
                insert(LatestRow),
                [
                    {
                        "run": row["run"],
                        "experiment": key,
                        "key": f"m{i}",
                        "value": (row["n"] * 37 % runs) / runs,
                        "nan": False,
                        "step": 0,
                        "timestamp_ms": 1,
                    }
                    for row in common
                    for i in range(5)
                ],
            )
    db.close()
    return key


async def search_many(port: int, key: int) -> dict[str, float]:
    connection = await Connection(port).open()
    return {
        "ordered by a metric": 1000 * await search(connection, str(key)),
        "newest first": 1000 * await search(connection, str(key), order_by=[]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.home, given.serve)
        return
    with tempfile.TemporaryDirectory() as folder:
        home, port = Path(folder), free_port()
        me = [sys.executable, __file__, "--serve", str(port), "--home", folder]
        server, ready_s = start(me, port)
        try:
            ours = asyncio.run(measure(port, given.seconds))
            key = fill(home, given.runs)
            many = asyncio.run(search_many(port, key))
        finally:
            stop(server)
    print(f"zafiro: first answer after {ready_s:.1f} s")
    theirs: dict[str, float] = {}
    if not given.alone:
        with tempfile.TemporaryDirectory() as folder:
            port = free_port()
            command = [str(Path(sys.executable).with_name("mlflow")), "server", "--port", str(port)]
            command += ["--backend-store-uri", f"sqlite:///{folder}/peer.db", "--workers", "2"]
            server, ready_s = start([*command, "--artifacts-destination", folder], port)
            try:
                theirs = asyncio.run(measure(port, given.seconds))
            finally:
                stop(server)
        print(f"mlflow server: first answer after {ready_s:.1f} s")
    for name, figure in ours.items():
        line = f"{name:45} zafiro {figure:10.1f}"
        if name in theirs:
            peer = theirs[name]
            ratio = peer / figure if name.endswith("ms") else figure / peer
            line += f"   mlflow {peer:10.1f}   ratio {ratio:6.1f}"
        print(line)
    base = ours["P4 search over 500 runs, ms"]
    for name, figure in many.items():
        print(f"P4 search over {given.runs} runs, {name}: {figure:.1f} ms, {figure / base:.2f} x")


if __name__ == "__main__":
    main()
