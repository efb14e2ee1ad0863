"""The same runs through azure-ai-ml's own run history client, as its job operations use it."""

from typing import Any

import mlflow
import pytest
from azure.ai.ml._restclient.runhistory import RunHistoryClient
from azure.ai.ml._restclient.runhistory.models import CreateRun, GetRunDataRequest
from azure.ai.ml.entities import Job
from azure.core.pipeline.policies import HeadersPolicy

from clients.mlflow.conftest import Live
from zafiro.core.names import GROUP, SUBSCRIPTION
from zafiro.tracking import service

WHERE = (SUBSCRIPTION, GROUP, "main")


class NoToken:
    """The client insists on a credential; over plain http the header is set by hand instead."""

    def get_token(self, *scopes: str, **options: Any) -> Any:
        raise AssertionError("not asked for")


@pytest.fixture
def runs(live: Live) -> Any:
    header = HeadersPolicy({"Authorization": "Bearer admin"})
    # The SDK appends the service's own path to what discovery answers as `api`.
    client = RunHistoryClient(
        NoToken(),
        subscription_id=SUBSCRIPTION,
        base_url=live.url,
        authentication_policy=header,
    )
    return client.runs


def a_job(live: Live, name: str, parent: str | None = None) -> None:
    with live.ctx.db.begin() as db:
        experiment = service.ensure_experiment(db, live.workspace.guid, "azure")
        service.create_run(
            db, live.workspace.guid, name, experiment, name, owned=True, parent=parent
        )


def test_job_operations_read_and_change_runs(live: Live, runs: Any) -> None:
    a_job(live, "parent1")
    for n in range(3):
        a_job(live, f"step{n}", parent="parent1")
    details = runs.get_details(*WHERE, "parent1")
    assert details.status == "NotStarted" and details.log_files == {}
    children = list(runs.get_child(*WHERE, "parent1"))
    assert [child.run_id for child in children] == ["step0", "step1", "step2"]
    shown = [Job._from_rest_object(child) for child in children]
    assert [job.name for job in shown] == ["step0", "step1", "step2"]
    assert {job.status for job in shown} == {"NotStarted"}
    runs.add_or_modify_by_experiment_name(
        *WHERE, experiment_name="azure", run_id="parent1", body=CreateRun(hidden=True)
    )
    runs.add_or_modify_by_experiment_name(
        *WHERE,
        experiment_name="azure",
        run_id="parent1",
        body=CreateRun(display_name="new", description="d", tags={"a": "b"}),
    )
    with live.ctx.db.read() as db:
        run = service.get_run(db, live.workspace.guid, "parent1")
    assert (run.name, run.description, run.tags, run.hidden) == ("new", "d", {"a": "b"}, True)
    with live.ctx.db.begin() as db:
        outputs = {"o": {"assetId": "azureml://x", "type": "uri_folder"}}
        service.set_outputs(db, live.workspace.guid, "parent1", outputs)
    said = GetRunDataRequest(run_id="parent1", select_run_metadata=True)
    data = runs.get_run_data(*WHERE, body=said)
    assert data.run_metadata.outputs["o"].asset_id == "azureml://x"
    assert data.run_metadata.outputs["o"].type == "uri_folder"


def test_mlflow_in_a_job_logs_to_the_job_and_cannot_end_it(
    live: Live, runs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_job(live, "job7")
    with live.ctx.db.begin() as db:
        service.set_status(db, live.workspace.guid, "job7", "Running")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "job:job7")
    monkeypatch.setenv("MLFLOW_RUN_ID", "job7")
    mlflow.set_tracking_uri(live.url)
    with mlflow.start_run() as run:
        mlflow.log_metric("acc", 0.5)
        with mlflow.start_run(nested=True) as child:
            mlflow.log_metric("acc", 0.7)
    assert run.info.run_id == "job7"
    assert mlflow.get_run("job7").info.status == "FINISHED"
    assert runs.get_details(*WHERE, "job7").status == "Running"
    assert [c.run_id for c in runs.get_child(*WHERE, "job7")] == [child.info.run_id]
    with live.ctx.db.begin() as db:
        service.set_status(db, live.workspace.guid, "job7", "Completed")
    assert runs.get_details(*WHERE, "job7").status == "Completed"
