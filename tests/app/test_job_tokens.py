"""How far the token of a job reaches, over the real rules."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from zafiro.app import Zafiro
from zafiro.core.context import Context
from zafiro.identity import service as identity
from zafiro.tracking import service as tracking
from zafiro.workspaces.domain import Workspace


def run_of_job(ctx: Context, main: Workspace, name: str, state: str = "Running") -> None:
    with ctx.db.begin() as db:
        experiment = tracking.ensure_experiment(db, main.guid, "e")
        tracking.create_run(db, main.guid, name, experiment, name, owned=True, state="Queued")
        tracking.set_status(db, main.guid, name, state)


def as_job(zafiro: Zafiro, main: Workspace, name: str) -> TestClient:
    token = identity.of(zafiro.ctx).for_job(main.id, name, timedelta(hours=1)).token
    header = {"Authorization": f"Bearer {token}"}
    return TestClient(
        zafiro.api, base_url=zafiro.ctx.url, headers=header, raise_server_exceptions=False
    )


def made_model(client: TestClient) -> str:
    asked = {"experiment_id": "0", "name": "m"}
    said: Any = client.post("/api/2.0/mlflow/logged-models", json=asked).json()
    return str(said["model"]["info"]["model_id"])


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_the_files_of_a_model_are_written_by_the_job_that_made_it_only(
    zafiro: Zafiro, client: TestClient, main: Workspace, method: str
) -> None:
    run_of_job(zafiro.ctx, main, "mine")
    mine = as_job(zafiro, main, "mine")
    base = "/api/2.0/mlflow-artifacts/artifacts/models"
    path = f"{base}/{made_model(client)}/MLmodel"
    assert client.put(path, content=b"a").status_code == 200
    assert mine.get(path).content == b"a"
    assert mine.request(method, path, content=b"b").status_code == 403
    assert client.get(path).content == b"a"
    own = f"{base}/{made_model(mine)}/MLmodel"
    assert [mine.put(own, content=b"c").status_code, mine.delete(own).status_code] == [200, 200]


def test_a_running_job_gets_a_fresh_token_and_an_ended_one_does_not(
    zafiro: Zafiro, main: Workspace
) -> None:
    for name, state, status in (("on", "Running", 200), ("over", "Completed", 400)):
        run_of_job(zafiro.ctx, main, name, state)
        answer = as_job(zafiro, main, name).get(f"/history/v1.0{main.id}/runs/{name}/token")
        assert answer.status_code == status


def test_a_job_touches_nothing_of_another_job_or_workspace(zafiro: Zafiro, main: Workspace) -> None:
    run_of_job(zafiro.ctx, main, "mine")
    run_of_job(zafiro.ctx, main, "yours")
    mine, v = as_job(zafiro, main, "mine"), {"api-version": "2024-10-01"}
    history = f"/history/v1.0{main.id}/runs"
    artifacts = "/api/2.0/mlflow-artifacts/artifacts/ExperimentRun"
    refused = [
        mine.get(f"/execution/v1/workspaces/{main.guid}/jobs/yours"),
        mine.patch(f"{history}/yours", json={"displayName": "x"}),
        mine.get(f"{history}/yours/token"),
        mine.put(f"{artifacts}/dcid.yours/x", content=b"x"),
        mine.put(f"{artifacts}/dcid.mine%2f..%2fdcid.yours/x", content=b"x"),
        mine.post("/api/2.0/mlflow/runs/set-tag", json={"run_id": "yours", "key": "a"}),
        mine.post(f"{main.id}/datastores/workspaceblobstore/listSecrets", params=v),
        mine.post(f"{main.id}/listKeys", params=v),
        mine.put(f"{main.id}/jobs/new", params=v, json={"properties": {"jobType": "Command"}}),
        mine.post(f"{main.id}/jobs/mine/cancel", params=v),
        mine.delete(f"{main.id}/data/x", params=v),
        mine.get("/subscriptions", params=v),
        mine.get(f"/storage/{main.storage_account}.blob.core.windows.net/azureml/x"),
    ]
    said = [answer.status_code for answer in refused]
    assert said[0] in (403, 404)  # there is no such job, only its run
    assert said[4] == 400  # a path that leads elsewhere
    assert set(said[1:4] + said[5:]) == {403}
