"""Run history as azureml-core writes and asks it."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from zafiro.core.context import Context
from zafiro.core.db import Database
from zafiro.core.errors import Invalid, Unsupported
from zafiro.tracking import odata, service
from zafiro.workspaces.domain import Workspace


def at(main: Workspace, path: str) -> str:
    return f"/history/v1.0{main.id}/{path}"


def make(http: TestClient, main: Workspace, run: str, **said: Any) -> Any:
    answer = http.patch(at(main, f"experiments/exp/runs/{run}"), json={"runId": run, **said})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(http: TestClient, main: Workspace, filter: str | None = None, **more: Any) -> list[str]:
    answer = http.post(at(main, "experiments/exp/runs:query"), json={"filter": filter, **more})
    assert answer.status_code == 200, answer.text
    return [one["runId"] for one in answer.json()["value"]]


@pytest.fixture
def owned(db: Database, main: Workspace) -> str:
    with db.begin() as session:
        experiment = service.ensure_experiment(session, main.guid, "exp")
        service.create_run(session, main.guid, "job1", experiment, "shown", owned=True)
        service.set_status(session, main.guid, "job1", "Running")
    return "job1"


def test_what_run_history_alone_knows_comes_back(http: TestClient, main: Workspace) -> None:
    said = {
        "scriptName": "train.py",
        "runTypeV2": {"orchestrator": "HyperDrive", "traits": ["a", "b"]},
        "runDefinition": {"script": "train.py"},
        "inputDatasets": [{"identifier": {"savedId": "x"}}],
        "primaryMetricName": "acc",
        "status": "NotStarted",
        "tags": {"bare": None},
    }
    make(http, main, "r1", **said)
    found = http.get(at(main, "runs/r1")).json()
    assert found["tags"] == {"bare": ""}
    assert {key: found[key] for key in said if key != "tags"} == {
        key: value for key, value in said.items() if key != "tags"
    }
    make(http, main, "r1", scriptName="other.py")
    found = http.get(at(main, "experimentids/1/runs/r1")).json()
    assert found["scriptName"] == "other.py" and found["primaryMetricName"] == "acc"
    details = http.get(at(main, "runs/r1/details")).json()
    assert details["inputDatasets"] == said["inputDatasets"]


def test_many_runs_are_made_at_once_and_one_bad_one_spoils_no_other(
    http: TestClient, main: Workspace
) -> None:
    runs = [{"runId": f"r{n}", "parentRunId": "p", "status": "NotStarted"} for n in range(2)]
    body = {"runs": [*runs, {"runId": "bad name!"}]}
    answer = http.patch(at(main, "experiments/exp/batch/runs"), json=body).json()
    assert sorted(answer["runs"]) == ["r0", "r1"] and list(answer["errors"]) == ["bad name!"]
    assert answer["runs"]["r0"]["status"] == "NotStarted"
    events = [
        {"name": "Microsoft.MachineLearning.Run.Start", "data": {"RunId": f"r{n}"}}
        for n in range(3)
    ]
    answer = http.post(at(main, "experiments/exp/batch/events"), json={"events": events}).json()
    assert [one["key"]["data"]["RunId"] for one in answer["errors"]] == ["r2"]
    assert http.get(at(main, "runs/r1")).json()["status"] == "Running"


def test_events_are_kept_and_read_back_in_order(http: TestClient, main: Workspace) -> None:
    make(http, main, "r1")
    prefix = "Microsoft.MachineLearning.Run."
    said = [
        ("QueueingInfo", {"RunId": "r1", "Code": "Busy", "Message": "all nodes are busy"}),
        ("Start", {"RunId": "r1", "StartTime": "2026-11-20T17:00:00.12345Z"}),
        ("Warning", {"RunId": "r1", "Source": "s", "Message": "careful"}),
        ("Error", {"RunId": "r1", "ErrorResponse": {"error": {"code": "X", "message": "m"}}}),
        ("Failed", {"RunId": "r1", "EndTime": "2026-11-20T17:00:05Z"}),
    ]
    for name, data in said:
        event = {"name": prefix + name, "data": data, "timestamp": "2026-11-20T17:00:00Z"}
        assert http.post(at(main, "runs/r1/events"), json=event).status_code == 200
    first = http.get(at(main, "runs/r1/events") + "?$top=3").json()
    token = first["continuationToken"]
    rest = http.get(at(main, "runs/r1/events"), params={"continuationToken": token}).json()
    found = [(one["name"], one["data"]) for one in first["value"] + rest["value"]]
    assert found == [(prefix + name, data) for name, data in said]
    run = http.get(at(main, "runs/r1")).json()
    assert run["status"] == "Failed" and run["endTimeUtc"] == "2026-11-20T17:00:05.000000Z"
    assert run["error"] == {"error": {"code": "X", "message": "m"}}
    assert run["warnings"] == [{"source": "s", "message": "careful"}]
    assert run["queueingInfo"]["message"] == "all nodes are busy"


def test_the_word_last_said_counts_until_mlflow_says_another(
    http: TestClient, main: Workspace
) -> None:
    make(http, main, "r1", status="Preparing")
    assert http.get(at(main, "runs/r1")).json()["status"] == "Preparing"
    assert ids(http, main, "Status eq 'Preparing'") == ["r1"]
    body = {"run_id": "r1", "status": "FINISHED"}
    assert http.post("/api/2.0/mlflow/runs/update", json=body).status_code == 200
    assert http.get(at(main, "runs/r1")).json()["status"] == "Completed"
    assert ids(http, main, "Status eq Preparing") == []
    assert ids(http, main, "Status eq Completed") == ["r1"]
    assert http.get(at(main, "experiments/exp/runcounts")).json()["completed"] == 1


def test_children_at_any_depth(http: TestClient, main: Workspace) -> None:
    make(http, main, "root")
    make(http, main, "a", parentRunId="root")
    make(http, main, "b", parentRunId="a")
    make(http, main, "c", parentRunId="b", target="gpu")
    assert http.get(at(main, "runs/c")).json()["rootRunId"] == "root"
    assert sorted(ids(http, main, "(RootRunId eq root and RunId ne root)")) == ["a", "b", "c"]
    assert ids(http, main, "(ParentRunId eq null)") == ["root"]
    make(http, main, "d", parentRunId="a")
    page = http.get(at(main, "runs/a/children"), params={"$top": 1, "$orderby": "RunId desc"})
    assert [one["runId"] for one in page.json()["value"]] == ["d"]
    more = {
        "$top": 1,
        "$orderby": "RunId desc",
        "$continuationToken": page.json()["continuationToken"],
    }
    assert [
        one["runId"] for one in http.get(at(main, "runs/a/children"), params=more).json()["value"]
    ] == ["b"]
    on_gpu = http.get(at(main, "computes/GPU/runs")).json()["value"]
    assert [one["runId"] for one in on_gpu] == ["c"]


def test_tags_can_be_taken_away(http: TestClient, main: Workspace) -> None:
    make(http, main, "r1", tags={"a": "1", "b": "2"})
    answer = http.request("DELETE", at(main, "experiments/exp/runs/r1/tags"), json=["a", "none"])
    assert answer.json()["tags"] == {"b": "2"}
    id = http.get(at(main, "experiments/exp")).json()["experimentId"]
    http.patch(at(main, f"experimentids/{id}"), json={"tags": {"x": "1", "y": "2"}})
    done = http.post(at(main, f"experimentids/{id}/tags:delete"), json={"tags": ["x"]})
    assert done.json() == {"errors": {}}
    assert http.get(at(main, "experiments/exp")).json()["tags"] == {"y": "2"}


def test_experiments_are_found_renamed_archived_and_brought_back(
    http: TestClient, main: Workspace
) -> None:
    found = {name: http.post(at(main, f"experiments/{name}")).json() for name in ("e1", "e2")}
    http.patch(at(main, f"experimentids/{found['e1']['experimentId']}"), json={"tags": {"k": "v"}})

    def names(**said: Any) -> list[str]:
        answer = http.post(at(main, "experiments:query"), json=said).json()
        return [one["name"] for one in answer["value"]]

    assert names(orderby="Name asc") == ["e1", "e2"]
    assert names(filter='(Tags/k eq "v")') == names(filter="(name eq e1)") == ["e1"]
    assert names(filter="(Tags/k ne null or Tags/k eq null)") == ["e1"]
    second = at(main, f"experimentids/{found['e2']['experimentId']}")
    http.patch(second, json={"archive": True})
    assert names() == ["e1"] and names(viewType="ArchivedOnly") == ["e2"]
    assert names(viewType="All", top=1, orderby="Name desc") == ["e2"]
    http.patch(second, json={"archive": False, "name": "e3"})
    assert sorted(names()) == ["e1", "e3"]
    assert http.post(at(main, "experiments:query"), json={"viewType": "x"}).status_code == 400


def test_filters_as_azureml_core_writes_them(http: TestClient, main: Workspace) -> None:
    make(http, main, "r1", tags={"k": "v w", "bare": None}, runType="automl", target="local")
    make(http, main, "r2", properties={"azureml.runsource": "automl", "p": "1"}, hidden=True)
    make(http, main, "r3", runTypeV2={"orchestrator": "HyperDrive", "traits": ["sweep", "x%y"]})
    some = {
        "(RunType eq automl or Properties/azureml.runsource eq automl)": ["r1", "r2"],
        '(Tags/k eq "v w")': ["r1"],
        "(Tags/bare ne null or Tags/bare eq null)": ["r1"],
        "((Properties/p ne null or Properties/p eq null) and (Status eq Running))": ["r2"],
        "(RunTypeV2/Orchestrator eq HyperDrive)": ["r3"],
        "(RunTypeV2/Traits/sweep ne null) or (RunTypeV2/Traits/sweep eq null)": ["r3"],
        "(RunTypeV2/Traits/x ne null) or (RunTypeV2/Traits/x eq null)": [],
        "(CreatedUtc ge 2020-01-01 10:00:00+00:00)": ["r1", "r2", "r3"],
        "(CreatedUtc ge 2099-01-01 10:00:00.123456)": [],
        "RunId eq r1 or RunId eq r3": ["r1", "r3"],
        "RunId in ('r2', \"r3\")": ["r2", "r3"],
        "not (Hidden eq true) and (Target eq local or Target eq null)": ["r1", "r3"],
        "(tags/k ne null and RunId ne 'x') or (tags/k eq null)": ["r1", "r2", "r3"],
    }
    for filter, wanted in some.items():
        assert sorted(ids(http, main, filter)) == wanted, filter


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("RunId eq", Invalid),
        ("RunId like 'x'", Invalid),
        ("(RunId eq 'x'", Invalid),
        ("RunId eq 'x' RunId", Invalid),
        ("RunNumber eq x", Invalid),
        ("Hidden eq 3", Invalid),
        ("Status gt 'x'", Invalid),
        ("CreatedUtc ge yesterday", Invalid),
        ("Nonsense eq 1", Unsupported),
        ("RunId eq 'x", Invalid),
        ("(" * 200 + "RunId eq x" + ")" * 200, Invalid),
    ],
)
def test_filters_that_cannot_be_read_are_told(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        odata.condition(text)


def test_runs_come_in_pages(http: TestClient, main: Workspace) -> None:
    for n in range(5):
        make(http, main, f"r{n}")
    asked: dict[str, Any] = {"top": 2, "orderby": "RunId asc"}
    found, token = [], None
    while True:
        body = {**asked, "continuationToken": token}
        answer = http.post(at(main, "experiments/exp/runs:query"), json=body).json()
        found += [one["runId"] for one in answer["value"]]
        token = answer.get("continuationToken")
        if token is None:
            break
    assert found == [f"r{n}" for n in range(5)]


def test_a_job_says_where_it_is_cancelled_and_other_runs_do_not(
    http: TestClient, main: Workspace, owned: str
) -> None:
    make(http, main, "notebook")
    uri = http.get(at(main, "runs/job1")).json()["cancelUri"]
    assert f"{main.id}/jobs/job1/cancel?api-version=" in uri
    assert "cancelUri" not in http.get(at(main, "runs/notebook")).json()
    event = {"name": "CancelRequested", "data": {"RunId": "job1"}}
    refused = http.post(at(main, "runs/job1/events"), json=event)
    assert refused.status_code == 501 and "cancelUri" in refused.text


def test_a_token_is_refreshed_for_the_job_and_for_nobody_else(
    http: TestClient, main: Workspace, owned: str, db: Database, ctx: Context
) -> None:
    own = {"Authorization": "Bearer job:job1"}
    path = at(main, "experiments/exp/runs/job1/token")
    fresh = http.get(path, headers=own).json()
    assert fresh["token"] and fresh["expiryTimeUtc"] > "2026"
    assert http.get(path, headers={"Authorization": "Bearer job:other"}).status_code == 403
    child = http.patch(at(main, "experiments/exp/runs/child"), json={}, headers=own)
    assert child.status_code == 200
    assert http.get(at(main, "experiments/exp/runs/child/token"), headers=own).json()["token"]
    make(http, main, "notebook")
    assert http.get(at(main, "runs/notebook/token")).status_code == 400
    with db.begin() as session:
        service.set_status(session, main.guid, "job1", "Completed")
    for run in ("job1", "child"):
        assert (
            http.get(at(main, f"experiments/exp/runs/{run}/token"), headers=own).status_code == 400
        )


def test_there_is_nothing_to_wait_for(http: TestClient, main: Workspace, owned: str) -> None:
    assert http.get(at(main, "experiments/exp/runs/job1/metricsingest/wait")).json() == {}
    assert http.get(at(main, "experiments/exp/runs/none/metricsingest/wait")).status_code == 404


def test_an_error_has_the_details_azureml_core_prints(http: TestClient, main: Workspace) -> None:
    assert http.get(at(main, "runs/none")).json()["error"]["details"] == []
