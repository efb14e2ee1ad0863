"""Experiments as a browser asks for them and changes them."""

import uuid
from typing import Any

import pytest

from studio_room import API, Room
from zafiro.tracking import metrics
from zafiro.tracking import service as tracking
from zafiro.tracking.domain import Point


def listed(room: Room, **asked: object) -> dict[str, dict[str, Any]]:
    answer = room.browser.get(f"{API}/experiments", params=asked)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["experiments"]}


def post(room: Room, verb: str, **body: object) -> int:
    return room.browser.post(f"{API}/experiment/{verb}", json=body).status_code


@pytest.fixture
def made(room: Room) -> str:
    """An experiment of its own, with two runs."""
    mark = uuid.uuid4().hex[:8]
    name = f"/team/{mark}"
    with room.made.ctx.db.begin() as db:
        experiment = tracking.ensure_experiment(db, room.main.guid, name)
        for n in range(2):
            run = tracking.create_run(db, room.main.guid, f"{mark}-{n}", experiment, f"run {n}")
            points = [Point("auc", 0.5 + n, 1, 0), Point("odd", float("nan"), 2, 0)]
            metrics.log_points(db, run.key, run.experiment_key, points)
    return name


def test_experiments_know_how_much_is_in_them(room: Room) -> None:
    fraud = listed(room)["fraud"]
    assert (fraud["runs"], fraud["failed"], fraud["running"]) == (12, 2, 0)
    assert listed(room)["vision"]["running"] == 1


def test_the_best_of_a_metric_is_the_greatest_or_the_least(room: Room) -> None:
    assert listed(room, metric="auc")["fraud"]["best"] == {
        "run": "run_23",
        "display_name": "brave 23",
        "value": 0.23,
    }
    assert listed(room, metric="auc", least=True)["fraud"]["best"]["run"] == "run_01"
    assert listed(room, metric="nobody logged this")["fraud"]["best"] is None
    assert "auc" in room.browser.get(f"{API}/experiments").json()["metrics"]


def test_one_experiment_shows_a_metric_across_its_runs(room: Room, made: str) -> None:
    found = room.browser.get(f"{API}/experiment", params={"name": made}).json()
    assert (found["metric"], found["runs"], found["running"]) == ("auc", 2, 2)
    assert [mark["value"] for mark in found["marks"]] == [0.5, 1.5]
    assert [row["display_name"] for row in found["recent"]] == ["run 1", "run 0"]


def test_a_note_is_mlflows_own_and_can_be_taken_away(room: Room, made: str) -> None:
    assert post(room, "change", name=made, note="What *we* try") == 204
    assert listed(room)[made]["note"] == "What *we* try"
    with room.made.ctx.db.read() as db:
        kept = tracking.experiments.find(db, room.main.guid, made)
    assert kept is not None and kept.tags["mlflow.note.content"] == "What *we* try"
    assert post(room, "change", name=made, note="") == 204
    assert listed(room)[made]["note"] is None


def test_an_experiment_is_renamed_but_not_to_a_name_that_is_taken(room: Room, made: str) -> None:
    assert post(room, "change", name=made, rename="fraud") == 409
    assert post(room, "change", name=made, rename=f"{made} 2") == 204
    assert made not in listed(room) and listed(room)[f"{made} 2"]["runs"] == 2


def test_a_deleted_experiment_comes_back_with_its_runs(room: Room, made: str) -> None:
    asked = f'experiment:"{made}"'
    assert len(room.query(asked)) == 2
    assert post(room, "delete", name=made) == 204
    assert made not in listed(room) and room.query(asked) == []
    assert listed(room, archived=True)[made]["runs"] == 2
    assert post(room, "delete", name=made) == 404
    assert post(room, "change", name=made, note="no") == 400
    assert post(room, "restore", name=made) == 204
    assert listed(room)[made]["runs"] == 2 and len(room.query(asked)) == 2


def test_what_is_not_there_is_not_found(room: Room) -> None:
    assert room.browser.get(f"{API}/experiment?name=gone").status_code == 404
    for verb in ("change", "delete", "restore"):
        assert post(room, verb, name="gone") == 404


@pytest.mark.parametrize("verb", ["change", "delete", "restore"])
def test_a_stranger_changes_nothing(room: Room, verb: str) -> None:
    answer = room.stranger.post(f"{API}/experiment/{verb}", json={"name": "fraud"})
    assert answer.status_code == 401
    assert room.stranger.get(f"{API}/experiments").status_code == 401
    assert "fraud" in listed(room)
