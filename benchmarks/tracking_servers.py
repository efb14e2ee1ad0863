"""The servers that benchmarks/tracking.py compares, and what lies in their databases."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import create_engine, text

HERE = Path(__file__).parent
OURS, PEER, FLOOR = "zafiro", "mlflow server", "floor"


@dataclass
class Server:
    """A running server; `database` is a SQLAlchemy URL, `also` are processes that work for it."""

    name: str
    port: int
    database: str
    process: Any
    also: list[int] = field(default_factory=list)
    ready_s: float = 0

    def cpu_s(self) -> float:
        """Processor seconds of the server, of what it started, and of its database."""
        total = 0.0
        for pid in [self.process.pid, *self.also]:
            for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
                try:
                    times = one.cpu_times()
                except psutil.NoSuchProcess:
                    continue
                total += times.user + times.system
        return total


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(
    name: str, database: str, home: Path, postgresql: int | None = None
) -> Iterator[Server]:
    port = free_port()
    if name == PEER:
        command = [str(Path(sys.executable).with_name("mlflow")), "server", "--port", str(port)]
        command += ["--backend-store-uri", database, "--workers", "2"]
        command += ["--artifacts-destination", str(home)]
    else:
        command = [sys.executable, str(Path(__file__)), name, str(port), str(home), database]
    began = time.perf_counter()
    with (home / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - began > 300:
                raise RuntimeError(f"{name} did not start:\n{(home / 'log').read_text()[-2000:]}")
            time.sleep(0.05)
        ready_s = time.perf_counter() - began
        also = [postgresql] if postgresql else []
        yield Server(name, port, database, process, also, ready_s)
    finally:
        os.killpg(process.pid, 15)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).read()
        return True
    except OSError:
        return False


@contextmanager
def postgresql() -> Iterator[tuple[str, int]]:
    """A PostgreSQL server of our own as it comes, so with fsync: the URL of a database without
    its name, and the server's process."""
    where = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="zafiro-pg-"))
    as_user: list[str] = []
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "check": True, "cwd": "/"}
    subprocess.run([*as_user, where / "initdb", "-D", data, "-A", "trust", "-N"], **quiet)
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c max_connections=200"
    control = [*as_user, where / "pg_ctl", "-D", data, "-l", folder / "log"]
    subprocess.run([*control, "-o", options, "-w", "start"], **quiet)
    user = "postgres" if as_user else os.environ.get("USER", "postgres")
    root = f"postgresql+psycopg://{user}@"
    try:
        engine = create_engine(f"{root}/postgres?host={folder}", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in (OURS, "peer"):
                connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        pid = int((data / "postmaster.pid").read_text().split()[0])
        yield f"{root}/{{name}}?host={folder}", pid
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], cwd="/", stdout=subprocess.DEVNULL)
        shutil.rmtree(folder, ignore_errors=True)


# Finished runs of one experiment, written straight into the tables: n counts from 0.
_COUNT = "WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n + 1 < :runs)"
_METRIC = "(n * 37 % :runs) * 1.0 / :runs"
_OPT = "CASE WHEN n % 2 = 0 THEN 'adam' ELSE 'sgd' END"
_FIVE = (
    "(SELECT 0 AS i UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)"
)
FILL = {
    OURS: (
        "INSERT INTO runs (key, workspace, run_id, experiment, name, status, lifecycle, start_ms,"
        " end_ms, user_name, root, owned, created_ms, modified_ms, hidden)"
        f" {_COUNT} SELECT :first + n, 'w', :name || n, :experiment, 'run ' || n, 'FINISHED',"
        " 'active', n, n + 1, 'u', :name || n, FALSE, n, n, FALSE FROM s",
        "INSERT INTO run_params (run, key, value, experiment)"
        f" {_COUNT} SELECT :first + n, 'opt', {_OPT}, :experiment FROM s",
        "INSERT INTO run_params (run, key, value, experiment)"
        f" {_COUNT} SELECT :first + n, 'seed', '' || n, :experiment FROM s",
        "INSERT INTO metric_latest (run, key, value, nan, step, timestamp_ms, experiment)"
        f" {_COUNT} SELECT :first + n, 'm' || i, {_METRIC}, FALSE, 0, 1, :experiment"
        f" FROM s CROSS JOIN {_FIVE} f",
    ),
    PEER: (
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,"
        " status, start_time, end_time, source_version, lifecycle_stage, artifact_uri,"
        f" experiment_id) {_COUNT} SELECT :name || n, 'run ' || n, 'LOCAL', '', '', 'u',"
        " 'FINISHED', n, n + 1, '', 'active', 'mlflow-artifacts:/' || n, :experiment FROM s",
        f"INSERT INTO params (run_uuid, key, value) {_COUNT} SELECT :name || n, 'opt', {_OPT} FROM s",
        f"INSERT INTO params (run_uuid, key, value) {_COUNT} SELECT :name || n, 'seed', '' || n FROM s",
        "INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan)"
        f" {_COUNT} SELECT :name || n, 'm' || i, {_METRIC}, 1, 0, FALSE"
        f" FROM s CROSS JOIN {_FIVE} f",
    ),
}


