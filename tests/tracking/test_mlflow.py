"""The MLflow face where the real client does not reach: rights, limits, spellings."""

import math
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from tracking.asking import API, create, log, wrong
from zafiro.core.db import Database
from zafiro.tracking import service
from zafiro.tracking.store import PointRow
from zafiro.workspaces.domain import Workspace


def test_numbers_may_come_as_text(http: TestClient) -> None:
    run = create(http, start_time="1700000000000")
    body = {"run_uuid": run, "key": "m", "value": "-Infinity", "timestamp": "5", "step": "3"}
    assert http.post(f"{API}/runs/log-metric", json=body).status_code == 200
    found = http.get(f"{API}/runs/get", params={"run_id": run}).json()["run"]
    assert found["data"]["metrics"] == [
        {"key": "m", "value": "-Infinity", "timestamp": 5, "step": 3}
    ]
    assert found["info"]["start_time"] == 1700000000000
    for status in ("FINISHED", 3, "3"):
        body = {"run_id": run, "status": status, "end_time": 9}
        info = http.post(f"{API}/runs/update", json=body).json()["run_info"]
        assert (info["status"], info["end_time"]) == ("FINISHED", 9)


def test_logging_a_point_twice_leaves_one(http: TestClient, db: Database) -> None:
    run = create(http)
    points = [
        {"key": "m", "value": v, "timestamp": 1, "step": 0} for v in (1.0, "NaN", "Infinity", 1.0)
    ]
    assert log(http, run, metrics=points) == log(http, run, metrics=points) == 200
    with db.read() as session:
        assert len(list(session.execute(select(PointRow.value)))) == 3


def test_the_latest_value_is_of_the_greatest_step(http: TestClient) -> None:
    run = create(http)
    for step, at, value in ((5, 1, 50.0), (3, 9, 30.0), (5, 2, 51.0), (5, 2, 49.0)):
        point = {"key": "m", "value": value, "timestamp": at, "step": step}
        assert log(http, run, metrics=[point]) == 200
    [metric] = http.get(f"{API}/runs/get", params={"run_id": run}).json()["run"]["data"]["metrics"]
    assert metric["value"] == 51.0


def test_a_long_history_is_paged_and_thinned(http: TestClient) -> None:
    run = create(http)
    points = [{"key": "m", "value": n, "timestamp": n, "step": n} for n in range(1000)]
    points[500]["value"] = "NaN"
    assert log(http, run, metrics=points) == 200
    query: dict[str, Any] = {"run_id": run, "metric_key": "m", "max_results": 300}
    seen: list[Any] = []
    while True:
        page = http.get(f"{API}/metrics/get-history", params=query).json()
        seen += page["metrics"]
        if "next_page_token" not in page:
            break
        query["page_token"] = page["next_page_token"]
    assert [m["step"] for m in seen] == list(range(1000))
    assert math.isnan(float(seen[500]["value"]))
    thin = {"run_ids": run, "metric_key": "m", "max_results": 10}
    path = f"{API}/metrics/get-history-bulk-interval"
    steps = [m["step"] for m in http.get(path, params=thin).json()["metrics"]]
    assert steps == [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 999]
    thin |= {"start_step": 10, "end_step": 14}
    assert [m["step"] for m in http.get(path, params=thin).json()["metrics"]] == [
        10,
        11,
        12,
        13,
        14,
    ]
    thin |= {"max_results": 1}
    assert [m["step"] for m in http.get(path, params=thin).json()["metrics"]] == [10, 14]
    bulk = {"run_id": run, "metric_key": "m", "max_results": 5}
    assert len(http.get(f"{API}/metrics/get-history-bulk", params=bulk).json()["metrics"]) == 5


def test_runs_in_one_plot_are_thinned_at_the_same_steps(http: TestClient) -> None:
    short, long, flat = create(http), create(http), create(http)
    for run, count in ((short, 10), (long, 20)):
        points = [
            {"key": "m", "value": 1, "timestamp": t, "step": n}
            for n in range(count)
            for t in (1, 2)
        ]
        assert log(http, run, metrics=points) == 200
    for begin in range(0, 3000, 1000):
        points = [{"key": "m", "value": 1, "timestamp": n} for n in range(begin, begin + 1000)]
        assert log(http, flat, metrics=points) == 200
    query = {"run_ids": [short, long, flat], "metric_key": "m", "max_results": 5}
    found = http.get(f"{API}/metrics/get-history-bulk-interval", params=query).json()["metrics"]
    by_run = {run: [m for m in found if m["run_id"] == run] for run in (short, long, flat)}
    assert [m["step"] for m in by_run[short]] == [0, 0, 4, 4, 8, 8, 9, 9]
    assert sorted({m["step"] for m in by_run[long]}) == [0, 4, 8, 9, 12, 16, 19]
    times = [m["timestamp"] for m in by_run[flat]]  # who never says a step is thinned by time
    assert len(times) == 2500 and (times[0], times[-1]) == (0, 2999)


