"""What the token of a job may do with traces, over the real rules."""

from datetime import timedelta

from starlette.testclient import TestClient

from traces.spans import API, V2, experiment, export, found, get, span, start
from zafiro.app import Zafiro
from zafiro.identity import service as identity
from zafiro.tracking import service as tracking
from zafiro.workspaces.domain import Workspace


def run_of_job(zafiro: Zafiro, main: Workspace, name: str, where: str) -> None:
    with zafiro.ctx.db.begin() as db:
        one = tracking.ensure_experiment(db, main.guid, where)
        tracking.create_run(db, main.guid, name, one, name, owned=True, state="Running")


def as_job(zafiro: Zafiro, main: Workspace, name: str) -> TestClient:
    token = identity.of(zafiro.ctx).for_job(main.id, name, timedelta(hours=1)).token
    header = {"Authorization": f"Bearer {token}"}
    return TestClient(
        zafiro.api, base_url=zafiro.ctx.url, headers=header, raise_server_exceptions=False
    )


def test_a_job_writes_traces_of_its_own_experiment_only(
    zafiro: Zafiro, client: TestClient, main: Workspace
) -> None:
    where, other = experiment(client, "of job"), experiment(client, "not of job")
    run_of_job(zafiro, main, "mine", "of job")
    run_of_job(zafiro, main, "yours", "of job")
    mine, yours = as_job(zafiro, main, "mine"), as_job(zafiro, main, "yours")
    assert export(mine, where, span(1, 1, "a")).status_code == 200
    assert start(mine, where, "tr-x", trace_metadata={"mlflow.sourceRun": "mine"}).is_success
    export(client, where, span(2, 1, "b"))
    own, of_all = f"tr-{1:032x}", f"tr-{2:032x}"
    yours_first = span(1, 9, "intruder")
    for refused in (
        export(mine, other, span(3, 1, "c")),
        export(yours, where, yours_first),
        export(mine, where, span(2, 5, "d")),
        start(yours, where, own),
        start(mine, other, "tr-y"),
        start(mine, where, "tr-z", trace_metadata={"mlflow.sourceRun": "yours"}),
        mine.patch(f"{V2}/traces/{of_all}/tags", json={"key": "a", "value": "b"}),
        yours.patch(f"{V2}/traces/{own}/tags", json={"key": "a", "value": "b"}),
        yours.post(
            f"{V2}/traces/delete-traces", json={"experiment_id": where, "request_ids": [own]}
        ),
        mine.post(f"{V2}/traces/link-to-run", json={"trace_ids": [own], "run_id": "yours"}),
        yours.put(
            f"/api/2.0/mlflow-artifacts/artifacts/ExperimentRun/dcid.mine/traces/{own}/x",
            content=b"x",
        ),
        mine.put(f"/api/2.0/mlflow-artifacts/artifacts/traces/{of_all}/x", content=b"x"),
    ):
        assert refused.status_code == 403, refused.text
    assert [one["name"] for one in get(client, 1)["spans"]] == ["a"]
    assert found(mine, where, "name = 'nothing'") == []
    assert mine.patch(f"{V2}/traces/{own}/tags", json={"key": "a", "value": "b"}).is_success
    gone = mine.post(
        f"{V2}/traces/delete-traces", json={"experiment_id": where, "request_ids": [own]}
    )
    assert gone.json() == {"traces_deleted": 1}


def test_the_files_of_a_trace_go_with_it(
    zafiro: Zafiro, client: TestClient, main: Workspace
) -> None:
    where = experiment(client, "e")
    run_of_job(zafiro, main, "mine", "e")
    for asks, id in ((client, "tr-plain"), (as_job(zafiro, main, "mine"), "tr-job")):
        said = start(asks, where, id).json()["trace"]["trace_info"]
        place = said["tags"]["mlflow.artifactLocation"].removeprefix("mlflow-artifacts:/")
        path = f"/api/2.0/mlflow-artifacts/artifacts/{place}/traces.json"
        assert asks.put(path, content=b"{}").status_code == 200
        assert asks.get(path).content == b"{}"
        asks.post(f"{V2}/traces/delete-traces", json={"experiment_id": where, "request_ids": [id]})
        assert asks.get(path).status_code == 404
    assert client.get(f"{API}/traces/tr-plain").status_code == 404
