"""The registry's verbs over HTTP, on each database."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tracking.conftest import Door, ctx, door, main  # noqa: F401 - fixtures
from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.identity.domain import authorise
from zafiro.mlflow_rest import router
from zafiro.registry import mlflow
from zafiro.workspaces.domain import Workspace


@pytest.fixture
def http(ctx: Context, main: Workspace, door: Door) -> Iterator[TestClient]:  # noqa: F811
    def authenticate(header: str | None) -> Caller:
        return replace(door.gate.authenticate(header), workspace=main.id)

    gate = Gate(authenticate, authorise)
    app = Starlette(routes=router.routes(ctx, gate, mlflow.verbs(ctx, gate)))
    with TestClient(app, headers={"Authorization": "Bearer admin"}) as client:
        yield client
