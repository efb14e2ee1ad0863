"""The MLflow face where the real client does not reach: rights, limits, paths, spellings."""

import math
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from zafiro.core.context import Context
from zafiro.core.db import Database
from zafiro.mlflow_rest.call import Call
from zafiro.tracking import service, shelves
from zafiro.tracking.store import PointRow
from zafiro.workspaces.domain import Workspace

API = "/api/2.0/mlflow"


def create(http: TestClient, **more: Any) -> str:
    answer = http.post(f"{API}/runs/create", json={"experiment_id": "0", **more})
    assert answer.status_code == 200, answer.text
    id: str = answer.json()["run"]["info"]["run_id"]
    return id


def log(http: TestClient, run: str, **body: Any) -> int:
    return http.post(f"{API}/runs/log-batch", json={"run_id": run, **body}).status_code


def wrong(answer: Any) -> tuple[int, str, str]:
    said = answer.json()
    return answer.status_code, said["error_code"], said["message"]


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


@pytest.mark.parametrize(
    "path",
    [
        "ExperimentRun/dcid.{run}/../../../secret",
        "ExperimentRun/dcid.{run}/%2e%2e/%2e%2e/x",
        "ExperimentRun/dcid.{run}/%252e%252e/%252e%252e/x",
        "ExperimentRun/dcid.{run}/..%5c..%5cx",
        "ExperimentRun/x",
        "models/x",
        ".storage/otherstorage/azureml/x",
        "%2fetc/passwd",
    ],
)
def test_no_artifact_leaves_its_run(http: TestClient, ctx: Context, path: str) -> None:
    run = create(http)
    where = "/api/2.0/mlflow-artifacts/artifacts/" + path.format(run=run)
    assert http.put(where, content=b"x").status_code in (400, 404)
    assert http.get(where).status_code in (400, 404)
    assert http.delete(where).status_code in (400, 404)
    files = [f for f in ctx.home.storage.rglob("*") if f.is_file()]
    assert files == []


def test_a_symlink_out_of_the_store_is_not_followed(
    http: TestClient, ctx: Context, main: Workspace
) -> None:
    run = create(http)
    folder = ctx.home.storage / main.storage_account / "azureml" / f"ExperimentRun/dcid.{run}"
    folder.mkdir(parents=True)
    (folder / "link").symlink_to("/etc")
    path = f"/api/2.0/mlflow-artifacts/artifacts/ExperimentRun/dcid.{run}/link/hostname"
    assert http.get(path).status_code == 400


def test_half_an_upload_is_no_artifact(http: TestClient, ctx: Context) -> None:
    run = create(http)

    def broken() -> Any:
        yield b"half"
        raise ConnectionError("gone")

    path = f"/api/2.0/mlflow-artifacts/artifacts/ExperimentRun/dcid.{run}/a.bin"
    assert http.put(path, content=broken()).status_code == 500
    assert http.get(path).status_code == 404
    assert [f for f in ctx.home.storage.rglob("*") if f.is_file()] == []


def test_a_folder_and_a_file_cannot_have_one_name(http: TestClient) -> None:
    run = create(http)
    root = f"/api/2.0/mlflow-artifacts/artifacts/ExperimentRun/dcid.{run}"
    assert http.put(f"{root}/a/b.txt", content=b"1").status_code == 200
    assert wrong(http.put(f"{root}/a", content=b"1"))[0] == 400
    assert wrong(http.put(f"{root}/a/b.txt/c", content=b"1"))[0] == 400
    assert http.delete(f"{root}/a").status_code == 200
    listed = http.get(f"{API}/artifacts/list", params={"run_id": run}).json()["files"]
    assert listed == []


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


def test_a_page_gets_and_puts_single_files(http: TestClient) -> None:
    run = create(http)
    put = "/ajax-api/2.0/mlflow/upload-artifact"
    for name in ("page.html", "MLmodel"):
        query = {"run_uuid": run, "path": f"dir/{name}"}
        assert http.post(put, params=query, content=b"<script>").status_code == 200
    for name, kind in (("page.html", "text/html"), ("MLmodel", "text/plain")):
        got = http.get("/get-artifact", params={"run_id": run, "path": f"dir/{name}"})
        assert got.content == b"<script>"
        assert got.headers["content-type"] == kind
        assert got.headers["content-disposition"] == f"attachment; filename={name}"
        assert got.headers["x-content-type-options"] == "nosniff"
    for query, why in (
        ({}, "Request must specify run_uuid."),
        ({"run_uuid": run}, "Request must specify path."),
        ({"run_uuid": run, "path": "../x"}, "Invalid path"),
        ({"run_uuid": run, "path": "x"}, "Request must specify data."),
    ):
        assert wrong(http.post(put, params=query)) == (400, "INVALID_PARAMETER_VALUE", why)
    token = {"Authorization": "Bearer job:another"}
    query = {"run_uuid": run, "path": "dir/MLmodel"}
    assert http.post(put, params=query, content=b"x", headers=token).status_code == 403


