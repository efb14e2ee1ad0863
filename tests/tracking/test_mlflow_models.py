"""Logged models and datasets of the MLflow face where the real client does not reach."""

import pytest
from starlette.testclient import TestClient

from tracking.asking import API, create, log, wrong


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
