"""What the wire can say and azure-ai-ml does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from zafiro.arm import router
from zafiro.assets import arm, service, store
from zafiro.assets.domain import KINDS
from zafiro.blobs.service import Store
from zafiro.core import documents
from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.db import Database
from zafiro.core.home import Home
from zafiro.core.secrets import Secrets
from zafiro.core.settings import Settings
from zafiro.workspaces import arm as rooms
from zafiro.workspaces import service as workspaces

V = {"api-version": "2024-10-01"}
ROOM = workspaces.workspace_id("S", "G", "main")


@pytest.fixture
def ctx(db: Database, tmp_path: Path) -> Context:
    made = Context(
        Settings(home=tmp_path), Home(tmp_path), db, Secrets(b"k" * 32), "https://h:1", "https://s"
    )
    with db.begin() as session:
        workspaces.make_group(session, "S", "G")
        workspaces.create(made, session, "S", "G", "main")
    return made


@pytest.fixture
def client(ctx: Context) -> Iterator[TestClient]:
    gate = Gate(lambda header: Caller("t", "o", "tester"), lambda caller, action, scope: None)
    types, paths = [*rooms.TYPES, *arm.TYPES], [*rooms.ROUTES, *arm.ROUTES]
    with TestClient(Starlette(routes=router.routes(ctx, gate, types, paths))) as made:
        yield made


def put(client: TestClient, at: str, **properties: Any) -> Any:
    return client.put(f"{ROOM}/{at}", params=V, json={"properties": properties})


def web(client: TestClient, at: str, **more: Any) -> Any:
    return put(client, at, dataUri="https://w/a", dataType="uri_file", **more)


def get(client: TestClient, at: str, **query: str) -> Any:
    return client.get(f"{ROOM}/{at}", params={**V, **query})


def test_the_latest_label_is_a_version(client: TestClient) -> None:
    for version in ("1", "2"):
        assert web(client, f"data/d/versions/{version}").status_code == 201
    found = get(client, "data/d/labels/latest").json()
    assert found["id"] == f"{ROOM}/data/d/versions/2" and found["name"] == "2"
    assert get(client, "data/d/labels/best").status_code == 404
    assert get(client, "data/d/versions/latest").status_code == 404


def test_a_deleted_asset_is_gone(client: TestClient) -> None:
    web(client, "data/d/versions/1")
    codes = [client.delete(f"{ROOM}/data/d/versions/1", params=V).status_code for _ in range(2)]
    assert codes == [200, 204]
    assert get(client, "data/d").json()["properties"]["nextVersion"] == "2"
    codes = [client.delete(f"{ROOM}/data/d", params=V).status_code for _ in range(2)]
    assert codes == [200, 204]
    assert get(client, "data/d").status_code == 404


def test_an_emptied_environment_has_a_latest_version_to_try(client: TestClient) -> None:
    put(client, "environments/e/versions/1", image="i")
    client.delete(f"{ROOM}/environments/e/versions/1", params=V)
    shown = get(client, "environments/e").json()["properties"]
    assert (shown["latestVersion"], shown["nextVersion"]) == ("2", "2")


def test_lists_of_containers_are_paged_to_their_end(client: TestClient) -> None:
    for name in "edcba":
        web(client, f"data/{name}/versions/1")
    seen: list[str] = []
    page = get(client, "data", **{"$top": "2"})
    while True:
        seen += [row["name"] for row in page.json()["value"]]
        if "nextLink" not in page.json():
            break
        link = urlsplit(page.json()["nextLink"])
        page = client.get(f"{link.path}?{link.query}")
    assert seen == list("abcde")


def test_versions_are_found_by_tags(client: TestClient) -> None:
    web(client, "data/d/versions/1", tags={"a": "1", "b": "2"})
    web(client, "data/d/versions/2", tags={"a": "2"})
    for tags, versions in (("a", ["2", "1"]), ("a=1", ["1"]), ("a,b=2", ["1"]), ("c", [])):
        page = get(client, "data/d/versions", **{"$tags": tags}).json()
        assert [row["name"] for row in page["value"]] == versions


@pytest.mark.parametrize(
    "query",
    [{"$orderBy": "color desc"}, {"listViewType": "Some"}, {"$top": "x"}, {"$skipToken": "x"}],
)
def test_a_query_nobody_understands_is_refused(client: TestClient, query: dict[str, str]) -> None:
    refused = get(client, "data/d/versions", **query)
    assert refused.status_code == 400
    assert next(iter(query)).lstrip("$").lower() in refused.text.lower()


def test_the_code_of_unknown_content_is_an_empty_list(client: TestClient) -> None:
    page = get(client, "codes/any-guid/versions", hash="abc", hashVersion="202208")
    assert (page.status_code, page.json()) == (200, {"value": []})


def test_code_is_found_below_any_name_and_by_its_version_of_the_hash(client: TestClient) -> None:
    about = {"hash_sha256": "abc", "hash_version": "202208"}
    put(client, "codes/one/versions/1", codeUri="https://w/c", isAnonymous=True, properties=about)
    page = get(client, "codes/two/versions", hash="abc", hashVersion="202208").json()
    assert [row["id"] for row in page["value"]] == [f"{ROOM}/codes/one/versions/1"]
    page = get(client, "codes/two/versions", hash="abc", hashVersion="202301").json()
    assert page["value"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_upload_gets_a_container_of_its_own(
    ctx: Context, client: TestClient, kind: str
) -> None:
    places = []
    for _ in range(2):
        answer = client.post(f"{ROOM}/{kind}/n/versions/1/startPendingUpload", params=V, json={})
        assert answer.status_code == 200
        places.append(answer.json()["blobReferenceForConsumption"])
    one, two = (place["blobUri"] for place in places)
    assert one != two
    host, account, container = one.rsplit("/", 2)
    assert host == "https://h:1/storage"
    assert Store(ctx.home.storage).container(account.split(".")[0], container).name == container
    signed = urlsplit(places[0]["credential"]["sasUri"])
    assert parse_qs(signed.query)["sr"] == ["c"]
    with ctx.db.read() as session:
        record = documents.get(session, ROOM)
        assert workspaces.of_record(record).storage_account == account.split(".")[0]


def test_an_upload_to_a_workspace_that_is_not_there_is_not_found(client: TestClient) -> None:
    at = workspaces.workspace_id("S", "G", "none")
    upload = client.post(f"{at}/codes/n/versions/1/startPendingUpload", params=V, json={})
    assert upload.status_code == 404
    assert client.get(f"{at}/codes/n/versions", params=V).status_code == 404
    assert (
        client.put(f"{at}/codes/n/versions/1", params=V, json={"properties": {}}).status_code == 404
    )


@pytest.mark.parametrize("name", ["..", "a b", "%2e%2e"])
def test_a_name_that_is_a_path_is_refused(client: TestClient, name: str) -> None:
    assert web(client, f"data/{name}/versions/1").status_code >= 400


def test_a_moved_asset_is_refused_in_the_words_the_client_knows(client: TestClient) -> None:
    web(client, "data/d/versions/1")
    error = put(client, "data/d/versions/1", dataUri="https://w/b", dataType="uri_file")
    assert error.status_code == 409
    said = error.json()["error"]
    assert (said["code"], said["message"]) == ("UserError", "Asset paths cannot be updated.")


def test_a_container_can_be_made_and_described_without_versions(client: TestClient) -> None:
    assert put(client, "models/m", description="d", tags={"a": "b"}).status_code == 201
    shown = get(client, "models/m").json()["properties"]
    assert (shown["description"], shown["tags"], shown["nextVersion"]) == ("d", {"a": "b"}, "1")
    assert "latestVersion" not in shown
    assert [row["name"] for row in get(client, "models").json()["value"]] == ["m"]


def test_a_deleted_workspace_takes_its_assets(ctx: Context, client: TestClient) -> None:
    web(client, "data/d/versions/1")
    with ctx.db.begin() as session:
        guid = workspaces.by_id(session, ROOM).guid
        service.clear(ctx, session, ROOM)
        assert store.versions(session, guid, "data", "d") == []
