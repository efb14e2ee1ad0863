"""The comparison of runs as a browser asks it."""

import time
from pathlib import Path
from typing import Any

import pytest

from conftest import Say
from studio_room import API, Room
from zafiro.studio import comparing, comparing_code
from zafiro.tracking import metrics
from zafiro.tracking import service as tracking
from zafiro.tracking.domain import Point

TEN = [f"run_{n:02}" for n in range(10)]


def lines(room: Room, *names: str) -> dict[tuple[str, str], list[Any]]:
    answer = room.browser.post(f"{API}/compare", json={"names": list(names)})
    assert answer.status_code == 200, answer.text
    return {(one["group"], one["name"]): one["values"] for one in answer.json()["lines"]}


def test_each_run_says_of_each_thing_what_it_is_in_the_order_asked(room: Room) -> None:
    found = lines(room, "run_07", "run_03")
    assert found["params", "n"] == ["7", "3"]
    assert found["metrics", "auc"] == [0.07, 0.03]
    assert found["facts", "experiment"] == ["fraud", "fraud"]
    assert found["facts", "user"] == ["ana", "admin"]


def test_what_a_run_lacks_is_nothing_and_what_is_no_number_is_told_as_text(room: Room) -> None:
    with room.made.ctx.db.begin() as db:
        run = tracking.get_run(db, room.main.guid, "run_05")
        odd = [Point("odd", float("nan"), 1, 0), Point("up", float("inf"), 1, 0)]
        metrics.log_points(db, run.key, run.experiment_key, odd)
    found = lines(room, "run_05", "run_06")
    assert found["metrics", "odd"] == ["NaN", None]
    assert found["metrics", "up"] == ["Infinity", None]


def test_what_the_machine_measured_stands_apart(room: Room) -> None:
    with room.made.ctx.db.begin() as db:
        run = tracking.get_run(db, room.main.guid, "run_02")
        metrics.log_points(db, run.key, run.experiment_key, [Point("system/cpu", 5.0, 1, 0)])
    assert ("system", "system/cpu") in lines(room, "run_02")


def test_names_that_are_no_run_are_told(room: Room) -> None:
    answer = room.browser.post(f"{API}/compare", json={"names": ["run_01", "gone", "run_01"]})
    assert [run["name"] for run in answer.json()["runs"]] == ["run_01"]
    assert answer.json()["missing"] == ["gone"]


def test_pasted_names_are_ids_or_display_names(room: Room) -> None:
    asked = {"names": ["run_04", "brave 09", "brave", "nobody"]}
    answer = room.browser.post(f"{API}/compare/known", json=asked).json()
    assert answer == {"ids": ["run_04", "run_09"], "unknown": ["brave", "nobody"]}


def test_one_metric_of_many_runs_comes_in_one_answer(room: Room) -> None:
    asked = {"runs": [*TEN, "gone"], "keys": ["auc"]}
    curves = room.browser.post(f"{API}/compare/curves", json=asked).json()["curves"]
    assert [one["run"] for one in curves] == TEN
    assert [one["line"] for one in curves] == [[n / 100] for n in range(10)]
    assert all(one["low"] is None and one["high"] is None for one in curves)


@pytest.mark.parametrize("width", [200, 2000])
def test_an_overlaid_curve_is_the_envelope_of_the_run(room: Room, width: int) -> None:
    asked = {"runs": ["run_07"], "keys": ["loss"], "width": width}
    (one,) = room.browser.post(f"{API}/compare/curves", json=asked).json()["curves"]
    (alone,) = room.browser.post(f"{API}/curves", json=asked).json()["curves"]
    assert len(one["x"]) == width and (one["points"], one["odd"]) == (4000, 1)
    for name in ("x", "low", "high"):
        assert one[name] == alone[name]
    assert one["line"] == pytest.approx(alone["line"])


def test_a_zoomed_overlay_has_each_point(room: Room) -> None:
    asked = {"runs": TEN, "keys": ["loss", "none"], "first": 10, "last": 19}
    (one,) = room.browser.post(f"{API}/compare/curves", json=asked).json()["curves"]
    assert one["x"] == list(range(10, 20))
    assert one["line"] == [float((i * 7919) % 1000) for i in range(10, 20)]


def test_metrics_of_two_names_are_drawn_as_one(room: Room) -> None:
    asked = {"runs": ["run_07", "run_08"], "keys": ["loss", "auc"]}
    curves = room.browser.post(f"{API}/compare/curves", json=asked).json()["curves"]
    assert sorted((one["run"], one["key"]) for one in curves) == [
        ("run_07", "auc"),
        ("run_07", "loss"),
        ("run_08", "auc"),
    ]


