"""Deleting for good, where jobs, assets and registered models hold on to what a run made."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.test_job_ends import V, launched, submitted
from zafiro.core.context import Context
from zafiro.jobs import loop
from zafiro.tracking import artifacts, purge
from zafiro.workspaces.domain import Workspace

API = "/mlflow/v1.0{}/api/2.0/mlflow"
STORE = "azureml://datastores/workspaceartifactstore"


def collect(client: TestClient, main: Workspace) -> Any:
    return client.post(f"/history/v1.0{main.id}/gc", json={}).json()


def done(ctx: Context) -> None:
    while purge.step(ctx):
        pass


def test_a_deleted_jobs_run_stays_until_it_is_collected(
    client: TestClient, ctx: Context, main: Workspace
) -> None:
    submitted(client, main, "j1")
    launched(ctx, main, "j1", '{"status": "Completed", "exit_code": 0}')
    loop.watch(ctx)
    runs = f"{API.format(main.id)}/runs"
    client.post(f"{runs}/delete", json={"run_id": "j1"})
    kept = collect(client, main)
    assert kept["runs"] == 0 and "delete the job first" in kept["kept"]["j1"]
    assert client.get(f"{main.id}/jobs/j1", params=V).status_code == 200  # its run is still there
    assert client.delete(f"{main.id}/jobs/j1", params=V).status_code in (200, 202, 204)
    shown = client.get(f"{runs}/get", params={"run_id": "j1"}).json()["run"]["info"]
    assert shown["lifecycle_stage"] == "deleted"
    assert collect(client, main)["runs"] == 1
    done(ctx)
    assert client.get(f"{runs}/get", params={"run_id": "j1"}).status_code == 404
    submitted(client, main, "j1")  # the name is free


@pytest.mark.parametrize(
    "spelled",
    [
        f"{STORE}/paths/ExperimentRun/dcid.r1/outputs/model",
        f"{STORE}/ExperimentRun/dcid.r1/outputs/model/",
    ],
)
def test_what_an_asset_points_to_outlives_the_run(
    client: TestClient, ctx: Context, main: Workspace, spelled: str
) -> None:
    base = f"/history/v1.0{main.id}/experiments/e/runs/r1"
    assert client.patch(base, json={}).status_code == 200
    for path in ("outputs/model/MLmodel", "outputs/other.txt", "logs/x"):
        content = f"/artifact/v2.0{main.id}/artifacts/content/ExperimentRun/dcid.r1/{path}"
        assert client.post(content, content=b"x").status_code == 200
    body = {"properties": {"modelUri": spelled, "modelType": "custom_model"}}
    made = client.put(f"{main.id}/models/m/versions/1", params=V, json=body)
    assert made.status_code == 201, made.text
    assert client.delete(f"{base}?hardDelete=true").status_code == 200
    done(ctx)
    left = artifacts.walk(ctx.home, main, "ExperimentRun/dcid.r1")
    assert left == ["outputs/model/MLmodel"]
