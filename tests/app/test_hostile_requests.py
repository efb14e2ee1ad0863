"""No request makes the server fail: what makes no sense is refused, naming what."""

import json
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from zafiro.blobs.service import mint_account_sas
from zafiro.core import clock
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


WRONG = (1, [1], {"a": 1}, "9" * 5000, True)


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize(
    "field", ["displayName", "description", "tags", "properties", "hidden", "target", "runType"]
)
def test_a_run_is_changed_by_what_has_the_right_shape_only(
    client: TestClient, main: Workspace, field: str, value: object
) -> None:
    base = f"/history/v1.0{main.id}/experiments/e/runs/r"
    assert client.patch(base, json={}).status_code == 200
    assert client.patch(base, json={field: value}).status_code in (200, 400)
    assert client.get(base).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"filter": "(" * 5000},
        {"filter": "not " * 5000 + "Hidden eq true"},
        {"filter": "Hidden eq 'x'"},
        {"filter": 1},
        {"orderby": {"a": 1}},
        {"top": "abc"},
        {"top": -1},
        {"continuationToken": "x"},
    ],
)
def test_a_query_of_runs_that_makes_no_sense_is_refused(
    client: TestClient, main: Workspace, asked: dict[str, object]
) -> None:
    answer = client.post(f"/history/v1.0{main.id}/runs:query", json=asked)
    assert answer.status_code == 400


@pytest.mark.parametrize("text", ["RunId eq true", "Status eq true", "properties/a eq true"])
def test_a_filter_compares_text_with_text(client: TestClient, main: Workspace, text: str) -> None:
    answer = client.post(f"/history/v1.0{main.id}/runs:query", json={"filter": text})
    assert (answer.status_code, answer.json()) == (200, {"value": []})


def test_numbers_no_column_can_hold_are_refused(client: TestClient) -> None:
    mlflow = "/api/2.0/mlflow"
    run = client.post(f"{mlflow}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
    for field in ("timestamp", "step"):
        point = {"run_id": run["run_id"], "key": "k", "value": 1, "timestamp": 1, field: 1 << 70}
        assert client.post(f"{mlflow}/runs/log-metric", json=point).status_code == 400
    asked = {"run_id": run["run_id"], "metric_key": "k", "max_results": str(1 << 70)}
    assert client.get(f"{mlflow}/metrics/get-history", params=asked).status_code == 400


def test_a_name_no_file_can_have_is_refused(client: TestClient) -> None:
    created = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"})
    root = f"/api/2.0/mlflow-artifacts/artifacts/ExperimentRun/dcid.{created.json()['run']['info']['run_id']}"
    for method in ("PUT", "GET", "DELETE"):
        assert client.request(method, f"{root}/{'x' * 300}", content=b"").status_code == 400


@pytest.mark.parametrize(
    ("credential", "query"),
    [
        ({"Authorization": b"SharedKey a:\xe9"}, ""),
        ({"Authorization": b""}, "?sv=2025-11-05&sr=b&sig=%C3%A9"),
    ],
)
def test_a_signature_that_is_no_ascii_is_a_wrong_one(
    client: TestClient, main: Workspace, credential: dict[str, bytes], query: str
) -> None:
    url = f"/storage/{main.storage_account}.blob.core.windows.net/azureml/x{query}"
    assert client.get(url, headers=credential).status_code == 403


@pytest.mark.parametrize("value", ["a%0D%0Ax-evil:%201", "%00", "%E2%82%AC"])
def test_a_signed_url_puts_no_lines_into_the_answer(
    client: TestClient, ctx: Context, main: Workspace, value: str
) -> None:
    url = f"/storage/{main.storage_account}.blob.core.windows.net/azureml/f"
    expires = clock.now() + timedelta(hours=1)
    # That of an account does not sign what the answer's headers shall say.
    sas = mint_account_sas(ctx.secrets, main.storage_account, permissions="rcw", expires=expires)
    client.headers.pop("Authorization")
    block = {"x-ms-blob-type": "BlockBlob"}
    assert client.put(f"{url}?{sas}", content=b"x", headers=block).status_code == 201
    assert client.get(f"{url}?{sas}&rscd=plain").headers["content-disposition"] == "plain"
    assert client.get(f"{url}?{sas}&rscd={value}").status_code == 400