def test_a_run_without_a_snapshot_says_so(room: Room) -> None:
    answer = room.browser.get(f"{API}/compare/code?a=run_01&b=run_02").json()
    assert answer["files"] == [] and "no snapshot" in answer["a"]["why"]
    asked = f"{API}/compare/code/file?a=run_01&b=run_02&path=../../zafiro.db"
    assert room.browser.get(asked).status_code == 404
    assert room.browser.get(f"{API}/compare/code?a=run_01&b=gone").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "compare", {"names": ["run_01"]}),
        ("POST", "compare/known", {"names": ["run_01"]}),
        ("POST", "compare/curves", {"runs": ["run_01"], "keys": ["auc"]}),
        ("POST", "compare/images", {"names": ["run_01"]}),
        ("GET", "compare/code?a=run_01&b=run_02", None),
        ("GET", "compare/code/file?a=run_01&b=run_02&path=x", None),
    ],
)
def test_a_stranger_compares_nothing(room: Room, method: str, path: str, body: Any) -> None:
    assert room.stranger.request(method, f"{API}/{path}", json=body).status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("compare", {"names": []}),
        ("compare/curves", {"runs": ["run_01"], "keys": []}),
        ("compare/curves", {"runs": ["run_01"], "keys": ["auc"], "x": "colour"}),
        ("compare/curves", {"runs": ["r"] * 201, "keys": ["auc"]}),
    ],
)
def test_what_cannot_be_compared_is_refused(room: Room, path: str, body: Any) -> None:
    assert room.browser.post(f"{API}/{path}", json=body).status_code == 400


def test_hunks_show_what_changed_with_lines_around_it() -> None:
    before = [f"line {n}" for n in range(100)]
    after = [*before[:20], "new", *before[20:60], *before[61:]]
    first, second = comparing_code.hunks_of(before, after)
    assert [(line.op, line.a, line.b, line.text) for line in first][3] == ("+", None, 21, "new")
    assert [line.op for line in first] == [" "] * 3 + ["+"] + [" "] * 3
    assert [(line.op, line.a) for line in second if line.op != " "] == [("-", 61)]
    assert [line.op for line in second] == [" "] * 3 + ["-"] + [" "] * 3


@pytest.mark.parametrize(
    ("before", "after"),
    [([], ["a"]), (["a"], []), (["a", "b"], ["b", "a"]), (list("abcdef"), list("abXdeY"))],
)
def test_hunks_of_short_files_lose_no_line(before: list[str], after: list[str]) -> None:
    found = [line for hunk in comparing_code.hunks_of(before, after) for line in hunk]
    assert [line.text for line in found if line.op != "+"] == before
    assert [line.text for line in found if line.op != "-"] == after
    assert comparing_code.hunks_of(before, before) == []


def test_packages_of_a_conda_file_are_told_by_name() -> None:
    conda = "dependencies:\n- python=3.10\n- pip:\n  - numpy==1.26\n  - azureml-mlflow\n"
    found = {"python": "=3.10", "pip: numpy": "==1.26", "pip: azureml-mlflow": "any"}
    assert comparing.packages(conda) == found
    assert comparing.packages("dependencies: [") == {} == comparing.packages("")


def test_pictures_are_found_by_key_and_step(room: Room) -> None:
    small = "images/grid~a+step+2+timestamp+1+u1+compressed.webp"
    for run, step in (("run_11", 2), ("run_12", 10), ("run_12", 4)):
        root = room.made.ctx.home.storage / room.main.storage_account / "azureml"
        folder = Path(root) / f"ExperimentRun/dcid.{run}/images"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"grid~a+step+{step}+timestamp+1+u{step}.png").write_bytes(b"png")
        (folder.parent / small).write_bytes(b"webp")
        (folder.parent / "curve.png").write_bytes(b"png")
    asked = {"names": ["run_11", "run_12", "run_13"]}
    keys = room.browser.post(f"{API}/compare/images", json=asked).json()["keys"]
    found = {one["key"]: [(p["run"], p["step"]) for p in one["pictures"]] for one in keys}
    assert found == {
        "grid/a": [("run_11", 2), ("run_12", 4), ("run_12", 10)],
        "curve.png": [("run_11", 0), ("run_12", 0)],
    }


def test_two_hundred_runs_are_compared_soon(room: Room, say: Say) -> None:
    with room.made.ctx.db.begin() as db:
        experiment = tracking.ensure_experiment(db, room.main.guid, "wide")
        for n in range(200):
            run = tracking.create_run(db, room.main.guid, f"wide_{n}", experiment, f"wide {n}")
            params = {f"p{i}": str((n * i) % 7) for i in range(40)}
            metrics.log_params(db, run.key, run.experiment_key, params, run_id=run.run_id)
            logged = [Point(f"m{i}", n / (i + 1), 1, 0) for i in range(40)]
            logged += [Point("curve", n / (i + 1), i, i) for i in range(200)]
            metrics.log_points(db, run.key, run.experiment_key, logged)
    names = [f"wide_{n}" for n in range(200)]
    took = {}
    for path, body in (
        ("compare", {"names": names}),
        ("compare/curves", {"runs": names, "keys": ["curve"], "width": 600}),
    ):
        began = time.monotonic()
        answer = room.browser.post(f"{API}/{path}", json=body)
        took[path] = time.monotonic() - began
        assert answer.status_code == 200
        assert len(answer.json()["runs" if path == "compare" else "curves"]) == 200
    for path, seconds in took.items():
        say(f"200 runs, {path}, in process: {seconds * 1000:.0f} ms")
    assert max(took.values()) < 3


def test_a_comparison_is_copied_as_python_that_runs(room: Room) -> None:
    answer = room.browser.get(f"{API}/copy", params={"kind": "compare", "name": "run_01,run_02"})
    (one,) = answer.json()["copies"]  # no jobs, so only MLflow knows them
    assert one["id"] == "mlflow" and '["run_01", "run_02"]' in one["text"]
    compile(one["text"], "copied", "exec")
    gone = room.browser.get(f"{API}/copy", params={"kind": "compare", "name": "gone"})
    assert gone.status_code == 404