@pytest.mark.parametrize(
    ("verb", "body", "why"),
    [
        ("runs/log-metric", {"key": "m", "value": 1, "timestamp": 1}, "parameter 'run_id'"),
        ("runs/log-metric", {"run_id": "R", "value": 1, "timestamp": 1}, "parameter 'key'"),
        ("runs/log-metric", {"run_id": "R", "key": "m", "timestamp": 1}, "parameter 'value'"),
        (
            "runs/log-metric",
            {"run_id": "R", "key": "m", "value": "many", "timestamp": 1},
            "parameter 'value'",
        ),
        ("runs/log-metric", {"run_id": "R", "key": "a//b", "value": 1, "timestamp": 1}, "resolve"),
        ("runs/log-metric", {"run_id": "R", "key": "../b", "value": 1, "timestamp": 1}, "resolve"),
        ("runs/log-metric", {"run_id": "R", "key": "a$b", "value": 1, "timestamp": 1}, "only con"),
        ("runs/log-metric", {"run_id": "R", "key": "m", "value": 1, "timestamp": -1}, "nonnegat"),
        ("runs/log-parameter", {"run_id": "R", "key": "k" * 251, "value": "v"}, "exceeds"),
        (
            "runs/log-batch",
            {"run_id": "R", "params": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]},
            "Duplicate parameter keys",
        ),
        (
            "runs/log-batch",
            {"run_id": "R", "params": [{"key": str(n), "value": "1"} for n in range(101)]},
            "at most 100 params",
        ),
        ("runs/update", {"run_id": "R", "status": "DONE"}, "'status'"),
        ("runs/search", {"experiment_ids": ["0"], "max_results": 50001}, "at most 50000"),
        ("runs/search", {"experiment_ids": ["0"], "page_token": "!"}, "Invalid page token"),
        ("runs/search", {"experiment_ids": ["x"]}, "must be a valid integer"),
        ("experiments/create", {"name": ""}, "Invalid experiment name"),
        ("experiments/create", {"name": None}, "Missing value for required parameter 'name'"),
        ("experiments/create", {"name": 12}, "Invalid value 12 for parameter 'name' supplied"),
        ("runs/set-tag", {"run_id": "R", "key": "k", "value": [1]}, "Invalid value [1] for"),
        ("runs/log-batch", {"run_id": "R", "tags": "foo"}, """value "foo" for parameter 'tags'"""),
        (
            "runs/log-batch",
            {"run_id": "R", "metrics": [{"key": "m", "value": 1, "timestamp": "x"}]},
            """value "x" for parameter 'metrics[0].timestamp'""",
        ),
        (
            "runs/log-batch",
            {"run_id": "R", "metrics": [{"key": "m", "value": 1}]},
            "Missing value for required parameter 'metrics[0].timestamp'",
        ),
        ("experiments/search-datasets", {}, "at least one experiment_id"),
        ("experiments/search-datasets", {"experiment_ids": ["0"] * 21}, "more than 20"),
    ],
)
def test_what_mlflow_refuses_is_refused(
    http: TestClient, verb: str, body: dict[str, Any], why: str
) -> None:
    run = create(http)
    said = {k: run if v == "R" else v for k, v in body.items()}
    status, code, message = wrong(http.post(f"{API}/{verb}", json=said))
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert why in message


def test_a_null_is_a_field_not_given(http: TestClient) -> None:
    run = create(http, tags=None, run_name=None)
    point = {"key": "m", "value": 1, "timestamp": 1, "step": None}
    assert log(http, run, metrics=[point], params=None) == 200
    data = http.get(f"{API}/runs/get", params={"run_id": run}).json()["run"]["data"]
    assert data["metrics"] == [{"key": "m", "value": 1.0, "timestamp": 1, "step": 0}]


def test_a_batch_is_written_whole_or_not_at_all(http: TestClient) -> None:
    run = create(http)
    assert log(http, run, params=[{"key": "a", "value": "1"}]) == 200
    metrics = [{"key": "m", "value": 1, "timestamp": 1}]
    changed = {"params": [{"key": "a", "value": "2"}], "metrics": metrics}
    assert log(http, run, **changed) == 400
    data = http.get(f"{API}/runs/get", params={"run_id": run}).json()["run"]["data"]
    assert data["metrics"] == [] and data["params"] == [{"key": "a", "value": "1"}]


