"""A live server for the real MLflow client."""

import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import mlflow
import pytest
import uvicorn
from starlette.applications import Starlette

from conftest import schema
from tracking.conftest import Door, add_workspace
from zafiro.core.context import Context
from zafiro.core.db import Database, Table, sqlite_url
from zafiro.core.home import Home
from zafiro.core.secrets import Secrets
from zafiro.core.settings import Settings
from zafiro.evaluations import mlflow as evaluations
from zafiro.mlflow_rest import router
from zafiro.registry import mlflow as registry
from zafiro.traces import mlflow as traces
from zafiro.tracking import history
from zafiro.tracking import mlflow as face
from zafiro.workspaces.domain import Workspace


class Live:
    def __init__(self, ctx: Context, workspace: Workspace, other: Workspace, door: Door) -> None:
        self.ctx, self.workspace, self.other, self.door = ctx, workspace, other, door
        self.url = ctx.url


@pytest.fixture(scope="session")
def live(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """On SQLite; on PostgreSQL when ZAFIRO_TEST_POSTGRESQL is set."""
    root: Path = tmp_path_factory.mktemp("home")
    with ExitStack() as stack:
        url = sqlite_url(root / "zafiro.db")
        if os.environ.get("ZAFIRO_TEST_POSTGRESQL"):
            url = stack.enter_context(schema(request.getfixturevalue("postgresql")))
        yield stack.enter_context(serving(root, url))


@contextmanager
def serving(root: Path, database: str) -> Iterator[Live]:
    """The MLflow face and run history over an empty database, on a port of their own."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        db = Database(database, durable=False)
        Table.metadata.create_all(db.engine)
        settings = Settings(home=root, webhook_schemes="http", webhook_private=True)
        ctx = Context(settings, Home(root), db, Secrets(b"k" * 32), url, url)
        door = Door()
        workspace, other = add_workspace(db, "main"), add_workspace(db, "other")
        slices = (face, traces, evaluations, registry)
        verbs = [verb for one in slices for verb in one.verbs(ctx, door.gate)]
        app = Starlette(
            routes=[
                *router.routes(ctx, door.gate, verbs),
                *history.routes(ctx, door.gate),
            ]
        )
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield Live(ctx, workspace, other, door)
        server.should_exit = True
        thread.join(10)
        db.close()


@pytest.fixture
def tracking(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """The client pointed at the plain prefix."""
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "admin")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    mlflow.set_tracking_uri(live.url)
    yield live
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(None)


@pytest.fixture
def experiment(tracking: Live) -> Iterator[str]:
    """The id of a fresh experiment, which is where runs and traces go."""
    yield mlflow.set_experiment(f"e-{uuid.uuid4().hex[:8]}").experiment_id
    mlflow.flush_trace_async_logging()
