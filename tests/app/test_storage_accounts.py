"""Storage accounts are folders: what may be one, whose it is, and when it goes."""

from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from zafiro.core import names
from zafiro.core.context import Context
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

V = {"api-version": "2024-10-01"}
S = f"/subscriptions/{names.SUBSCRIPTION}"
G = f"{S}/resourceGroups/{names.GROUP}"
ACCOUNTS = "providers/Microsoft.Storage/storageAccounts"
ROOMS = f"{G}/providers/{names.ML}/workspaces"


@pytest.mark.parametrize("name", ["..", ".parts", "ab", "a-b-c"])
def test_an_account_that_is_no_plain_folder_is_refused_and_nothing_is_deleted(
    client: TestClient, ctx: Context, name: str
) -> None:
    # %2e%2e: no client between us may tidy the path up.
    path = f"{G}/{ACCOUNTS}/{quote(name).replace('.', '%2e')}"
    assert client.put(path, params=V, json={"properties": {}}).status_code == 400
    assert client.delete(path, params=V).status_code == 400
    assert ctx.home.master_key.exists()


def test_another_groups_account_cannot_be_taken_or_deleted(
    client: TestClient, ctx: Context, main: Workspace
) -> None:
    client.put(f"{S}/resourceGroups/thief", params=V, json={"location": "here"})
    path = f"{S}/resourceGroups/thief/{ACCOUNTS}/{main.storage_account}"
    assert client.put(path, params=V, json={"properties": {}}).status_code == 409
    body = {"properties": {"storageAccount": path}}
    taken = client.put(
        f"{S}/resourceGroups/thief/providers/{names.ML}/workspaces/thief", params=V, json=body
    )
    assert taken.status_code == 409
    assert client.delete(path, params=V).status_code == 204
    assert (ctx.home.storage / main.storage_account).is_dir()


def test_a_group_goes_with_the_bytes_of_its_accounts(client: TestClient, ctx: Context) -> None:
    group = f"{S}/resourceGroups/brief"
    client.put(group, params=V, json={"location": "here"})
    room = client.put(
        f"{group}/providers/{names.ML}/workspaces/brief", params=V, json={"properties": {}}
    ).json()
    folder = ctx.home.storage / room["properties"]["storageAccount"].rsplit("/", 1)[-1]
    assert folder.is_dir()
    assert client.delete(group, params=V).status_code == 202
    assert not folder.exists()


@pytest.mark.parametrize(
    "account",
    ["x", "/", 1, ["a"], f"{G}/{ACCOUNTS}/..", f"{G}/providers/Microsoft.KeyVault/vaults/v"],
)
def test_a_workspace_over_what_is_no_account_is_refused(
    client: TestClient, account: object
) -> None:
    body = {"properties": {"storageAccount": account}}
    assert client.put(f"{ROOMS}/other", params=V, json=body).status_code == 400
    assert client.get(f"{ROOMS}/other", params=V).status_code == 404


def test_a_deployment_that_fails_leaves_nothing_behind(client: TestClient, ctx: Context) -> None:
    asked = {
        "workspaceName": "half",
        "storageAccountOption": "existing",
        "storageAccountName": "no-such-name",
        "storageAccountResourceGroupName": names.GROUP,
        "subscriptionId": names.SUBSCRIPTION,
    }
    body = {"properties": {"parameters": {k: {"value": v} for k, v in asked.items()}}}
    path = f"{G}/providers/Microsoft.Resources/deployments/d"
    assert client.put(path, params=V, json=body).status_code == 201
    said = client.get(path, params=V).json()["properties"]
    assert said["provisioningState"] == "Failed"
    assert "no-such-name" in said["error"]["message"]
    assert client.get(f"{ROOMS}/half", params=V).status_code == 404
    with ctx.db.read() as db:
        assert not workspaces.everything(db, f"{ROOMS}/half/datastores")
