"""What a list shows of each run's metrics, and how it is put in their order."""

import csv
import io
import math
from collections.abc import Iterator

import pytest

from studio_room import API, JOBS, Room
from zafiro.tracking import metrics
from zafiro.tracking import service as tracking
from zafiro.tracking.domain import Point

# step: (val, loss); val is highest at step 2 of "up" and at step 0 of "down".
UP = [(0.1, 9.0), (0.2, 8.0), (0.9, 7.0), (0.3, 6.0)]
DOWN = [(0.8, 5.0), (0.4, 4.0), (0.2, 3.0), (0.1, 2.0)]


@pytest.fixture(scope="module", autouse=True)
def logged(room: Room) -> Iterator[None]:
    """run_01 goes up, run_02 down; run_03 logs loss between the steps of val; run_04 only NaN."""
    with room.made.ctx.db.begin() as db:
        for name, curve in (("run_01", UP), ("run_02", DOWN)):
            run = tracking.get_run(db, room.main.guid, name)
            for step, (val, loss) in enumerate(curve):
                at = 1000 * step
                points = [Point("val", val, at, step), Point("loss", loss, at + 700, step)]
                metrics.log_points(db, run.key, run.experiment_key, points)
        run = tracking.get_run(db, room.main.guid, "run_03")
        far = [Point("loss", float(n), n * 60_000, n * 10) for n in range(10)]
        far += [Point("val", -abs(n - 35.0), n * 6_000, n) for n in range(90)]
        metrics.log_points(db, run.key, run.experiment_key, far)
        run = tracking.get_run(db, room.main.guid, "run_04")
        metrics.log_points(db, run.key, run.experiment_key, [Point("val", math.nan, 0, 0)])
    yield


def shown(room: Room, name: str, *columns: str) -> dict[str, object]:
    asked = {"filter": name, "columns": columns}
    (row,) = room.browser.post(f"{API}/jobs/query", json=asked).json()["rows"]
    values: dict[str, object] = row["values"]
    return values


ALL = ("metrics.val", "max(val)", "min(val)", "loss at max(val)", "loss at min(val)")


def test_last_highest_lowest_and_what_another_was_there(room: Room) -> None:
    up, down = shown(room, "run_01", *ALL), shown(room, "run_02", *ALL)
    assert up == dict(zip(ALL, (0.3, 0.9, 0.1, 7.0, 9.0), strict=True))
    assert down == dict(zip(ALL, (0.1, 0.8, 0.1, 5.0, 2.0), strict=True))


def test_a_step_without_the_other_metric_shows_its_value_before(room: Room) -> None:
    assert shown(room, "run_03", "loss at max(val)") == {"loss at max(val)": 3.0}


def test_nothing_but_nan_has_no_highest(room: Room) -> None:
    assert shown(room, "run_04", *ALL) == {"metrics.val": None}


def test_extremes_stay_whatever_order_points_come_in(room: Room) -> None:
    with room.made.ctx.db.begin() as db:
        run = tracking.get_run(db, room.main.guid, "run_05")
        for value in (2.0, math.nan, 5.0, -1.0, 5.0, 3.0):
            point = Point("odd", value, 1, int(value) if value == value else 0)
            metrics.log_points(db, run.key, run.experiment_key, [point])
            metrics.log_points(db, run.key, run.experiment_key, [point])  # a retry
    assert shown(room, "run_05", "max(odd)", "min(odd)") == {"max(odd)": 5.0, "min(odd)": -1.0}


def test_a_long_history_is_looked_into_where_it_matters(room: Room) -> None:
    with room.made.ctx.db.begin() as db:
        run = tracking.get_run(db, room.main.guid, "run_06")
        long = [Point("long", float(n), n * 10_000, n * 7) for n in range(6000)]
        for start in range(0, 6000, 1500):
            metrics.log_points(db, run.key, run.experiment_key, long[start : start + 1500])
        best = [Point("best", -abs(n - 20_003.0), 0, n) for n in (0, 20_003, 40_000)]
        metrics.log_points(db, run.key, run.experiment_key, best)
    assert shown(room, "run_06", "long at max(best)") == {"long at max(best)": 20_003 // 7}


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("-max(val)", ["brave 01", "brave 02", "brave 03"]),
        ("min(val)", ["brave 03", "brave 02", "brave 01"]),
        ("-loss at max(val)", ["brave 01", "brave 02", "brave 03"]),
        ("loss at max(val)", ["brave 03", "brave 02", "brave 01"]),
        ("-params.n", ["brave 09", "brave 08", "brave 07"]),
    ],
)
def test_a_list_is_put_in_the_order_of_a_column(room: Room, sort: str, first: list[str]) -> None:
    found = room.query(sort=sort)
    assert found[:3] == first and len(found) == JOBS
    assert room.query(sort=sort, offset=2, limit=2) == found[2:4]


