"""An installation with some runs in it, on each database."""

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from studio_room import Room, fill
from zafiro import app
from zafiro.core import names
from zafiro.core.db import sqlite_url
from zafiro.core.settings import Settings
from zafiro.studio import link as links
from zafiro.studio import signin
from zafiro.workspaces import service as workspaces


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def room(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Room]:
    home = tmp_path_factory.mktemp("studio")
    url, schema, server = sqlite_url(home / "test.db"), "", None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql")
        schema, server = f"t{uuid.uuid4().hex[:12]}", create_engine(url)
        with server.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        url = f"{url}&options=-csearch_path%3D{schema}"
    settings = Settings(home=home / "home", database=url, durable=False)
    made = app.create(
        settings, url="https://zafiro.test:9443", storage_url="https://zafiro.test:9444"
    )
    with made.ctx.db.begin() as db:
        main = workspaces.find(db, names.SUBSCRIPTION, names.GROUP, names.WORKSPACE)
        fill(db, main)
    headers = {signin.HEADER: "1"}
    browser = TestClient(made.studio, "http://127.0.0.1:8445", headers=headers)
    stranger = TestClient(made.studio, "http://127.0.0.1:8445", headers=headers)
    link = links.link(made.ctx.secrets, "http://127.0.0.1:8445")
    assert browser.get(link, follow_redirects=False).status_code == 303
    yield Room(made, main, browser, stranger)
    made.ctx.db.close()
    if server is not None:
        with server.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        server.dispose()
