"""The read API as a browser asks it."""

import json
from pathlib import Path

import pytest

from studio_room import API, JOBS, Room
from zafiro.studio import api
from zafiro.tracking import metrics
from zafiro.tracking import service as tracking
from zafiro.tracking.domain import Point

ROOT = Path(__file__).parents[2]


def test_the_committed_client_is_of_this_api(room: Room) -> None:
    kept = json.loads((ROOT / "studio/openapi.json").read_text())
    assert kept == api.described(room.made.ctx), "run `make studio-client` and commit what it wrote"


def test_a_list_is_read_in_windows_newest_first(room: Room) -> None:
    answer = room.browser.post(f"{API}/jobs/query", json={"offset": 10, "limit": 5}).json()
    assert answer["total"] == JOBS
    assert [row["name"] for row in answer["rows"]] == [f"run_{n:02}" for n in range(14, 9, -1)]


@pytest.mark.parametrize(
    ("filter", "numbers"),
    [
        ("status:failed", [20, 15, 10, 5, 0]),
        ("status:running", [24]),
        ("brave 07", [7]),
        ("RUN_07", [7]),
        ("user:me status:failed", [15, 0]),
        ("experiment:FRAUD status:failed", [15, 5]),
        ("metrics.auc > 0.22", [24, 23]),
        ("params.n = '3'", [3]),
        ("status:failed metrics.auc < 0.06", [5, 0]),
        (
            "attributes.start_time >= 1700000003000 AND attributes.start_time < 1700000005000",
            [4, 3],
        ),
        ("age>1d", []),
        ("nothing of the kind", []),
        ("100%", []),
    ],
)
def test_a_filter_finds_what_it_says(room: Room, filter: str, numbers: list[int]) -> None:
    assert room.query(filter) == [f"brave {n:02}" for n in numbers]


def test_a_filter_that_is_none_says_where(room: Room) -> None:
    for filter in ("status:broken", "metrics.auc >", "colour:red"):
        answer = room.browser.post(f"{API}/jobs/query", json={"filter": filter})
        assert answer.status_code == 400 and answer.json()["message"] and answer.json()["id"]


@pytest.mark.parametrize(
    ("sort", "first"),
    [("-metrics.auc", 24), ("metrics.auc", 0), ("name", 0), ("-name", 24), ("created", 0)],
)
def test_a_list_is_in_the_order_asked_for(room: Room, sort: str, first: int) -> None:
    assert room.query(sort=sort, limit=1) == [f"brave {first:02}"]


def test_what_lacks_the_metric_comes_last(room: Room) -> None:
    for sort in ("metrics.loss", "-metrics.loss"):
        assert room.query(sort=sort, limit=1) == ["brave 07"]


def test_chosen_columns_come_with_the_rows(room: Room) -> None:
    asked = {"filter": "brave 07", "columns": ["metrics.auc", "params.n", "metrics.none"]}
    (row,) = room.browser.post(f"{API}/jobs/query", json=asked).json()["rows"]
    assert row["values"] == {"metrics.auc": 0.07, "params.n": "7"}
    known = room.browser.get(f"{API}/jobs/columns").json()["columns"]
    assert {"metrics.auc", "metrics.loss", "params.n"} <= set(known)


def test_a_histogram_counts_every_job_once(room: Room) -> None:
    answer = room.browser.post(f"{API}/jobs/histogram", json={"bins": 10}).json()
    assert sum(one["count"] for one in answer["bins"]) == JOBS
    assert {one["index"] for one in answer["bins"]} <= set(range(10))


def test_home_counts_and_names(room: Room) -> None:
    home = room.browser.get(f"{API}/home").json()
    assert home["counts"]["Running"] == 1
    assert home["recent"][0]["name"] == "run_24"
    assert home["computes"][0]["name"] == "cpu-cluster"