def test_an_order_that_is_none_says_what_would_be(room: Room) -> None:
    answer = room.browser.post(f"{API}/jobs/query", json={"sort": "median(loss)"})
    assert answer.status_code == 400 and "max(<name>)" in answer.json()["message"]


def exported(room: Room, **asked: object) -> list[list[str]]:
    answer = room.browser.get(f"{API}/jobs/export", params=asked)
    assert answer.status_code == 200, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return list(csv.reader(io.StringIO(answer.text)))


def test_every_row_of_a_list_is_exported_in_its_order(room: Room) -> None:
    head, *rows = exported(room, sort="name", columns=["max(val)", "params.n"])
    assert head[-2:] == ["max(val)", "params.n"] and len(rows) == JOBS
    assert [row[1] for row in rows] == room.query(sort="name", limit=500)
    assert rows[1][-2:] == ["0.9", "1"]
    failed = exported(room, filter="status:failed")[1:]
    assert {row[head.index("status")] for row in failed} == {"Failed"} and len(failed) == 5


def test_no_cell_of_an_export_is_computed_by_a_spreadsheet(room: Room) -> None:
    with room.made.ctx.db.begin() as db:
        run = tracking.get_run(db, room.main.guid, "run_08")
        given = {"f": "=HYPERLINK(1)", "g": "-3.5"}
        metrics.log_params(db, run.key, run.experiment_key, given, run_id=run.run_id)
    (row,) = exported(room, filter="run_08", columns=["params.f", "params.g"])[1:]
    assert row[-2:] == ["'=HYPERLINK(1)", "-3.5"]


def test_an_export_is_for_those_who_may_read_and_of_what_can_be_asked(room: Room) -> None:
    assert room.stranger.get(f"{API}/jobs/export").status_code == 401
    answer = room.browser.get(f"{API}/jobs/export?filter=status:broken")
    assert answer.status_code == 400 and "none of" in answer.json()["message"]


def test_what_is_deleted_leaves_the_lists_and_comes_back(room: Room) -> None:
    sent = {"names": ["run_10", "nobody"]}
    done = room.browser.post(f"{API}/jobs/change/delete", json=sent).json()
    assert done["done"] == ["run_10"] and "does not exist" in done["refused"][0]["why"]
    assert room.query("view:deleted") == ["brave 10"] and "brave 10" not in room.query("view:all")
    room.browser.post(f"{API}/jobs/change/undelete", json={"names": ["run_10"]})
    assert "brave 10" in room.query() and room.query("view:deleted") == []


def test_what_is_new_waits_and_is_counted(room: Room) -> None:
    def ask(**more: object) -> dict[str, object]:
        answer: dict[str, object] = room.browser.post(f"{API}/jobs/query", json=more).json()
        return answer

    before = ask(filter="status:failed")
    assert before["fresh"] == 0
    with room.made.ctx.db.begin() as db:
        experiment = tracking.ensure_experiment(db, room.main.guid, "fraud")
        run = tracking.create_run(db, room.main.guid, "fresh", experiment, "brave fresh")
        tracking.set_mlflow_status(db, run, status="FAILED", end_ms=None, name=None)
    held = ask(filter="status:failed", upto=before["newest"])
    assert (held["total"], held["fresh"]) == (before["total"], 1)
    assert [row["name"] for row in held["rows"]] == [row["name"] for row in before["rows"]]  # type: ignore[attr-defined]
    assert ask(filter="status:running", upto=before["newest"])["fresh"] == 0
    with room.made.ctx.db.begin() as db:
        tracking.remove_run(db, tracking.get_run(db, room.main.guid, "fresh"))


def test_a_grouped_list_has_its_groups_in_its_own_order(room: Room) -> None:
    groups = room.browser.post(f"{API}/jobs/groups", json={}).json()["groups"]
    assert [(one["name"], one["count"]) for one in groups] == [("fraud", 12), ("vision", 13)]
    assert groups[0]["states"] == {"Failed": 2, "Completed": 10}
    asked = {"group": "experiment", "sort": "-max(auc)", "limit": 500}
    rows = room.browser.post(f"{API}/jobs/query", json=asked).json()["rows"]
    assert [row["experiment"] for row in rows] == ["fraud"] * 12 + ["vision"] * 13
    assert [row["name"] for row in rows][:2] == ["run_23", "run_21"]


def test_a_job_knows_its_neighbours_in_a_list(room: Room) -> None:
    asked = {"name": "run_05", "filter": "status:failed"}
    found = room.browser.post(f"{API}/jobs/around", json=asked).json()
    assert found == {"place": 4, "total": 5, "before": "run_10", "after": "run_00"}
    first = room.browser.post(f"{API}/jobs/around", json={**asked, "name": "run_20"}).json()
    assert first["before"] is None and first["after"] == "run_15"
    other = room.browser.post(f"{API}/jobs/around", json={**asked, "name": "run_06"}).json()
    assert other["place"] == 0
    assert room.browser.post(f"{API}/jobs/around", json={"name": "nobody"}).status_code == 404
