"""The verbs other slices use."""

import pytest

from tracking.conftest import add_workspace
from zafiro.core.db import Database
from zafiro.core.errors import Conflict, Invalid, NotFound
from zafiro.tracking import service
from zafiro.tracking.domain import Run
from zafiro.workspaces.domain import Workspace


def job(db: Database, main: Workspace, name: str = "job1", **more: object) -> Run:
    with db.begin() as session:
        experiment = service.ensure_experiment(session, main.guid, "exp")
        return service.create_run(session, main.guid, name, experiment, "shown", owned=True, **more)  # type: ignore[arg-type]


def status(db: Database, main: Workspace, word: str, at_ms: int, **more: object) -> Run:
    with db.begin() as session:
        return service.set_status(session, main.guid, "job1", word, at_ms=at_ms, **more)  # type: ignore[arg-type]


def test_a_job_goes_its_way_in_both_vocabularies(db: Database, main: Workspace) -> None:
    run = job(db, main, start_ms=5)
    assert (run.state, run.status, run.start_ms, run.began_ms) == (
        "NotStarted",
        "SCHEDULED",
        5,
        None,
    )
    for word, at, mlflow in (
        ("Queued", 10, "SCHEDULED"),
        ("Preparing", 20, "SCHEDULED"),
        ("Running", 30, "RUNNING"),
        ("Finalizing", 40, "RUNNING"),
        ("Completed", 50, "FINISHED"),
    ):
        run = status(db, main, word, at)
        assert (run.state, run.status) == (word, mlflow)
    assert (run.start_ms, run.began_ms, run.end_ms, run.ended_ms) == (30, 30, 50, 50)


def test_user_code_cannot_end_the_job_it_runs_in(db: Database, main: Workspace) -> None:
    run = job(db, main)
    run = status(db, main, "Running", 10)
    with db.begin() as session:
        run = service.set_mlflow_status(session, run, status="FINISHED", end_ms=20, name=None)
    assert (run.status, run.state, run.ended_ms) == ("FINISHED", "Running", None)
    assert status(db, main, "Finalizing", 30).status == "FINISHED"
    error = {"error": {"code": "UserError", "message": "exit code 1"}}
    run = status(db, main, "Failed", 40, error=error)
    assert (run.status, run.state, run.ended_ms, run.error) == ("FAILED", "Failed", 40, error)


def test_a_finished_job_stays_finished(db: Database, main: Workspace) -> None:
    job(db, main)
    status(db, main, "Completed", 10)
    assert status(db, main, "Running", 20).state == "Completed"
    assert status(db, main, "Failed", 30).ended_ms == 10


def test_two_workspaces_may_have_jobs_of_one_name(db: Database, main: Workspace) -> None:
    other = add_workspace(db, "other")
    job(db, main)
    job(db, other, description="there")
    with pytest.raises(Conflict, match="job1"):
        job(db, main)
    with db.read() as session:
        assert service.get_run(session, main.guid, "job1").description is None
        assert service.get_run(session, other.guid, "job1").description == "there"


def test_an_update_merges(db: Database, main: Workspace) -> None:
    job(db, main, tags={"a": "1", "b": "2"}, properties={"p": "1"})
    with db.begin() as session:
        run = service.update_run(
            session,
            main.guid,
            "job1",
            display_name="new",
            tags={"b": "3"},
            properties={"q": "2"},
            hidden=True,
        )
    assert (run.name, run.hidden) == ("new", True)
    assert run.tags == {"a": "1", "b": "3"} and run.properties == {"p": "1", "q": "2"}
    assert run.all_tags["mlflow.runName"] == "new"


def test_children_know_their_root(db: Database, main: Workspace) -> None:
    job(db, main)
    job(db, main, "child", parent="job1")
    job(db, main, "grandchild", parent="child")
    with db.read() as session:
        assert [r.run_id for r in service.children(session, main.guid, "job1")] == ["child"]
        assert service.get_run(session, main.guid, "grandchild").root == "job1"
        assert set(service.get_runs(session, main.guid, ["job1", "child", "none"])) == {
            "job1",
            "child",
        }


def test_what_is_wrong_is_said(db: Database, main: Workspace) -> None:
    job(db, main)
    with pytest.raises(Invalid, match="'Done' is none of"):
        status(db, main, "Done", 1)
    with pytest.raises(NotFound, match="nothing"), db.read() as session:
        service.get_run(session, main.guid, "nothing")
    with pytest.raises(Invalid, match="run_id"):
        job(db, main, "../up")