def fill(server: Server, experiment: int, runs: int) -> None:
    """So many runs with 2 parameters and 5 metrics each in that experiment."""
    given = {"runs": runs, "first": 10_000_000 * (1 + experiment), "experiment": experiment}
    engine = create_engine(server.database)
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA foreign_keys=OFF"))
        for statement in FILL[server.name]:
            statement = statement.replace(":name", f"'r{experiment}x'")
            names = {key: value for key, value in given.items() if f":{key}" in statement}
            for key, value in names.items():
                statement = statement.replace(f":{key}", str(value))
            connection.execute(text(statement))
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    engine.dispose()


def _serve_ours(port: int, home: Path, database: str) -> None:
    """Our server in this process: the MLflow face alone, on Granian."""
    from granian.constants import Interfaces
    from granian.server.embed import Server as Granian
    from starlette.applications import Starlette

    from zafiro.core import documents
    from zafiro.core.caller import Caller, Gate
    from zafiro.core.context import Context
    from zafiro.core.db import Database, Table
    from zafiro.core.home import Home
    from zafiro.core.names import GROUP, ML, SUBSCRIPTION, WORKSPACE
    from zafiro.core.secrets import Secrets
    from zafiro.core.settings import Settings
    from zafiro.mlflow_rest import router
    from zafiro.tracking import mlflow

    db = Database(database)
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
    server = Granian(app, address="127.0.0.1", port=port, interface=Interfaces.ASGINL)
    asyncio.run(server.serve())


def _serve_floor(port: int, home: Path) -> None:
    """The least a durable server can do: it takes the message, and answers when it is on disk,
    those that wait at the same time with one flush. Any other answer is there already."""
    from concurrent.futures import ThreadPoolExecutor

    from granian.constants import Interfaces
    from granian.server.embed import Server as Granian

    page = b'{"runs":[' + b"0," * 34_000 + b"0]}"
    file = os.open(home / "messages", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    thread = ThreadPoolExecutor(1)
    waiting: list[tuple[bytes, asyncio.Future[None]]] = []

    def commit(bodies: list[bytes]) -> None:
        os.write(file, b"".join(bodies))
        os.fdatasync(file)

    async def drain() -> None:
        while waiting:
            group = waiting[:]
            await asyncio.get_running_loop().run_in_executor(
                thread, commit, [body for body, _ in group]
            )
            del waiting[: len(group)]
            for _, future in group:
                future.set_result(None)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", scope["method"] == "POST"
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        search = scope["path"].endswith("search")
        if body and not search:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiting.append((body, future))
            if len(waiting) == 1:
                tasks.add(asyncio.create_task(drain()))
            await future
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        said = page if search else b'{"run":{"info":{"run_id":"r"}},"experiment_id":"1"}'
        await send({"type": "http.response.body", "body": said})

    tasks: set[Any] = set()
    server = Granian(app, address="127.0.0.1", port=port, interface=Interfaces.ASGI)
    asyncio.run(server.serve())


if __name__ == "__main__":
    if sys.argv[1] == FLOOR:
        _serve_floor(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        _serve_ours(int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
