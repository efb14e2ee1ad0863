"""Azure's metrics: what one face logs, the other reads; what is no number is kept as it was said."""

import json
import math
from typing import Any

import pytest
from starlette.testclient import TestClient

from zafiro.core.errors import Busy
from zafiro.tracking import ask as asked
from zafiro.tracking import series
from zafiro.workspaces.domain import Workspace

API = "/api/2.0/mlflow"


@pytest.fixture
def run(http: TestClient, main: Workspace) -> str:
    path = f"/history/v1.0{main.id}/experiments/exp/runs/r1"
    assert http.patch(path, json={"displayName": "r"}).status_code == 200
    return "r1"


def ask(http: TestClient, main: Workspace, verb: str, body: Any, run: str = "r1") -> Any:
    answer = http.post(f"/metric/v2.0{main.id}/runs/{run}/{verb}", json=body)
    assert answer.status_code in (200, 207), answer.text
    return answer.json()


def scalar(
    name: str, value: Any, id: str, at: str = "2026-11-20T17:00:00.1234Z", **more: Any
) -> Any:
    kind = "int" if isinstance(value, int) else "double"
    part = {"metricId": id, "createdUtc": at, "data": {name: value}, **more}
    return dto(name, "azureml.v1.scalar", {name: kind}, [part])


def dto(name: str, kind: str, columns: dict[str, str], parts: list[Any]) -> Any:
    return {
        "name": name,
        "columns": columns,
        "value": parts,
        "properties": {"uxMetricType": kind},
    }


def values(http: TestClient, main: Workspace, name: str) -> list[Any]:
    found = ask(http, main, "full", {"metricName": name})
    return [part["data"].get(name) for part in found["value"]]


def history(http: TestClient, name: str) -> list[tuple[float, int]]:
    query = {"run_id": "r1", "metric_key": name}
    found = http.get(f"{API}/metrics/get-history", params=query).json()["metrics"]
    return [(float(point["value"]), point["step"]) for point in found]


def test_a_value_logged_by_azure_is_read_by_mlflow(
    http: TestClient, main: Workspace, run: str
) -> None:
    given = [scalar("acc", v, f"id{n}") for n, v in enumerate((0.5, 0.5, 0.75))]
    assert ask(http, main, "batch", {"values": given}) == {"errors": []}
    assert history(http, "acc") == [(0.5, 0), (0.5, 1), (0.75, 2)]
    assert values(http, main, "acc") == [0.5, 0.5, 0.75]
    shown = http.get(f"{API}/runs/get?run_id=r1").json()["run"]["data"]["metrics"]
    assert [(one["key"], one["value"]) for one in shown] == [("acc", 0.75)]


def test_a_value_logged_by_mlflow_is_read_by_azure(
    http: TestClient, main: Workspace, run: str
) -> None:
    for step in range(2):
        body = {"run_id": "r1", "key": "loss", "value": step / 2, "timestamp": 1000, "step": step}
        assert http.post(f"{API}/runs/log-metric", json=body).status_code == 200
    assert values(http, main, "loss") == [0.0, 0.5]
    listed = ask(http, main, "list", {})["value"]
    assert [one["metricKey"]["name"] for one in listed] == ["loss"]
    assert listed[0]["columns"] == {"loss": "double"}
    assert (
        http.post(f"/metric/v2.0{main.id}/runs/r1/full", json={"metricName": "x"}).status_code
        == 404
    )


def test_a_batch_sent_twice_is_kept_once(http: TestClient, main: Workspace, run: str) -> None:
    rows = [{"metricId": f"t{n}", "data": {"x": n, "y": "text"}} for n in range(3)]
    given = {
        "values": [
            scalar("acc", 0.5, "a"),
            scalar("at", 1.5, "b", step=7),
            dto("tab", "azureml.v1.table", {"x": "int", "y": "string"}, rows),
        ]
    }
    for _ in range(2):
        ask(http, main, "batch", given)
    assert values(http, main, "acc") == [0.5] and history(http, "at") == [(1.5, 7)]
    found = ask(http, main, "full", {"metricName": "tab"})
    assert [part["data"] for part in found["value"]] == [{"x": n, "y": "text"} for n in range(3)]


