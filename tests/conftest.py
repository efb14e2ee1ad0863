"""One live server for all client tests; the databases for slice tests."""

import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from zafiro.core import slices
from zafiro.core.db import Database, Table, sqlite_url
from zafiro.testing import live
from zafiro.testing.live import Live

for _slice in slices.find():
    if _slice.has("store"):
        _slice.module("store")  # declares its tables


@pytest.fixture(autouse=True)
def _mlflow_forgets() -> Iterator[None]:
    """Which experiment is the active one, MLflow keeps for the process and its children."""
    yield
    fluent = sys.modules.get("mlflow.tracking.fluent")
    if fluent is not None and fluent._active_experiment_id is not None:
        fluent._active_experiment_id = None
        os.environ.pop("MLFLOW_EXPERIMENT_ID", None)


Say = Callable[[str], None]


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Say:
    """say(figure): what was measured, for the end of the output; also with several workers."""
    return lambda text: request.node.user_properties.append(("figure", text))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, [])]
    said = [text for one in reports for name, text in one.user_properties if name == "figure"]
    if said:
        terminalreporter.section("figures (and their budgets)")
        for text in said:
            terminalreporter.line(text)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    home = tmp_path_factory.mktemp("zafiro") / "home"
    running = live.up(home)
    yield running
    live.down(home)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a PostgreSQL server of our own, on a socket in a temporary folder. Skips where it is
    not installed; fails in CI, which installs it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    where = found[-1].parent if found else None
    if where is None and (initdb := shutil.which("initdb")):
        where = Path(initdb).parent
    if where is None:
        if os.environ.get("ZAFIRO_CI"):
            pytest.fail("PostgreSQL is not installed, and CI may not skip it")
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    # Not below pytest's own folder: each run of pytest closes that one for other users again.
    folder = Path(tempfile.mkdtemp(prefix="zafiro-pg-"))
    as_user: list[str] = []
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "check": True, "cwd": "/"}
    subprocess.run([*as_user, where / "initdb", "-D", data, "-A", "trust", "-N"], **quiet)  # type: ignore[call-overload]
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    control = [*as_user, where / "pg_ctl", "-D", data, "-l", folder / "log"]
    subprocess.run([*control, "-o", options, "-w", "start"], **quiet)  # type: ignore[call-overload]
    user = "postgres" if as_user else os.environ.get("USER", "postgres")
    yield f"postgresql+psycopg://{user}@/postgres?host={folder}"
    subprocess.run([*control, "-m", "immediate", "stop"], cwd="/", stdout=subprocess.DEVNULL)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind; on PostgreSQL a schema of this test's own."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "test.db")
        return
    with schema(request.getfixturevalue("postgresql")) as url:
        yield url


@contextmanager
def schema(url: str) -> Iterator[str]:
    """URL of an empty schema on that PostgreSQL server, gone afterwards."""
    name = f"t{uuid.uuid4().hex[:12]}"
    server = create_engine(url)
    with server.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    yield f"{url}&options=-csearch_path%3D{name}"
    with server.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    server.dispose()


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A database with all tables; slice tests run on each kind."""
    made = Database(database_url, durable=False)
    Table.metadata.create_all(made.engine)
    yield made
    made.close()
