"""Several who ask for the same at once: one makes it, the others find it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from zafiro.computes import service as computes
from zafiro.core.context import Context
from zafiro.workspaces.domain import Workspace

V = {"api-version": "2024-10-01"}
MANY = 8

BODIES: dict[str, dict[str, Any]] = {
    "jobs": {"jobType": "Command", "command": "true", "computeId": "local"},
    "computes": {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_DS3_v2"}},
    "connections": {"category": "Git", "authType": "None", "target": "https://example.com"},
    "data": {"description": "d"},
    "data/d/versions": {"dataType": "uri_file", "dataUri": "https://example.com/x"},
}


def together(client: TestClient, method: str, url: str, **more: Any) -> Counter[int]:
    def ask(_: int) -> int:
        return client.request(method, url, params=V, **more).status_code

    with ThreadPoolExecutor(MANY) as pool:
        return Counter(pool.map(ask, range(MANY)))


@pytest.mark.parametrize("collection", BODIES)
def test_what_many_make_at_once_is_made_once(
    client: TestClient, main: Workspace, collection: str
) -> None:
    for n in range(5):
        url = f"{main.id}/{collection}/same{n}"
        said = together(client, "PUT", url, json={"properties": BODIES[collection]})
        made = 1 if collection != "connections" else 0  # a client of theirs takes 200 only
        assert said == Counter({201: made, 200: MANY - made}) - Counter()


def test_of_many_who_saw_the_same_state_one_may_change_it(
    client: TestClient, main: Workspace
) -> None:
    url = f"{main.id}/connections/one"
    body = {"properties": BODIES["connections"]}
    etag = client.put(url, params=V, json=body).json()["etag"]
    said = together(client, "PUT", url, json=body, headers={"If-Match": etag})
    assert said == Counter({200: 1, 412: MANY - 1})


def test_of_many_who_delete_one_deletes(client: TestClient, main: Workspace) -> None:
    url = f"{main.id}/connections/one"
    client.put(url, params=V, json={"properties": BODIES["connections"]})
    assert together(client, "DELETE", url) == Counter({200: 1, 204: MANY - 1})


def test_a_cluster_never_has_more_at_work_than_nodes(
    client: TestClient, ctx: Context, main: Workspace
) -> None:
    cluster = {"vmSize": "Standard_DS3_v2", "scaleSettings": {"maxNodeCount": 2}}
    url = f"{main.id}/computes/small"
    client.put(
        url, params=V, json={"properties": {"computeType": "AmlCompute", "properties": cluster}}
    )

    def take(run: int) -> bool:
        with ctx.db.begin() as db:
            return computes.occupy(db, main, computes.get(db, main, "small"), f"run{run}")

    with ThreadPoolExecutor(MANY) as pool:
        taken = sum(pool.map(take, range(MANY)))
    with ctx.db.read() as db:
        at_work = [n for n in computes.nodes(db, computes.get(db, main, "small")) if n.run]
    assert taken == len(at_work) == 2