def test_integers_stay_integers_until_one_has_a_fraction(
    http: TestClient, main: Workspace, run: str
) -> None:
    ask(http, main, "batch", {"values": [scalar("n", 3, "a")]})
    assert values(http, main, "n") == [3] and isinstance(values(http, main, "n")[0], int)
    ask(http, main, "batch", {"values": [scalar("n", 3.5, "b", "2026-11-20T17:00:01Z")]})
    found = ask(http, main, "full", {"metricName": "n"})
    assert found["columns"] == {"n": "double"}
    assert [part["data"]["n"] for part in found["value"]] == [3, 3.5]


def test_the_columns_of_a_table_are_metrics_of_mlflows(
    http: TestClient, main: Workspace, run: str
) -> None:
    parts = [{"metricId": f"{n}", "data": {"x": n, "name": "a"}} for n in range(2)]
    listed = [{"metricId": f"l{n}", "data": {"l": n}} for n in (4, 5)]
    given = [
        dto("tab", "azureml.v1.table", {"x": "int", "name": "string"}, parts),
        dto("l", "azureml.v1.list", {"l": "int"}, listed),
    ]
    ask(http, main, "batch", {"values": given})
    assert history(http, "tab/x") == [(0, 0), (1, 1)] and history(http, "l") == [(4, 0), (5, 1)]
    names = [one["metricKey"]["name"] for one in ask(http, main, "list", {})["value"]]
    assert names == ["l", "tab"]  # tab/x is no metric of its own
    found = ask(http, main, "full", {"metricName": "l"})
    assert found["properties"] == {"uxMetricType": "azureml.v1.list"}
    assert [part["data"]["l"] for part in found["value"]] == [4, 5]


def test_images_and_matrices_are_kept_as_they_were_said(
    http: TestClient, main: Workspace, run: str
) -> None:
    place = "aml://artifactId/ExperimentRun/dcid.r1/cm"
    for kind in ("azureml.v2.confusion_matrix", "azureml.v2.image", "somebody.elses"):
        part = {"metricId": kind, "data": {kind: place}}
        ask(http, main, "batch", {"values": [dto(kind, kind, {kind: "Artifact"}, [part])]})
        found = ask(http, main, "full", {"metricName": kind})
        assert found["properties"] == {"uxMetricType": kind}
        assert found["columns"] == {kind: "Artifact"} and found["dataContainerId"] == "dcid.r1"
        assert found["value"][0]["data"] == {kind: place}
    assert http.get(f"{API}/runs/get?run_id=r1").json()["run"]["data"]["metrics"] == []


def test_what_json_has_no_number_for_comes_back(
    http: TestClient, main: Workspace, run: str
) -> None:
    body = (
        '{"values": [{"name": "m", "columns": {"m": "double"}, "value": ['
        '{"metricId": "1", "createdUtc": "2026-11-20T17:00:00Z", "data": {"m": NaN}},'
        '{"metricId": "2", "createdUtc": "2026-11-20T17:00:01Z", "data": {"m": -Infinity}}]},'
        '{"name": "t", "columns": {"a": "double"}, "properties": {"uxMetricType": "azureml.v1.table"},'
        ' "value": [{"metricId": "3", "data": {"a": Infinity}}]}]}'
    )
    path = f"/metric/v2.0{main.id}/runs/r1/batch"
    assert http.post(path, content=body).json() == {"errors": []}
    assert [float(value) for value in values(http, main, "m")][1] == -math.inf
    assert math.isnan(float(values(http, main, "m")[0]))
    assert ask(http, main, "full", {"metricName": "t"})["value"][0]["data"] == {"a": "Infinity"}


def test_texts_and_truths_are_no_points_but_are_kept(
    http: TestClient, main: Workspace, run: str
) -> None:
    said = [("word", "string", "hello"), ("flag", "bool", True)]
    given = [
        dto(name, "azureml.v1.scalar", {name: kind}, [{"metricId": name, "data": {name: value}}])
        for name, kind, value in said
    ]
    ask(http, main, "batch", {"values": given})
    assert values(http, main, "word") == ["hello"] and values(http, main, "flag") == [True]
    assert history(http, "word") == []


def test_a_metric_of_another_kind_is_refused_and_the_others_are_kept(
    http: TestClient, main: Workspace, run: str
) -> None:
    ask(http, main, "batch", {"values": [scalar("m", 1.5, "a")]})
    table = dto("m", "azureml.v1.table", {"x": "int"}, [{"metricId": "b", "data": {"x": 1}}])
    path = f"/metric/v2.0{main.id}/runs/r1/batch"
    answer = http.post(path, json={"values": [table, scalar("other", 2.5, "c")]})
    assert answer.status_code == 207
    (error,) = answer.json()["errors"]
    assert error["metric"]["name"] == "m"
    assert "choose another name" in error["errorResponse"]["error"]["message"]
    assert values(http, main, "other") == [2.5] and values(http, main, "m") == [1.5]


