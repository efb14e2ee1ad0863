"""A home, a database, two workspaces and the faces over them."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from zafiro.blobs import rest as blobs
from zafiro.core import documents
from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.db import Database
from zafiro.core.errors import Denied
from zafiro.core.home import Home
from zafiro.core.names import GROUP, ML, SUBSCRIPTION, WORKSPACE
from zafiro.core.secrets import Secrets
from zafiro.core.settings import Settings
from zafiro.mlflow_rest import router
from zafiro.tracking import artifact, history, metric, mlflow
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace


@pytest.fixture
def ctx(tmp_path: Path, db: Database) -> Context:
    settings = Settings(home=tmp_path)
    url = "http://testserver"
    return Context(settings, Home(tmp_path), db, Secrets(os.urandom(32)), url, url)


def workspace_id(name: str) -> str:
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/{ML}/workspaces/{name}"


def add_workspace(db: Database, name: str) -> Workspace:
    account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts"
    properties = {"workspaceId": str(uuid.uuid4()), "storageAccount": f"{account}/{name}storage"}
    with db.begin() as session:
        body = {"location": "local", "properties": properties}
        documents.put(session, workspace_id(name), body)
        return workspaces.by_id(session, workspace_id(name))


@pytest.fixture
def main(db: Database) -> Workspace:
    return add_workspace(db, WORKSPACE)


@pytest.fixture
def other(db: Database) -> Workspace:
    return add_workspace(db, "other")


class Door:
    """A gate of real rules: `admin` may all; the token `job:{name}` may what that job may."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.gate = Gate(self._authenticate, self._authorise)

    def _authenticate(self, header: str | None) -> Caller:
        admin = Caller("tenant", "oid", "admin")
        if header == "Bearer admin":
            return admin
        if header and header.startswith("Bearer job:"):
            return replace(admin, name="job", job=header[11:])
        raise Denied("no token", unknown=True)

    def _authorise(self, caller: Caller, action: str, scope: str) -> None:
        self.asked.append((caller.name, action, scope))
        if (
            caller.job
            and not action.endswith("/read")
            and not scope.endswith(f"/jobs/{caller.job}")
        ):
            raise Denied(f"job {caller.job} may not {action} at {scope}")


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def app(ctx: Context, main: Workspace, door: Door) -> Starlette:
    routes = router.routes(ctx, door.gate, mlflow.verbs(ctx, door.gate))
    for face in (history, metric, artifact, blobs):
        routes += face.routes(ctx, door.gate)
    return Starlette(routes=routes)


@pytest.fixture
def http(app: Starlette) -> Iterator[TestClient]:
    with TestClient(app, headers={"Authorization": "Bearer admin"}) as client:
        yield client
