"""The whole API in this process, without listeners and loops, asked by its administrator."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from zafiro import app
from zafiro.app import Zafiro
from zafiro.core import names
from zafiro.core.context import Context
from zafiro.core.settings import Settings
from zafiro.identity import service as identity
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace


@pytest.fixture
def zafiro(tmp_path: Path, database_url: str) -> Iterator[Zafiro]:
    settings = Settings(home=tmp_path / "home", database=database_url, durable=False)
    made = app.create(
        settings, url="https://zafiro.test:9443", storage_url="https://zafiro.test:9444"
    )
    yield made
    made.ctx.db.close()


@pytest.fixture
def ctx(zafiro: Zafiro) -> Context:
    return zafiro.ctx


@pytest.fixture
def main(ctx: Context) -> Workspace:
    with ctx.db.read() as db:
        return workspaces.find(db, names.SUBSCRIPTION, names.GROUP, names.WORKSPACE)


@pytest.fixture
def client(zafiro: Zafiro) -> TestClient:
    token = identity.of(zafiro.ctx).for_admin(zafiro.ctx.url).token
    return TestClient(
        zafiro.api,
        base_url=zafiro.ctx.url,
        headers={"Authorization": f"Bearer {token}"},
        raise_server_exceptions=False,
    )
