"""Saved views of a list, as a browser keeps and shares them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from studio_room import API, Room
from zafiro.core.caller import Caller
from zafiro.identity import service as identity
from zafiro.studio import service, signin

STATE = {"filter": "status:failed", "sort": "-max(auc)", "cols": "name,status,max(auc)"}


@pytest.fixture(autouse=True)
def none_left(room: Room) -> Iterator[None]:
    yield
    with room.made.ctx.db.begin() as db:
        service.clear(room.made.ctx, db, room.main.id)


@pytest.fixture
def colleague(room: Room) -> TestClient:
    """Somebody else who may do everything, by a token of their own."""
    tokens = identity.of(room.made.ctx)
    who = Caller(tokens.admin.tenant, "11111111-2222-3333-4444-555555555555", "marco")
    issued = tokens._issue(who, "https://zafiro.test/studio", timedelta(hours=1))
    headers = {"authorization": f"Bearer {issued.token}", signin.HEADER: "1"}
    return TestClient(room.made.studio, "http://127.0.0.1:8445", headers=headers)


def save(client: TestClient, **more: Any) -> dict[str, Any]:
    sent = {"list": "jobs", "name": "broken ones", "state": STATE, **more}
    answer = client.post(f"{API}/views", json=sent)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def names(client: TestClient) -> list[str]:
    return [one["name"] for one in client.get(f"{API}/views?list=jobs").json()["views"]]


def test_a_view_is_kept_as_it_was_saved(room: Room) -> None:
    made = save(room.browser)
    assert made["state"] == STATE and made["mine"] and made["revision"] == 1
    assert made["by"] == "admin" and made["scope"] == "private"
    assert room.browser.get(f"{API}/views/{made['id']}").json() == made
    assert names(room.browser) == ["broken ones"]


def test_a_private_view_is_its_owners_and_a_shared_one_everybodys(
    room: Room, colleague: TestClient
) -> None:
    private, shared = save(room.browser), save(room.browser, name="ours", scope="shared")
    assert names(colleague) == ["ours"]
    assert colleague.get(f"{API}/views/{private['id']}").status_code == 404
    seen = colleague.get(f"{API}/views/{shared['id']}").json()
    assert seen["state"] == STATE and not seen["mine"]


def test_only_its_owner_changes_or_deletes_a_view(room: Room, colleague: TestClient) -> None:
    shared = save(room.browser, scope="shared")
    body = {"name": "mine now", "scope": "shared", "state": {}, "revision": 1}
    for answer in (
        colleague.put(f"{API}/views/{shared['id']}", json=body),
        colleague.delete(f"{API}/views/{shared['id']}"),
    ):
        assert answer.status_code == 403 and "admin's" in answer.json()["message"]
    assert names(room.browser) == ["broken ones"]


def test_the_second_of_two_changes_is_told_of_the_first(room: Room) -> None:
    made = save(room.browser)
    body = {"name": "first", "scope": "shared", "state": {"sort": "name"}, "revision": 1}
    first = room.browser.put(f"{API}/views/{made['id']}", json=body)
    assert first.status_code == 200 and first.json()["revision"] == 2
    second = room.browser.put(f"{API}/views/{made['id']}", json={**body, "name": "second"})
    assert second.status_code == 409 and "changed meanwhile" in second.json()["message"]
    assert names(room.browser) == ["first"]


def test_a_workspace_has_one_default_and_lists_it_first(room: Room, colleague: TestClient) -> None:
    save(room.browser, name="one", scope="shared")
    save(room.browser, name="two", scope="default")
    save(colleague, name="three", scope="default")
    views = room.browser.get(f"{API}/views?list=jobs").json()["views"]
    assert [(one["name"], one["scope"]) for one in views] == [
        ("three", "default"),
        ("one", "shared"),
        ("two", "shared"),
    ]


def test_a_deleted_view_comes_back_under_its_address(room: Room) -> None:
    made = save(room.browser)
    assert room.browser.delete(f"{API}/views/{made['id']}").status_code == 204
    assert room.browser.get(f"{API}/views/{made['id']}").status_code == 404
    again = save(room.browser, id=made["id"])
    assert again["id"] == made["id"] and names(room.browser) == ["broken ones"]


def test_what_is_too_long_for_an_address_is_kept_once_and_opened_by_anybody(
    room: Room, colleague: TestClient
) -> None:
    long = {"filter": "x" * 5000}
    made = save(room.browser, name="", scope="link", state=long)
    assert save(colleague, name="", scope="link", state=long)["id"] == made["id"]
    assert colleague.get(f"{API}/views/{made['id']}").json()["state"] == long
    assert names(room.browser) == names(colleague) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"list": "shoes"}, "'shoes' is none of jobs"),
        ({"scope": "secret"}, "'secret' is none of"),
        ({"name": " "}, "name: is missing"),
        ({"name": "n" * 101}, "longer than 100"),
        ({"state": {"filter": "x" * 20_001}}, "longer than 20000 bytes"),
        ({"id": "../../x"}, "twelve hexadecimal digits"),
    ],
)
def test_what_is_no_view_is_refused_with_a_reason(
    room: Room, wrong: dict[str, Any], said: str
) -> None:
    sent = {"list": "jobs", "name": "n", "state": {}, **wrong}
    answer = room.browser.post(f"{API}/views", json=sent)
    assert answer.status_code == 400 and said in answer.json()["message"]


def test_two_views_of_one_owner_cannot_bear_one_name(room: Room, colleague: TestClient) -> None:
    save(room.browser, name="Failed", scope="shared")
    sent = {"list": "jobs", "name": "failed", "state": {}}
    assert room.browser.post(f"{API}/views", json=sent).status_code == 409
    save(colleague, name="failed")


def test_strangers_and_jobs_save_nothing(room: Room) -> None:
    sent = {"list": "jobs", "name": "n", "state": {}}
    assert room.stranger.get(f"{API}/views?list=jobs").status_code == 401
    assert room.stranger.post(f"{API}/views", json=sent).status_code == 401
    job = identity.of(room.made.ctx).for_job(room.main.id, "run_01", timedelta(hours=1))
    headers = {"authorization": f"Bearer {job.token}"}
    assert room.stranger.post(f"{API}/views", json=sent, headers=headers).status_code == 403


def test_the_views_of_a_workspace_go_with_it(room: Room) -> None:
    save(room.browser)
    with room.made.ctx.db.begin() as db:
        for clear in room.made.ctx.clear:
            if clear is service.clear:
                clear(room.made.ctx, db, room.main.id)
    assert names(room.browser) == []
