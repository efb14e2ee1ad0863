"""What tests of the MLflow face ask again and again."""

from typing import Any

from starlette.testclient import TestClient

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
