"""A real server on a real port with TLS, and nothing but the Blob face in it."""

import asyncio
import datetime
import ipaddress
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette

from zafiro.blobs import rest
from zafiro.blobs.service import Store
from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.db import Database
from zafiro.core.errors import Denied
from zafiro.core.home import Home
from zafiro.core.secrets import Secrets
from zafiro.core.settings import Settings

ACCOUNT = "mainstorage"
TOKENS = {"good": Caller("t", "o", "writer"), "reader": Caller("t", "o", "reader")}


def gate(asked: list[tuple[str, str, str]]) -> Gate:
    """Knows two tokens; the reader may read. Notes what was asked."""

    def authenticate(header: str | None) -> Caller:
        caller = TOKENS.get((header or "").removeprefix("Bearer "))
        if caller is None:
            raise Denied("nobody has this token", unknown=True)
        return caller

    def authorise(caller: Caller, action: str, scope: str) -> None:
        asked.append((caller.name, action, scope))
        if caller.name == "reader" and not action.endswith("/read"):
            raise Denied(f"{caller.name} may not {action}")

    return Gate(authenticate, authorise)


def certificate(folder: Path) -> tuple[Path, Path]:
    """(certificate, key) for 127.0.0.1 and localhost, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    names = [
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.DNSName("localhost"),
    ]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_path, key_path


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port: int = s.getsockname()[1]
        return port


class Running:
    """Granian in a thread with a loop of its own."""

    def __init__(self, app: Starlette, cert: Path, key: Path) -> None:
        self.port = free_port()
        self._loop = asyncio.new_event_loop()
        self._server = Server(
            app,
            port=self.port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            log_enabled=False,
            ssl_cert=cert,
            ssl_key=key,
        )
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._wait()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve())

    def _wait(self) -> None:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                threading.Event().wait(0.05)
        raise TimeoutError("the server did not come up")

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(10)


@dataclass(frozen=True)
class World:
    """`path_url` and `user_url` are the two spellings of the account's URL."""

    store: Store
    secrets: Secrets
    key: str
    cert: Path
    asked: list[tuple[str, str, str]]
    port: int
    storage_port: int

    @property
    def path_url(self) -> str:
        return f"https://127.0.0.1:{self.port}/storage/{ACCOUNT}.blob.core.windows.net"

    @property
    def user_url(self) -> str:
        return f"https://{ACCOUNT}.blob.core.windows.net@127.0.0.1:{self.storage_port}"

    @property
    def root_url(self) -> str:
        return f"https://127.0.0.1:{self.storage_port}"


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = Home(tmp_path_factory.mktemp("home"))
    secrets = Secrets.at(home.master_key)
    ctx = Context(Settings(), home, Database("sqlite://"), secrets, "https://x", "https://x")
    cert, key = certificate(home.root)
    asked: list[tuple[str, str, str]] = []
    door = gate(asked)
    api = Running(Starlette(routes=rest.routes(ctx, door)), cert, key)
    storage = Running(Starlette(routes=rest.storage_routes(ctx, door)), cert, key)
    store = Store(home.storage)
    store.create_container(ACCOUNT, "azureml")
    yield World(store, secrets, secrets.account_key(ACCOUNT), cert, asked, api.port, storage.port)
    api.stop()
    storage.stop()