def test_a_logged_model_may_come_from_a_run_of_another_server(http: TestClient) -> None:
    model = {"experiment_id": "0", "name": "m", "source_run_id": "elsewhere"}
    info = http.post(f"{API}/logged-models", json=model).json()["model"]["info"]
    assert info["source_run_id"] == "elsewhere"
    path = info["artifact_uri"].removeprefix("mlflow-artifacts:/")
    file = f"/api/2.0/mlflow-artifacts/artifacts/{path}/MLmodel"
    assert http.put(file, content=b"flavors").status_code == 200
    got = http.get(
        f"{API}/logged-models/{info['model_id']}/artifacts/files",
        params={"artifact_file_path": "MLmodel"},
    )
    assert got.content == b"flavors"
    elsewhere = {"Authorization": "Bearer job:elsewhere"}
    tags = {"tags": [{"key": "a", "value": "b"}]}
    mine = f"{API}/logged-models/{info['model_id']}/tags"
    assert http.patch(mine, json=tags, headers=elsewhere).status_code == 403


def test_a_page_token_is_good_for_the_question_it_came_with(http: TestClient) -> None:
    ids = [
        http.post(f"{API}/logged-models", json={"experiment_id": "0"}).json()["model"]["info"]
        for _ in range(3)
    ]
    path, asked = f"{API}/logged-models/search", {"experiment_ids": ["0"], "max_results": 2}
    first = http.post(path, json=asked).json()
    token = {"page_token": first["next_page_token"]}
    last = http.post(path, json=asked | token).json()
    assert len(first["models"]) == 2 and "next_page_token" not in last
    assert {m["info"]["model_id"] for m in first["models"] + last["models"]} == {
        info["model_id"] for info in ids
    }
    another = http.post(f"{API}/experiments/create", json={"name": "another"}).json()
    for changed, why in (
        ({"experiment_ids": [another["experiment_id"]]}, "Experiment IDs in the page token do not"),
        ({"filter": "name = 'a'"}, "Filter string in the page token does not"),
        ({"order_by": [{"field_name": "name"}]}, "Order by in the page token does not"),
    ):
        status, code, message = wrong(http.post(path, json=asked | token | changed))
        assert (status, code) == (400, "INVALID_PARAMETER_VALUE") and why in message


def test_models_are_ordered_by_what_was_measured_on_one_dataset(http: TestClient) -> None:
    run = create(http)
    names = {}
    for name, on_a, on_b in (("one", 0.9, 0.1), ("two", 0.5, 0.7)):
        model = {"experiment_id": "0", "name": name}
        info = http.post(f"{API}/logged-models", json=model).json()["model"]["info"]
        names[info["model_id"]] = name
        point = {"key": "acc", "timestamp": 1, "model_id": info["model_id"]}
        metrics = [
            point | {"value": on_a, "dataset_name": "a", "dataset_digest": "da"},
            point | {"value": on_b, "dataset_name": "b", "dataset_digest": "db"},
        ]
        assert log(http, run, metrics=metrics) == 200
    for dataset, expected in (
        ({"dataset_name": "a", "dataset_digest": "da"}, ["two", "one"]),
        ({"dataset_name": "b"}, ["one", "two"]),
        ({"dataset_digest": "da"}, ["two", "one"]),
        ({"dataset_digest": "db"}, ["one", "two"]),
    ):
        order = {"field_name": "metrics.acc", "ascending": True, **dataset}
        asked = {"experiment_ids": ["0"], "order_by": [order]}
        found = http.post(f"{API}/logged-models/search", json=asked).json()["models"]
        assert [names[one["info"]["model_id"]] for one in found] == expected, dataset


@pytest.mark.parametrize(
    ("dataset", "why"),
    [
        ({"name": "n" * 501}, "'name' exceeds the maximum length of 500"),
        ({"digest": "d" * 37}, "'digest' exceeds the maximum length of 36"),
        ({"source": "s" * 65_536}, "'source' exceeds the maximum length of 65535"),
    ],
)
def test_a_dataset_too_long_for_an_index_is_refused(
    http: TestClient, dataset: dict[str, str], why: str
) -> None:
    said = {"name": "n", "digest": "d", "source_type": "local", "source": "s"}
    body = {"run_id": create(http), "datasets": [{"dataset": said}]}
    assert http.post(f"{API}/runs/log-inputs", json=body).status_code == 200
    body["datasets"] = [{"dataset": said | dataset}]
    assert why in wrong(http.post(f"{API}/runs/log-inputs", json=body))[2]


def test_a_page_gets_the_file_of_a_model_version(
    http: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text("flavors")

    def shelf(call: Call, path: str) -> tuple[Path, str]:
        name, version, rest = path.split("/", 2)
        assert (name, version) == ("m", "1")
        return tmp_path / "model", rest

    monkeypatch.setitem(shelves.shelves, "registered-models", shelf)
    asked = {"name": "m", "version": "1", "path": "MLmodel"}
    assert http.get("/model-versions/get-artifact", params=asked).text == "flavors"
    asked["path"] = "../test.db"
    assert wrong(http.get("/model-versions/get-artifact", params=asked))[2] == "Invalid path"
    asked = {"name": "m", "path": "MLmodel"}
    assert "'version'" in wrong(http.get("/model-versions/get-artifact", params=asked))[2]


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