def test_the_envelope_holds_every_value(room: Room) -> None:
    asked = {"runs": ["run_07"], "keys": ["loss"], "width": 200}
    (curve,) = room.browser.post(f"{API}/curves", json=asked).json()["curves"]
    values = [float((i * 7919) % 1000) for i in range(4000)]
    assert (curve["points"], curve["odd"], len(curve["x"])) == (4000, 1, 200)
    for n, start in enumerate(curve["x"]):
        end = curve["x"][n + 1] if n + 1 < 200 else 4000
        assert curve["low"][n] == min(values[start:end])
        assert curve["high"][n] == max(values[start:end])
        assert curve["line"][n] == pytest.approx(sum(values[start:end]) / (end - start))


def test_few_points_come_as_they_are(room: Room) -> None:
    asked = {"runs": ["run_07"], "keys": ["loss"], "width": 200, "first": 100, "last": 149}
    (curve,) = room.browser.post(f"{API}/curves", json=asked).json()["curves"]
    assert curve["x"] == list(range(100, 150))
    assert curve["low"] == curve["high"] == [float((i * 7919) % 1000) for i in range(100, 150)]


def test_a_run_tells_all_of_itself(room: Room) -> None:
    job = room.browser.get(f"{API}/jobs/run_07").json()
    assert job["params"] == {"n": "7"}
    assert {m["key"]: m["last"] for m in job["metrics"]}["auc"] == 0.07
    assert job["row"]["type"] == "run" and job["job"] is False


def test_archiving_is_undone_by_restoring(room: Room) -> None:
    sent = {"names": ["run_03", "nobody"]}
    done = room.browser.post(f"{API}/jobs/change/archive", json=sent).json()
    assert done["done"] == ["run_03"] and done["refused"][0]["name"] == "nobody"
    assert room.query("view:archived") == ["brave 03"] and "brave 03" not in room.query()
    room.browser.post(f"{API}/jobs/change/restore", json={"names": ["run_03"]})
    assert "brave 03" in room.query() and room.query("view:archived") == []


def test_what_is_no_job_cannot_be_canceled_and_says_so(room: Room) -> None:
    done = room.browser.post(f"{API}/jobs/change/cancel", json={"names": ["run_24"]}).json()
    assert done["done"] == [] and "does not exist" in done["refused"][0]["why"]


def test_what_is_not_there_is_named(room: Room) -> None:
    for path in (
        "/jobs/nobody",
        "/assets/models/nobody/1",
        "/assets/shoes",
        "/computes/nobody",
        "/copy?kind=jobs&name=nobody",
    ):
        answer = room.browser.get(f"{API}{path}")
        assert answer.status_code == 404 and "does not exist" in answer.json()["message"], path
    assert room.browser.get("/studio/api/w/nowhere/home").status_code == 404
    assert room.browser.get("/studio/api/nonsense").json()["code"] == "NotFound"


def test_search_finds_jobs_by_name(room: Room) -> None:
    found = room.browser.get(f"{API}/search?q=brave 12").json()["found"]
    assert [one["name"] for one in found] == ["run_12"]


def test_the_band_of_a_long_curve_holds_its_extremes(room: Room) -> None:
    made = room.made.ctx
    with made.db.begin() as db:
        run = tracking.get_run(db, room.main.guid, "run_09")
        values = [float((i * 7919) % 100_003) for i in range(20_000)]
        for start in range(0, len(values), 5000):
            points = [Point("long", values[i], i, i) for i in range(start, start + 5000)]
            metrics.log_points(db, run.key, run.experiment_key, points)
    asked = {"runs": ["run_09"], "keys": ["long"], "width": 100}
    (curve,) = room.browser.post(f"{API}/curves", json=asked).json()["curves"]
    assert curve["points"] == 20_000 and len(curve["x"]) == 100
    assert min(curve["low"]) == min(values) and max(curve["high"]) == max(values)
    ends = [*curve["x"][1:], 20_000]
    for n, (start, end) in enumerate(zip(curve["x"], ends, strict=True)):
        assert curve["low"][n] <= min(values[start:end])
        assert curve["high"][n] >= max(values[start:end])
    asked |= {"first": 700, "last": 749}
    (near,) = room.browser.post(f"{API}/curves", json=asked).json()["curves"]
    assert near["x"] == list(range(700, 750)) and near["line"] == values[700:750]
