"""Run history as azure-ai-ml reads it."""

import pytest
from starlette.testclient import TestClient

from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.db import Database
from zafiro.tracking import artifacts, service
from zafiro.workspaces.domain import Workspace


@pytest.fixture
def job(db: Database, main: Workspace) -> str:
    with db.begin() as session:
        experiment = service.ensure_experiment(session, main.guid, "exp")
        service.create_run(
            session,
            main.guid,
            "job1",
            experiment,
            "shown",
            owned=True,
            tags={"t": "1"},
            properties={"p": "1"},
        )
        service.set_status(session, main.guid, "job1", "Running", at_ms=1_700_000_000_000)
    return "job1"


def at(main: Workspace, path: str) -> str:
    return f"/history/v1.0{main.id.replace('resourceGroups', 'resourcegroups')}/{path}?av=v1.0"


def test_details_show_the_logs_there_are_and_anybody_with_the_link_reads_them(
    http: TestClient, main: Workspace, job: str, ctx: Context
) -> None:
    details = http.get(at(main, "runs/job1/details")).json()
    assert details["status"] == "Running" and details["logFiles"] == {}
    assert details["startTimeUtc"] == "2023-11-14T22:13:20.000000Z"
    assert "endTimeUtc" not in details and "error" not in details
    log = artifacts.place(ctx.home, main, "ExperimentRun/dcid.job1/user_logs/std_log.txt")
    log.parent.mkdir(parents=True)
    log.write_text("line 1\n")
    link = http.get(at(main, "runs/job1/details")).json()["logFiles"]["user_logs/std_log.txt"]
    log.write_text("line 1\nline 2\n")
    nobody = {"Authorization": ""}
    assert http.get(link, headers=nobody).text == "line 1\nline 2\n"
    assert http.get(link.replace("std_log", "std_lag"), headers=nobody).status_code == 403


def test_a_link_ends(
    http: TestClient, main: Workspace, job: str, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = artifacts.place(ctx.home, main, "ExperimentRun/dcid.job1/user_logs/std_log.txt")
    log.parent.mkdir(parents=True)
    log.write_text("x")
    link = http.get(at(main, "runs/job1/details")).json()["logFiles"]["user_logs/std_log.txt"]
    later = clock.now().replace(year=clock.now().year + 1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert http.get(link, headers={"Authorization": ""}).status_code == 403


def test_a_failure_is_shown_whole(
    http: TestClient, main: Workspace, job: str, db: Database
) -> None:
    error = {"error": {"code": "UserError", "message": "exit code 3", "details": []}}
    with db.begin() as session:
        service.set_status(session, main.guid, "job1", "Failed", error=error)
    details = http.get(at(main, "runs/job1/details")).json()
    assert details["status"] == "Failed" and details["error"] == error
    assert details["endTimeUtc"]


def test_a_patch_changes_what_it_names(
    http: TestClient, main: Workspace, job: str, db: Database
) -> None:
    body = {"displayName": "new", "tags": {"u": "2"}, "properties": {"q": "2"}, "hidden": True}
    answer = http.patch(at(main, "experiments/exp/runs/job1"), json=body).json()
    assert answer["displayName"] == "new" and answer["hidden"] is True
    assert answer["tags"] == {"t": "1", "u": "2"} and answer["properties"] == {"p": "1", "q": "2"}
    http.patch(at(main, "experiments/exp/runs/job1"), json={"hidden": False})
    with db.read() as session:
        run = service.get_run(session, main.guid, "job1")
    assert (run.name, run.hidden, run.description) == ("new", False, None)


def test_all_children_are_listed(http: TestClient, main: Workspace, job: str, db: Database) -> None:
    with db.begin() as session:
        experiment = service.ensure_experiment(session, main.guid, "exp")
        for n in range(3):
            service.create_run(
                session, main.guid, f"c{n}", experiment, f"step {n}", owned=True, parent="job1"
            )
    value = http.get(at(main, "runs/job1/children")).json()["value"]
    assert [(r["runId"], r["parentRunId"], r["status"]) for r in value] == [
        (f"c{n}", "job1", "NotStarted") for n in range(3)
    ]
    query = {"filter": "ParentRunId eq 'job1' and RunId ne 'c1'", "orderby": "RunId desc"}
    found = http.post(at(main, "experiments/exp/runs:query"), json=query).json()["value"]
    assert [r["runId"] for r in found] == ["c2", "c0"]


def test_outputs_are_in_the_run_data(
    http: TestClient, main: Workspace, job: str, db: Database
) -> None:
    outputs = {"o": {"assetId": "azureml://x", "type": "uri_folder"}}
    with db.begin() as session:
        service.set_outputs(session, main.guid, "job1", outputs)
    said = {"runId": "job1", "selectRunMetadata": True, "selectRunDefinition": True}
    answer = http.post(at(main, "rundata"), json=said).json()
    assert answer["runMetadata"]["outputs"] == outputs


def test_events_move_a_run_but_not_a_job(
    http: TestClient, main: Workspace, job: str, db: Database
) -> None:
    event = {"name": "Microsoft.MachineLearning.Run.Completed", "data": {"RunId": "x"}}
    assert http.post(at(main, "runs/job1/events"), json=event).status_code == 200
    assert http.get(at(main, "runs/job1")).json()["status"] == "Running"
    made = http.patch(at(main, "experiments/exp/runs/notebook"), json={"displayName": "n"})
    assert made.json()["status"] == "Running"
    assert http.post(at(main, "runs/notebook/events"), json=event).status_code == 200
    done = http.get(at(main, "runs/notebook")).json()
    assert done["status"] == "Completed" and done["endTimeUtc"]
    event["name"] = "Microsoft.MachineLearning.Run.Nonsense"
    assert http.post(at(main, "runs/notebook/events"), json=event).status_code == 400


def test_experiments_are_made_and_read(http: TestClient, main: Workspace) -> None:
    assert http.get(at(main, "experiments/new")).status_code == 404
    id = http.post(at(main, "experiments/new")).json()["experimentId"]
    assert http.get(at(main, f"experimentids/{id}")).json()["name"] == "new"
    body = {"description": "d", "tags": {"k": "v"}, "archive": True}
    answer = http.patch(at(main, f"experimentids/{id}"), json=body).json()
    assert answer["description"] == "d" and answer["tags"] == {"k": "v"} and answer["archivedTime"]


def test_what_is_not_there_says_so(http: TestClient, main: Workspace, job: str) -> None:
    error = http.get(at(main, "runs/nothing/details"))
    assert error.status_code == 404
    assert error.json()["error"]["code"] == "NotFound" and "nothing" in error.text


def test_a_jobs_token_writes_its_own_run_only(http: TestClient, main: Workspace, job: str) -> None:
    own, foreign = ({"Authorization": f"Bearer job:{name}"} for name in ("job1", "job2"))
    path = at(main, "experiments/exp/runs/job1")
    assert http.patch(path, json={"tags": {"a": "1"}}, headers=own).status_code == 200
    assert http.patch(path, json={"tags": {"a": "1"}}, headers=foreign).status_code == 403
    assert http.get(path, headers={"Authorization": ""}).status_code == 401
