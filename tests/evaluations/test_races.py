"""Evaluations asked for by many at once, on each database."""

import json
from concurrent.futures import ThreadPoolExecutor

from starlette.testclient import TestClient

API = "/api/3.0/mlflow"


def test_records_that_ask_the_same_are_one_whoever_comes_first(client: TestClient) -> None:
    made = client.post(f"{API}/datasets/create", json={"name": "d", "tags": "{}"}).json()
    path = f"{API}/datasets/{made['dataset']['dataset_id']}/records"
    records = json.dumps([{"inputs": {"q": n}} for n in range(5)])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: client.post(path, json={"records": records}), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["inserted_count"] for answer in answers) == 5
    assert len(json.loads(client.get(path).json()["records"])) == 5


def test_versions_of_a_scorer_are_given_once(client: TestClient) -> None:
    body = {"name": "e"}
    where = client.post("/api/2.0/mlflow/experiments/create", json=body).json()["experiment_id"]
    said = {"experiment_id": where, "name": "s", "serialized_scorer": "{}"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: client.post(f"{API}/scorers/register", json=said), range(8))
        )
    assert sorted(answer.json().get("version", 0) for answer in answers) == list(range(1, 9))


def test_what_makes_no_sense_is_refused(client: TestClient) -> None:
    made = client.post(f"{API}/datasets/create", json={"name": "d"}).json()
    records = f"{API}/datasets/{made['dataset']['dataset_id']}/records"
    for path, said in (
        (f"{API}/datasets/create", {"name": ""}),
        (f"{API}/datasets/create", {"name": "x", "tags": "[]"}),
        (records, {"records": "{"}),
        (records, {"records": "[5]"}),
        (records, {"records": '[{"inputs": 5}]'}),
        (records, {"records": '[{"inputs": {}, "source": {"source_type": "MOON"}}]'}),
        (f"{API}/issues", {"experiment_id": "0", "name": "a", "description": "b", "status": "x"}),
        (f"{API}/scorers/register", {"experiment_id": "0", "name": "a", "serialized_scorer": "["}),
    ):
        answer = client.post(path, json=said)
        assert answer.status_code == 400, (path, said, answer.text)
    answer = client.post(f"{API}/review-queues/create", json={})
    assert answer.status_code == 501
