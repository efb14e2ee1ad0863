"""What may happen to a command job that is there already: sent again, changed, deleted."""

from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import MLClient, command
from azure.ai.ml.entities import Environment, Workspace
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

from clients.azure_ai_ml.jobs_client import client, ended, submit, until
from zafiro.testing.live import Live


def test_a_job_sent_again_is_changed_and_not_run_again(
    ml: MLClient, run: Any, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    job = run(f"echo ran >> {mark}", tags={"a": "1"})
    job.display_name, job.tags["b"] = "Second", "2"
    again = ml.jobs.create_or_update(job)
    assert (again.name, again.display_name, again.tags) == (
        job.name,
        "Second",
        {"a": "1", "b": "2"},
    )
    assert again.status == "Completed"
    ended(ml, run("true").name)  # a loop had the time to start it, were it queued again
    assert mark.read_text() == "ran\n"


def test_a_job_sent_by_the_name_of_an_ended_one_does_not_run(
    ml: MLClient, plain: Environment, run: Any, fresh: str, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    for description in ("first", "second"):
        sent = command(
            name=fresh,
            command=f"echo {description} >> {mark}",
            environment=plain,
            description=description,
        )
        job = ml.jobs.create_or_update(sent)
        assert ended(ml, job.name).status == "Completed"
    run("true")
    assert mark.read_text() == "first\n"
    kept = ml.jobs.get(fresh)
    assert kept.description == "second"
    assert kept.command == f"echo first >> {mark}"  # what ran, not what was asked later


def test_update_changes_what_is_given_and_keeps_the_rest(ml: MLClient, run: Any) -> None:
    job = run("true", tags={"a": "1"}, description="told", display_name="before")
    ml.jobs.update(job.name, display_name="after", tags={"b": "2"})
    kept = ml.jobs.get(job.name)
    assert (kept.display_name, kept.description, kept.tags) == (
        "after",
        "told",
        {"a": "1", "b": "2"},
    )


def test_archiving_works_where_the_run_history_does_not(
    ml: MLClient, run: Any, fresh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client falls back to sending the whole job again, which must not start it again."""
    mark = tmp_path / "mark"
    job = run(f"echo ran >> {mark}", description="told", tags={fresh: "1"})

    def broken(*_: Any, **__: Any) -> None:
        raise ConnectionError

    history = ml.jobs._runs_operations._operation
    monkeypatch.setattr(history, "add_or_modify_by_experiment_name", broken)
    ml.jobs.archive(job.name)
    assert list(ml.jobs.list(tag=fresh)) == []
    ml.jobs.restore(job.name)
    assert [j.name for j in ml.jobs.list(tag=fresh)] == [job.name]
    kept = ml.jobs.get(job.name)
    assert (kept.status, kept.description, kept.tags) == ("Completed", "told", {fresh: "1"})
    run("true")
    assert mark.read_text() == "ran\n"


def test_a_deleted_job_is_gone(ml: MLClient, server: Live, run: Any, fresh: str) -> None:
    job = run("true", tags={fresh: ""})
    ml.jobs.begin_delete(job.name).result()
    with pytest.raises(ResourceNotFoundError, match=job.name):
        ml.jobs.get(job.name)
    assert list(ml.jobs.list(tag=fresh)) == []
    assert not list((server.home / "jobs").glob(f"*/{job.name}"))
    ml.jobs.begin_delete(job.name).result()  # once more is fine


def test_a_running_job_cannot_be_deleted(ml: MLClient, run: Any) -> None:
    job = run("sleep 600", wait=False)
    until(ml, job.name, ("Running",))
    with pytest.raises(HttpResponseError, match="is Running; cancel it first") as caught:
        ml.jobs.begin_delete(job.name).result()
    assert caught.value.status_code == 409
    ml.jobs.begin_cancel(job.name).result()
    assert ended(ml, job.name, 30).status == "Canceled"
    ml.jobs.begin_delete(job.name).result()


def test_an_ended_job_cannot_be_canceled(ml: MLClient, run: Any) -> None:
    job = run("true")
    with pytest.raises(ResourceExistsError, match="is Completed already"):
        ml.jobs.begin_cancel(job.name).result()
    assert ml.jobs.get(job.name).status == "Completed"


def test_a_workspace_is_not_deleted_under_a_running_job(
    ml: MLClient, plain: Environment, fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ml.workspaces.begin_create(Workspace(name=fresh, location="local")).result()
    monkeypatch.setenv("AZUREML_WORKSPACE_NAME", fresh)
    there = client()
    job = submit(there, "sleep 600")
    with pytest.raises(HttpResponseError, match=f"'{job.name}' among them; cancel them first"):
        ml.workspaces.begin_delete(fresh, delete_dependent_resources=False).result()
    assert there.jobs.get(job.name).status != "Canceled"
    there.jobs.begin_cancel(job.name).result()
    assert ended(there, job.name, 30).status == "Canceled"
    ml.workspaces.begin_delete(fresh, delete_dependent_resources=False).result()
    assert fresh not in {w.name for w in ml.workspaces.list()}


def test_a_job_of_one_workspace_is_not_seen_in_another(
    ml: MLClient, run: Any, fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = run("true", wait=False)
    ml.workspaces.begin_create(Workspace(name=fresh, location="local")).result()
    monkeypatch.setenv("AZUREML_WORKSPACE_NAME", fresh)
    with pytest.raises(ResourceNotFoundError):
        client().jobs.get(job.name)
    ended(ml, job.name)
    ml.workspaces.begin_delete(fresh, delete_dependent_resources=False).result()
