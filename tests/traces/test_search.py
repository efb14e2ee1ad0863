"""Search and numbers, on each database."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from traces.spans import API, V2, experiment, export, found, span, start


def ids(*numbers: int) -> list[str]:
    return [f"tr-{n:032x}" for n in numbers]


def test_spans_are_found_by_what_they_say(client: TestClient) -> None:
    where = experiment(client)
    export(client, where, span(1, 1, "plan", **{"mlflow.spanType": "AGENT", "a.b": "x_y", "n": 5}))
    export(client, where, span(2, 1, "act", **{"mlflow.spanType": "TOOL", "ok": True, "n": 2.5}))
    export(client, where, span(2, 2, "Act", parent=1, **{"deep": {"er": "100%"}, "it's": "q"}))
    for text, numbers in {
        "span.name = 'plan'": [1],
        "span.name LIKE 'A%'": [2],
        "span.name ILIKE 'a%'": [2],
        "span.name RLIKE '^[pa]'": [1, 2],
        "span.type NOT IN ('TOOL')": [1],
        "span.type = 'TOOL' AND span.name = 'Act'": [],
        "span.attributes.a.b = 'x_y'": [1],
        "span.attributes.`a.b` LIKE 'x%'": [1],
        "span.attributes.n = '5'": [1],
        "span.attributes.n = '2.5'": [2],
        "span.attributes.ok = 'true'": [2],
        "span.attributes.deep LIKE '%100%'": [2],
        "span.attributes.none = 'x'": [],
        "text LIKE '%deep%'": [2],
        "span.status != 'OK'": [],
    }.items():
        assert sorted(found(client, where, text)) == ids(*numbers), text


def test_a_pattern_that_is_none_is_the_askers_mistake(client: TestClient) -> None:
    where = experiment(client)
    export(client, where, span(1, 1, "x"))
    for text in ("span.name RLIKE '('", "tags.a RLIKE '[' ", "name RLIKE '" + "a" * 600 + "'"):
        said: Any = {"locations": [{"mlflow_experiment": {"experiment_id": where}}], "filter": text}
        answer = client.post(f"{API}/traces/search", json=said)
        assert answer.status_code == 400, text
        assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_order_and_pages(client: TestClient) -> None:
    where = experiment(client)
    for n, (duration, team) in enumerate([("3s", "b"), ("1s", None), ("2s", "a")]):
        tags = {"team": team} if team else {}
        start(client, where, f"t{n}", execution_duration=duration, tags=tags)
    assert found(client, where, order_by=["execution_time DESC"]) == ["t0", "t2", "t1"]
    assert found(client, where, order_by=["tags.team"]) == ["t2", "t0", "t1"]
    assert found(client, where, order_by=["tags.team DESC"]) == ["t0", "t2", "t1"]
    assert found(client, where, "end_time_ms > 0", order_by=["request_id DESC"])[0] == "t2"
    said = {"locations": [{"mlflow_experiment": {"experiment_id": where}}], "max_results": 2}
    first = client.post(f"{API}/traces/search", json=said).json()
    more = {**said, "page_token": first["next_page_token"]}
    second = client.post(f"{API}/traces/search", json=more).json()
    assert [t["trace_id"] for t in first["traces"] + second["traces"]] == ["t0", "t1", "t2"]
    assert "next_page_token" not in second


def test_percentiles_interpolate(client: TestClient) -> None:
    where = experiment(client)
    for n, seconds in enumerate([1, 2, 4, 8]):
        start(
            client, where, f"t{n}", execution_duration=f"{seconds}s", tags={"mlflow.traceName": "a"}
        )
    said = {
        "experiment_ids": [where],
        "view_type": "TRACES",
        "metric_name": "latency",
        "aggregations": [
            {"aggregation_type": "PERCENTILE", "percentile_value": 50},
            {"aggregation_type": 4, "percentile_value": 90},
            {"aggregation_type": "MAX"},
        ],
        "dimensions": ["trace_name"],
    }
    points = client.post(f"{API}/traces/metrics", json=said).json()["data_points"]
    assert [(p["dimensions"], p["values"]) for p in points] == [
        ({"trace_name": "a"}, pytest.approx({"P50.0": 3000.0, "P90.0": 6800.0, "MAX": 8000.0}))
    ]
    wrong = {**said, "dimensions": ["span_name"]}
    assert client.post(f"{API}/traces/metrics", json=wrong).status_code == 400


def test_time_goes_in_buckets(client: TestClient) -> None:
    where = experiment(client)
    for n, at in enumerate(["00:00:10", "00:00:50", "00:01:00", "00:03:00"]):
        start(client, where, f"t{n}", request_time=f"2024-01-02T{at}.000Z")
    first = 1_704_153_600_000
    said = {
        "experiment_ids": [where],
        "view_type": "TRACES",
        "metric_name": "trace_count",
        "aggregations": [{"aggregation_type": "COUNT"}],
        "time_interval_seconds": 60,
        "start_time_ms": str(first),
        "end_time_ms": first + 600_000,
    }
    points = client.post(f"{API}/traces/metrics", json=said).json()["data_points"]
    assert [(p["dimensions"]["time_bucket"][11:16], p["values"]["COUNT"]) for p in points] == [
        ("00:00", 2.0),
        ("00:01", 1.0),
        ("00:03", 1.0),
    ]


def test_the_words_of_mlflow_2(client: TestClient) -> None:
    where = experiment(client)
    began = client.post(
        f"{V2}/traces",
        json={
            "experiment_id": where,
            "timestamp_ms": "1000",
            "request_metadata": [{"key": "m", "value": "1"}],
            "tags": [{"key": "mlflow.traceName", "value": "old"}],
        },
    ).json()["trace_info"]
    id = began["request_id"]
    assert began["status"] == "IN_PROGRESS"
    said = {"timestamp_ms": 3000, "status": "OK", "tags": [{"key": "t", "value": "2"}]}
    client.patch(f"{V2}/traces/{id}", json=said)
    ended = client.get(f"{V2}/traces/{id}/info").json()["trace_info"]
    assert (ended["status"], ended["execution_time_ms"]) == ("OK", 2000)
    assert {"key": "t", "value": "2"} in ended["tags"]
    assert ended["request_metadata"] == [{"key": "m", "value": "1"}]
    listed = client.get(
        f"{V2}/traces", params={"experiment_ids": [where], "filter": "name = 'old'"}
    )
    assert [one["request_id"] for one in listed.json()["traces"]] == [id]
