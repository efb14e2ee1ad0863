"""ARM's verbs over real routes and a real database; the types are this test's own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from zafiro.arm import router
from zafiro.arm.resource import ResourceType, Wire
from zafiro.core import documents
from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.db import Database
from zafiro.core.errors import Denied
from zafiro.core.home import Home
from zafiro.core.secrets import Secrets
from zafiro.core.settings import Settings

BASE = "/subscriptions/S/resourceGroups/G/providers/Microsoft.MachineLearningServices/workspaces"
PEARS = f"{BASE}/W/pears"
V = {"api-version": "2024-10-01"}


class Pear(Wire):
    weight_g: int


def authenticate(header: str | None) -> Caller:
    if header != "Bearer good":
        raise Denied("who are you?", unknown=True)
    return Caller("t", "o", "tester")


def authorise(caller: Caller, action: str, scope: str) -> None:
    if scope.lower().endswith("/forbidden"):
        raise Denied(f"not {action}")


@pytest.fixture
def client(db: Database, tmp_path: Path) -> Iterator[TestClient]:
    ctx = Context(
        Settings(home=tmp_path), Home(tmp_path), db, Secrets(b"k" * 32), "https://h", "https://s"
    )
    types = [
        ResourceType("workspaces"),
        ResourceType(
            "workspaces/pears", shape=Pear, actions={"eat": lambda c, r, b: {"ate": r.name}}
        ),
    ]
    with db.begin() as session:
        documents.put(session, f"{BASE}/W", {"properties": {}})
    app = Starlette(routes=router.routes(ctx, Gate(authenticate, authorise), types, []))
    with TestClient(app, headers={"Authorization": "Bearer good"}) as made:
        yield made


def put(client: TestClient, name: str, weight: Any = 100, **headers: str) -> Any:
    body = {"properties": {"weightG": weight, "unknown": {"kept": True}}, "tags": {"a": "b"}}
    return client.put(f"{PEARS}/{name}", params=V, json=body, headers=headers)


def test_created_then_replaced_then_deleted_then_gone(client: TestClient) -> None:
    assert [put(client, "p").status_code, put(client, "p").status_code] == [201, 200]
    delete = f"{PEARS}/p"
    assert [client.delete(delete, params=V).status_code for _ in range(2)] == [200, 204]
    gone = client.get(delete, params=V)
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "ResourceNotFound")
    assert "'p'" in gone.json()["error"]["message"]


def test_unknown_fields_are_kept_and_ids_compare_in_any_case(client: TestClient) -> None:
    put(client, "Conference")
    got = client.get(
        f"{PEARS}/Conference".upper().replace("SUBSCRIPTIONS", "subscriptions"), params=V
    )
    assert got.json()["id"] == f"{PEARS}/Conference"
    assert got.json()["properties"]["unknown"] == {"kept": True}


def test_a_refused_put_changes_nothing(client: TestClient) -> None:
    put(client, "p", 100)
    refused = put(client, "p", "heavy")
    assert refused.status_code == 400
    assert "weightG" in refused.json()["error"]["message"]
    assert client.get(f"{PEARS}/p", params=V).json()["properties"]["weightG"] == 100


def test_patch_merges_properties_and_replaces_tags(client: TestClient) -> None:
    put(client, "p")
    patch = {"properties": {"weightG": 5}, "tags": {"new": "1"}}
    got = client.patch(f"{PEARS}/p", params=V, json=patch).json()
    assert got["properties"] == {"weightG": 5, "unknown": {"kept": True}}
    assert got["tags"] == {"new": "1"}


def test_a_stale_etag_is_a_failed_precondition(client: TestClient) -> None:
    first = put(client, "p").headers["etag"]
    assert put(client, "p", 1, **{"If-Match": first}).status_code == 200
    stale = put(client, "p", 2, **{"If-Match": first})
    assert (stale.status_code, stale.json()["error"]["code"]) == (412, "PreconditionFailed")


def test_lists_are_paged_by_absolute_links(client: TestClient) -> None:
    for n in range(5):
        put(client, f"p{n}")
    seen, url = [], f"{PEARS}?api-version=2024-10-01&$top=2"
    while url:
        page = client.get(url).json()
        seen += [p["name"] for p in page["value"]]
        assert page.get("nextLink", "https://h/").startswith("https://h/")
        url = page.get("nextLink", "").removeprefix("https://h")
    assert seen == [f"p{n}" for n in range(5)]


def test_an_action_answers_and_an_unknown_one_is_named(client: TestClient) -> None:
    put(client, "p")
    assert client.post(f"{PEARS}/p/eat", params=V).json() == {"ate": "p"}
    refused = client.post(f"{PEARS}/p/peel", params=V)
    assert (refused.status_code, "peel" in refused.text) == (501, True)


def test_a_type_that_is_not_there_yet_is_named(client: TestClient) -> None:
    refused = client.get(f"{BASE}/W/featuresets", params=V)
    assert (refused.status_code, "featuresets" in refused.text) == (501, True)


def test_nothing_can_be_put_into_a_workspace_that_is_not_there(client: TestClient) -> None:
    body = {"properties": {"weightG": 1}}
    refused = client.put(f"{BASE}/nowhere/pears/p", params=V, json=body)
    assert (refused.status_code, "nowhere" in refused.text) == (404, True)
    assert client.get(f"{BASE}/nowhere/pears", params=V).status_code == 404


def test_the_version_of_the_api_is_asked_for(client: TestClient) -> None:
    for params in ({}, {"api-version": "soon"}):
        refused = client.get(f"{PEARS}/p", params=params)
        assert (refused.status_code, "api-version" in refused.text) == (400, True)


def test_who_is_not_known_or_may_not_is_told_apart(client: TestClient) -> None:
    unknown = client.get(f"{PEARS}/p", params=V, headers={"Authorization": "Bearer bad"})
    assert unknown.status_code == 401
    assert put(client, "forbidden").status_code == 403
    assert client.get(f"{PEARS}/p", params=V).status_code == 404


@pytest.mark.parametrize("raw", [b"{", b"[1]", b'"x"'])
def test_a_body_that_is_no_object_is_refused(client: TestClient, raw: bytes) -> None:
    assert client.put(f"{PEARS}/p", params=V, content=raw).status_code == 400
