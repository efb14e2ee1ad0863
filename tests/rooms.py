"""A whole installation without listeners, for tests of slices: import the fixtures by name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from zafiro import app
from zafiro.core import names
from zafiro.core.context import Context
from zafiro.core.settings import Settings
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace


@pytest.fixture
def ctx(tmp_path: Path, database_url: str) -> Iterator[Context]:
    settings = Settings(
        home=tmp_path / "home",
        database=database_url,
        url_mirror=str(tmp_path / "mirror"),
        durable=False,
    )
    made = app.create(
        settings, url="https://zafiro.test:9443", storage_url="https://zafiro.test:9444"
    )
    yield made.ctx
    made.ctx.db.close()


@pytest.fixture
def db(ctx: Context) -> Iterator[Session]:
    with ctx.db.begin() as session:
        yield session


@pytest.fixture
def main(db: Session) -> Workspace:
    return workspaces.find(db, names.SUBSCRIPTION, names.GROUP, names.WORKSPACE)


@pytest.fixture
def other(ctx: Context, db: Session) -> Workspace:
    """A second workspace, with an account of its own."""
    made = workspaces.create(ctx, db, names.SUBSCRIPTION, names.GROUP, "other")
    return workspaces.of_record(made)