def test_a_job_token_writes_its_own_run_and_those_it_made(
    http: TestClient, db: Database, main: Workspace
) -> None:
    with db.begin() as session:
        experiment = service.ensure_experiment(session, main.guid, "exp")
        for name in ("job1", "job2"):
            service.create_run(session, main.guid, name, experiment, name, owned=True)
    stranger = create(http)
    token = {"Authorization": "Bearer job:job1"}
    made = http.post(
        f"{API}/runs/create",
        json={
            "experiment_id": experiment.id,
            "tags": [{"key": "mlflow.parentRunId", "value": "job1"}],
        },
        headers=token,
    )
    child = made.json()["run"]["info"]["run_id"]
    codes = {}
    for run in ("job1", child, "job2", stranger):
        point = {"run_id": run, "key": "m", "value": 1, "timestamp": 1}
        metric = http.post(f"{API}/runs/log-metric", json=point, headers=token)
        path = f"/api/2.0/mlflow-artifacts/artifacts/ExperimentRun/dcid.{run}/a.txt"
        file = http.put(path, content=b"x", headers=token)
        codes[run] = metric.status_code, file.status_code
    assert codes == {
        "job1": (200, 200),
        child: (200, 200),
        "job2": (403, 403),
        stranger: (403, 403),
    }
    removed = http.post(
        f"{API}/experiments/delete", json={"experiment_id": experiment.id}, headers=token
    )
    assert wrong(removed)[:2] == (403, "PERMISSION_DENIED")


def test_what_is_not_there_is_named(http: TestClient) -> None:
    for verb in ("prompt-optimization", "gateway/endpoints"):
        status, code, message = wrong(http.post(f"{API}/{verb}", json={}))
        assert (status, code) == (501, "NOT_IMPLEMENTED") and "not supported" in message
    assert wrong(http.get(f"{API}/nonsense"))[0] == 404
    assert http.get("/health").text == "OK" and http.get("/version").text
    assert http.get(
        "/mlflow/v2.0/subscriptions/s/resourceGroups/g/providers"
        "/Microsoft.MachineLearningServices/workspaces/none/api/2.0/mlflow/runs/get"
    ).json()["error_code"] == ("RESOURCE_DOES_NOT_EXIST")


def test_a_workspace_is_found_whatever_the_case(http: TestClient, main: Workspace) -> None:
    path = main.id.replace("resourceGroups", "RESOURCEGROUPS").replace("zafiro", "ZAFIRO")
    for version in ("v1.0", "v2.0"):
        answer = http.get(
            f"/mlflow/{version}{path}/api/2.0/mlflow/experiments/get", params={"experiment_id": "0"}
        )
        assert answer.json()["experiment"]["name"] == "Default"


def test_the_first_experiment_of_a_server_is_0_and_there_from_the_start(http: TestClient) -> None:
    [default] = http.get(f"{API}/experiments/search").json()["experiments"]
    assert (default["experiment_id"], default["name"]) == ("0", "Default")
    made = http.post(f"{API}/experiments/create", json={"name": "more"}).json()["experiment_id"]
    assert made != "0"
    missing = http.get(f"{API}/experiments/get", params={"experiment_id": "-1337"})
    assert wrong(missing)[:2] == (404, "RESOURCE_DOES_NOT_EXIST")
    assert "No Experiment with id=-1337 exists" in wrong(missing)[2]


def test_web_pages_ask_below_ajax_api_and_with_two_slashes(
    http: TestClient, main: Workspace
) -> None:
    run = create(http)
    for prefix in (
        "/ajax-api/2.0",
        "/ajax-api/3.0",
        "//api/2.0",
        f"/mlflow/v1.0{main.id}/ajax-api/2.0",
    ):
        asked = http.get(f"http://testserver{prefix}/mlflow/runs/get", params={"run_id": run})
        assert asked.json()["run"]["info"]["run_id"] == run, prefix
    led = http.get("http://testserver//evil.example/x", follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (308, "/evil.example/x")


def test_what_belongs_to_no_run_belongs_to_the_workspace(http: TestClient) -> None:
    where = "/api/2.0/mlflow-artifacts/artifacts"
    token = {"Authorization": "Bearer job:some"}
    assert http.put(f"{where}/shared/a.txt", content=b"x", headers=token).status_code == 403
    assert http.put(f"{where}/shared/a.txt", content=b"xy").status_code == 200
    got = http.get(f"{where}/shared/a.txt")
    assert (got.text, got.headers["x-content-type-options"]) == ("xy", "nosniff")
    found = [http.get(where, params=query).json() for query in ({}, {"path": "shared"})]
    assert found == [
        {"files": [{"path": "shared", "is_dir": True}]},
        {"files": [{"path": "a.txt", "is_dir": False, "file_size": 2}]},
    ]
    assert http.delete(f"{where}/shared/a.txt", headers=token).status_code == 403
    assert http.delete(f"{where}/shared/a.txt").status_code == 200
    assert http.get(f"{where}/shared/a.txt").status_code == 404
