"""Spans as OpenTelemetry's JSON has them, and the calls the tests share."""

from typing import Any

from starlette.testclient import TestClient

EXPORT = "/v1/traces"
API = "/api/3.0/mlflow"
V2 = "/api/2.0/mlflow"


def value(said: Any) -> dict[str, Any]:
    if isinstance(said, bool):
        return {"boolValue": said}
    if isinstance(said, int):
        return {"intValue": str(said)}
    if isinstance(said, float):
        return {"doubleValue": said}
    if isinstance(said, list):
        return {"arrayValue": {"values": [value(one) for one in said]}}
    if isinstance(said, dict):
        return {"kvlistValue": {"values": attributes(said)}}
    return {"stringValue": said}


def attributes(said: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(one)} for key, one in said.items()]


def span(
    trace: int,
    number: int,
    name: str,
    *,
    parent: int | None = None,
    start_ms: int = 1_700_000_000_000,
    end_ms: int = 1_700_000_001_000,
    status: int = 1,
    **more: Any,
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "traceId": f"{trace:032x}",
        "spanId": f"{number:016x}",
        "name": name,
        "kind": 1,
        "startTimeUnixNano": str(start_ms * 1_000_000),
        "endTimeUnixNano": str(end_ms * 1_000_000),
        "status": {"code": status},
        "attributes": attributes(more),
    }
    return said if parent is None else said | {"parentSpanId": f"{parent:016x}"}


def request(*spans: dict[str, Any], **resource: Any) -> dict[str, Any]:
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": attributes(resource)},
                "scopeSpans": [{"scope": {"name": "test"}, "spans": list(spans)}],
            }
        ]
    }


def experiment(client: TestClient, name: str = "e") -> str:
    said: Any = client.post(f"{V2}/experiments/create", json={"name": name}).json()
    return str(said["experiment_id"])


def export(client: TestClient, where: str, *spans: dict[str, Any], **resource: Any) -> Any:
    headers = {"x-mlflow-experiment-id": where}
    return client.post(EXPORT, json=request(*spans, **resource), headers=headers)


def get(client: TestClient, trace: int) -> Any:
    answer = client.get(f"{API}/traces/get", params={"trace_id": f"tr-{trace:032x}"})
    assert answer.status_code == 200, answer.text
    return answer.json()["trace"]


def start(client: TestClient, where: str, id: str, **more: Any) -> Any:
    said = {
        "trace_id": id,
        "trace_location": {"mlflow_experiment": {"experiment_id": where}},
        "request_time": "2024-01-02T03:04:05.678Z",
        "execution_duration": "1.5s",
        "state": "OK",
        **more,
    }
    return client.post(f"{API}/traces", json={"trace": {"trace_info": said}})


def found(client: TestClient, where: str, text: str = "", **more: Any) -> list[str]:
    location = {"mlflow_experiment": {"experiment_id": where}}
    said = {"locations": [location], "filter": text, **more}
    answer = client.post(f"{API}/traces/search", json=said)
    assert answer.status_code == 200, answer.text
    return [one["trace_id"] for one in answer.json().get("traces", [])]
