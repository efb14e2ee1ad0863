"""What people change on a job's page, and jobs sent again."""

from typing import Any

import pytest

from studio_room import API, Room


def job(room: Room, name: str) -> dict[str, Any]:
    found: dict[str, Any] = room.browser.get(f"{API}/jobs/{name}").json()
    return found


def test_names_descriptions_and_tags_are_changed(room: Room) -> None:
    path = f"{API}/jobs/run_11"
    said = {
        "display_name": "best so far",
        "description": "with *dropout*",
        "tags": {"team": "a", "x": "1"},
    }
    assert room.browser.patch(path, json=said).status_code == 204
    found = job(room, "run_11")
    assert found["row"]["display_name"] == "best so far"
    assert (found["description"], found["tags"]) == ("with *dropout*", {"team": "a", "x": "1"})
    room.browser.patch(path, json={"tags": {"team": "b"}, "remove_tags": {"x": "1"}})
    assert job(room, "run_11")["tags"] == {"team": "b"}
    room.browser.patch(path, json={"description": ""})
    assert not job(room, "run_11")["description"]
    assert job(room, "run_11")["row"]["display_name"] == "best so far"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"display_name": "  "}, 400),
        ({"tags": {"": "x"}}, 400),
        ({"tags": {"k" * 300: "x"}}, 400),
        ({"display_name": "x" * 501}, 400),
        ({"remove_tags": {"n": "other"}}, 409),
    ],
)
def test_a_change_that_cannot_be_is_refused_with_a_reason(
    room: Room, said: dict[str, Any], status: int
) -> None:
    room.browser.patch(f"{API}/jobs/run_12", json={"tags": {"n": "one"}})
    before = job(room, "run_12")
    answer = room.browser.patch(f"{API}/jobs/run_12", json=said)
    assert answer.status_code == status and answer.json()["message"]
    assert job(room, "run_12") == before


def test_a_run_that_is_no_job_is_not_sent_again(room: Room) -> None:
    answer = room.browser.post(f"{API}/jobs/run_05/rerun")
    assert answer.status_code == 409 and "not sent as a job" in answer.json()["message"]


def test_a_stranger_changes_nothing(room: Room) -> None:
    assert room.stranger.patch(f"{API}/jobs/run_11", json={"tags": {"a": "b"}}).status_code == 401
    assert room.stranger.post(f"{API}/jobs/run_11/rerun").status_code == 401