def test_long_series_come_in_pages(
    http: TestClient, main: Workspace, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "PAGE", 3)
    given = [scalar("s", n / 2, f"{n}") for n in range(7)]
    parts = [{"metricId": f"t{n}", "data": {"x": n}} for n in range(7)]
    table = dto("t", "azureml.v1.table", {"x": "int"}, parts)
    ask(http, main, "batch", {"values": [*given, table]})
    for name, column, wanted in (("s", "s", [n / 2 for n in range(7)]), ("t", "x", list(range(7)))):
        found, token = [], None
        while True:
            page = ask(http, main, "full", {"metricName": name, "continuationToken": token})
            assert len(page["value"]) <= 3
            found += [part["data"][column] for part in page["value"]]
            token = page.get("continuationToken")
            if token is None:
                break
        assert found == wanted
    wrong = {"metricName": "s", "continuationToken": "nonsense"}
    assert http.post(f"/metric/v2.0{main.id}/runs/r1/full", json=wrong).status_code == 400


def test_only_some_of_the_time_can_be_asked_for(
    http: TestClient, main: Workspace, run: str
) -> None:
    given = [scalar("s", n, f"{n}", f"2026-11-20T17:00:0{n}Z") for n in range(4)]
    ask(http, main, "batch", {"values": given})
    asked = {
        "metricName": "s",
        "startTime": "2026-11-20T17:00:01.000Z",
        "endTime": "2026-11-20T17:00:02Z",
    }
    found = ask(http, main, "full", asked)["value"]
    assert [part["data"]["s"] for part in found] == [1, 2]


def test_metrics_of_before_are_those_of_today(http: TestClient, main: Workspace, run: str) -> None:
    base = f"/history/v1.0{main.id}/experiments/exp"
    schema = {"properties": [{"propertyId": "acc", "name": "acc", "type": "float"}]}
    old = {"metricId": "1", "metricType": "azureml.v1.scalar", "name": "acc", "schema": schema}
    more = [{**old, "metricId": f"{n}", "cells": [{"acc": n / 4}]} for n in (2, 3)]
    image = {
        "metricId": "i",
        "metricType": "azureml.v1.image",
        "name": "i",
        "dataLocation": "aml://x",
    }
    one = {**old, "cells": [{"acc": 0.25}]}
    assert http.post(f"{base}/runs/r1/metrics", json=one).status_code == 200
    assert http.post(f"{base}/runs/r1/batch/metrics", json={"values": [*more, image]}).json() == {}
    assert sorted(values(http, main, "acc")) == [0.25, 0.5, 0.75]
    asked = {"filter": "(RunId eq r1 and name eq acc)"}
    (found,) = http.post(f"{base}/metrics:query", json=asked).json()["value"]
    assert found["numCells"] == 3 and {"acc": 0.5} in found["cells"]
    assert found["schema"]["properties"][0]["type"] == "float"
    again = http.get(f"{base}/metrics/{found['metricId']}").json()
    assert again == found
    every = http.post(f"{base}/metrics:query", json={"filter": "RunId eq r1"}).json()["value"]
    assert {one["name"]: one.get("dataLocation") for one in every} == {"acc": None, "i": "aml://x"}


def test_a_jobs_token_logs_to_its_own_run_only(http: TestClient, main: Workspace, run: str) -> None:
    body = {"values": [scalar("m", 1.5, "a")]}
    path = f"/metric/v2.0{main.id}/runs/r1/batch"
    assert http.post(path, json=body, headers={"Authorization": "Bearer job:r1"}).status_code == 200
    assert http.post(path, json=body, headers={"Authorization": "Bearer job:x"}).status_code == 403
    assert http.post(path, json=body, headers={"Authorization": ""}).status_code == 401
    http.post(f"{API}/runs/delete", json={"run_id": "r1"})
    assert http.post(path, json=body).status_code == 400


def test_a_server_that_has_too_much_to_do_says_when_to_come_again() -> None:
    answer = asked.failure(Busy("too many points wait to be written", retry_s=3))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert json.loads(bytes(answer.body))["error"]["code"] == "TooManyRequests"
