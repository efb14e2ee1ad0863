"""No request makes the server fail: what makes no sense is refused, naming what."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from zafiro.core.body import MOST_BYTES
from zafiro.core.context import Context
from zafiro.workspaces.domain import Workspace

V = {"api-version": "2024-10-01"}
COLLECTIONS = [
    "jobs",
    "data",
    "models",
    "environments",
    "codes",
    "components",
    "computes",
    "datastores",
    "connections",
]


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize(
    "query", [{"$top": "abc"}, {"$top": "-1"}, {"$top": "²"}, {"$top": "9" * 30}]
)
def test_a_number_of_rows_that_is_none_is_refused(
    client: TestClient, main: Workspace, collection: str, query: dict[str, str]
) -> None:
    answer = client.get(f"{main.id}/{collection}", params={**V, **query})
    if collection == "connections":  # all at once, whatever is asked
        assert answer.status_code == 200
    else:
        assert (answer.status_code, "$top" in answer.text) == (400, True)


@pytest.mark.parametrize("token", ["x", "-1", "9" * 30])
def test_a_page_of_jobs_nobody_gave_is_refused(
    client: TestClient, main: Workspace, token: str
) -> None:
    answer = client.get(f"{main.id}/jobs", params={**V, "$skipToken": token})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "raw",
    [
        b'{"properties": {"note": NaN}}',
        b'{"properties": {"note": 1e999}}',
        b'{"properties": {"note": "\\ud800"}}',
        b'{"properties": {"note": "\\u0000"}}',
        b'{"properties": ' + b"[" * 50_000,
        b"\xff",
        b"[]",
        b'{"properties": [], "tags": {}}',
        b'{"properties": {}, "tags": ["a"]}',
        b'{"properties": {}, "tags": {"a": {"b": 1}}}',
        b'{"properties": {}, "identity": "me"}',
        b'{"properties": {}, "location": {"a": 1}}',
    ],
)
def test_a_body_no_answer_can_repeat_is_refused_and_spoils_no_list(
    client: TestClient, main: Workspace, raw: bytes
) -> None:
    vaults = f"{main.id.split('/providers/')[0]}/providers/Microsoft.KeyVault/vaults"
    assert client.put(f"{vaults}/v", params=V, content=raw).status_code == 400
    assert client.get(vaults, params=V).status_code == 200


def test_a_backslash_before_u0000_is_no_nul(client: TestClient, main: Workspace) -> None:
    vault = f"{main.id.split('/providers/')[0]}/providers/Microsoft.KeyVault/vaults/v"
    body = {"properties": {"note": "printf '\\u0000'"}}
    assert client.put(vault, params=V, json=body).json()["properties"] == body["properties"]


def test_a_body_without_end_is_not_read_to_its_end(client: TestClient, main: Workspace) -> None:
    sent = 0

    def endless() -> Any:
        nonlocal sent
        for _ in range(200):
            sent += 1 << 20
            yield b" " * (1 << 20)

    url = f"{main.id}/datastores/big"
    stranger = client.put(url, params=V, content=endless(), headers={"Authorization": ""})
    assert stranger.status_code == 401
    answer = client.put(url, params=V, content=b" " * (MOST_BYTES + 1))
    assert (answer.status_code, "larger" in answer.text) == (400, True)


@pytest.mark.parametrize("host", ["[", "evil/?x", "a#b", ""])
def test_the_host_header_has_no_say_in_what_is_asked(
    client: TestClient, main: Workspace, host: str
) -> None:
    answer = client.get(main.id, params=V, headers={"Host": host})
    assert answer.json()["name"] == main.name


def test_a_question_mark_in_a_name_is_part_of_the_name(client: TestClient, main: Workspace) -> None:
    answer = client.delete(f"{main.id}%3F/x", params=V)
    assert answer.status_code != 200
    assert client.get(main.id, params=V).status_code == 200


def test_a_form_that_is_no_text_gets_no_token(client: TestClient) -> None:
    answer = client.post("/adfs/x/oauth2/token", content=b"\xff\xfe=1")
    assert answer.status_code == 400
    answer = client.post("/adfs/x/oauth2/token", content=b"a" * 100_000)
    assert answer.status_code == 413


@pytest.mark.parametrize("values", [None, 1, "x", [1], [None], {"a": 1}])
def test_asset_ids_that_are_none_are_refused(
    client: TestClient, main: Workspace, values: object
) -> None:
    path = f"/data/v1.0{main.id}/dataversion/batchGetResolvedUris"
    assert client.post(path, content=json.dumps({"values": values})).status_code == 400


def test_strangers_do_not_learn_which_jobs_there_are(client: TestClient, main: Workspace) -> None:
    stranger = {"Authorization": "Bearer wrong"}
    url = f"/execution/v1/workspaces/{main.guid}/jobs/none"
    assert client.get(url, headers=stranger).status_code == 401
    assert client.post(f"{url}/reports", headers=stranger, content=b"{}").status_code == 401


def test_nobody_else_may_look_into_the_home(ctx: Context) -> None:
    assert ctx.home.root.stat().st_mode & 0o077 == 0
