from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.core.errors import Denied, Invalid, NotFound, Unsupported
from zafiro.datastores import service
from zafiro.datastores.service import locate
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace


def register(ctx: Context, db: Session, room: Workspace, name: str, **properties: object) -> None:
    asked = {"datastoreType": "AzureBlob", "containerName": "data", **properties}
    service.put(ctx, db, f"{room.id}/datastores/{name}", {"properties": asked})


def sas(token: str) -> dict[str, object]:
    return {"credentialsType": "Sas", "secrets": {"secretsType": "Sas", "sasToken": token}}


def key(value: str) -> dict[str, object]:
    return {"credentialsType": "AccountKey", "secrets": {"key": value}}


def test_every_spelling_of_a_place_leads_to_the_same_file(
    ctx: Context, db: Session, main: Workspace
) -> None:
    store = service.default(ctx, db, main)
    room = f"subscriptions/{main.subscription}/resourcegroups/{main.group.upper()}/workspaces/MAIN"
    account, container = main.storage_account, store.container
    spelled = [
        "azureml://datastores/workspaceblobstore/paths/a/b.csv",
        "azureml://datastores/WorkspaceBlobStore/paths//a/b.csv",
        f"azureml://{room}/datastores/workspaceblobstore/paths/a/b.csv",
        f"{ctx.url}/storage/{account}.blob.core.windows.net/{container}/a/b.csv",
        f"https://127.0.0.1:1/storage/{account}.blob.core.windows.net/{container}/a/b.csv",
        f"{ctx.url}/storage/{container}/a/b.csv",
        f"https://{account}.blob.core.windows.net@zafiro.test:9444/{container}/a/b.csv",
        f"https://{account}.blob.core.windows.net/{container}/a/b.csv",
        f"wasbs://{container}@{account}.blob.core.windows.net/a/b.csv",
        f"abfss://{container}@{account}.dfs.core.windows.net/a/b.csv",
    ]
    expected = ctx.home.storage / account / container / "a" / "b.csv"
    for uri in spelled:
        found = locate(ctx, db, main, uri)
        assert (found.path, found.writable, found.name) == (expected, True, "a/b.csv"), uri


def test_the_artifacts_of_a_run_have_a_spelling_of_their_own(
    ctx: Context, db: Session, main: Workspace
) -> None:
    uri = "azureml://datastores/workspaceartifactstore/ExperimentRun/dcid.x/outputs"
    found = locate(ctx, db, main, uri)
    folder = ctx.home.storage / main.storage_account / "azureml"
    assert found.path == folder / "ExperimentRun" / "dcid.x" / "outputs"


@pytest.mark.parametrize("path", ["../x", "a/../../x", "./a", "a/..", "a\0b"])
def test_no_path_leads_out_of_its_container(
    ctx: Context, db: Session, main: Workspace, path: str
) -> None:
    with pytest.raises(Invalid, match=r"'\.'"):
        locate(ctx, db, main, f"azureml://datastores/workspaceblobstore/paths/{path}")


def test_an_encoded_path_does_not_lead_out_either(
    ctx: Context, db: Session, main: Workspace
) -> None:
    base = f"{ctx.url}/storage/{main.storage_account}.blob.core.windows.net"
    with pytest.raises(Invalid):
        locate(ctx, db, main, f"{base}/azureml/%2e%2e/%2e%2e/secret")
    with pytest.raises(Invalid, match="no container"):
        locate(ctx, db, main, f"{base}/%2e%2e/other/x")
    with pytest.raises(Invalid, match="no container"):
        locate(ctx, db, main, f"{base}/.zafiro/x")


def test_a_symbolic_link_does_not_lead_out_either(
    ctx: Context, db: Session, main: Workspace, tmp_path: Path
) -> None:
    store = service.default(ctx, db, main)
    folder = ctx.home.storage / store.account / store.container
    (folder / "out").symlink_to(tmp_path)
    with pytest.raises(Invalid, match="symbolic link"):
        locate(ctx, db, main, "azureml://datastores/workspaceblobstore/paths/out/x")


def test_a_missing_container_and_datastore_are_said(
    ctx: Context, db: Session, main: Workspace
) -> None:
    with pytest.raises(NotFound, match="container 'nothing'"):
        locate(ctx, db, main, f"wasbs://nothing@{main.storage_account}.blob.core.windows.net/p")
    with pytest.raises(NotFound, match=r"'d' does not exist.*workspaceblobstore"):
        locate(ctx, db, main, "azureml://datastores/d/paths/p")
    with pytest.raises(NotFound, match="account"):
        locate(ctx, db, main, f"{ctx.url}/storage/nobody.blob.core.windows.net/c/p")


def test_the_storage_of_another_workspace_needs_its_key(
    ctx: Context, db: Session, main: Workspace, other: Workspace
) -> None:
    theirs = f"azureml:/{other.id}/datastores/workspaceblobstore/paths/x"
    url = f"{ctx.url}/storage/{other.storage_account}.blob.core.windows.net/azureml/x"
    register(ctx, db, main, "none", accountName=other.storage_account, containerName="azureml")
    for uri in (theirs, url, "azureml://datastores/none/paths/x"):
        with pytest.raises(Denied, match="no key"):
            locate(ctx, db, main, uri)
    register(
        ctx,
        db,
        main,
        "wrong",
        accountName=other.storage_account,
        containerName="azureml",
        credentials=key("AAAA"),
    )
    with pytest.raises(Denied, match="no key"):
        locate(ctx, db, main, "azureml://datastores/wrong/paths/x")
    register(
        ctx,
        db,
        main,
        "right",
        accountName=other.storage_account,
        containerName="azureml",
        credentials=key(ctx.secrets.account_key(other.storage_account)),
    )
    expected = ctx.home.storage / other.storage_account / "azureml" / "x"
    assert locate(ctx, db, main, "azureml://datastores/right/paths/x").path == expected
    assert locate(ctx, db, main, url).path == expected


def test_the_key_that_another_workspace_keeps_is_of_no_use_here(
    ctx: Context, db: Session, main: Workspace, other: Workspace
) -> None:
    known = key(ctx.secrets.account_key(main.storage_account))
    register(ctx, db, other, "d", accountName=main.storage_account, credentials=known)
    assert locate(ctx, db, other, "azureml://datastores/d/paths/x").path  # who holds it
    third = workspaces.of_record(workspaces.create(ctx, db, main.subscription, main.group, "third"))
    with pytest.raises(Denied, match="no key"):
        locate(ctx, db, third, f"azureml:/{other.id}/datastores/d/paths/x")


def test_a_signature_for_an_account_of_this_server_is_left_to_its_storage(
    ctx: Context, db: Session, main: Workspace, other: Workspace
) -> None:
    at = f"/storage/{other.storage_account}.blob.core.windows.net/azureml/x%20y"
    found = locate(ctx, db, main, f"https://localhost:7{at}?sv=1&sig=2")
    assert (found.path, found.url) == (None, f"{ctx.url}{at}?sv=1&sig=2")
    assert not found.writable


def test_an_account_in_azure_is_reached_by_url_with_what_is_known_of_it(
    ctx: Context, db: Session, main: Workspace
) -> None:
    register(ctx, db, main, "d", accountName="elsewhere1", credentials=sas("?sv=1&sig=s"))
    register(ctx, db, main, "open", accountName="elsewhere2")
    base = "https://elsewhere1.blob.core.windows.net/data/a%20b"
    for uri in ("azureml://datastores/d/paths/a b", base, base.replace("https", "HTTPS")):
        found = locate(ctx, db, main, uri)
        assert (found.url, found.account, found.container, found.name) == (
            f"{base}?sv=1&sig=s",
            "elsewhere1",
            "data",
            "a b",
        )
    assert locate(ctx, db, main, f"{base}?sv=2&sig=mine").url == f"{base}?sv=2&sig=mine"
    assert "sig=s" not in repr(found)
    bare = "https://elsewhere2.blob.core.windows.net/data/x"
    assert locate(ctx, db, main, "azureml://datastores/open/paths/x").url == bare


def test_what_cannot_be_read_yet_says_so(ctx: Context, db: Session, main: Workspace) -> None:
    register(ctx, db, main, "d", accountName="elsewhere1", credentials=key("AAAA"))
    register(ctx, db, main, "gen1", datastoreType="AzureDataLakeGen1", storeName="lake")
    with pytest.raises(Unsupported, match="AccountKey"):
        locate(ctx, db, main, "azureml://datastores/d/paths/x")
    with pytest.raises(Unsupported, match="AzureDataLakeGen1"):
        locate(ctx, db, main, "azureml://datastores/gen1/paths/x")


def test_a_mirror_stands_in_for_other_hosts(
    ctx: Context, db: Session, main: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "mirror" / "elsewhere1.blob.core.windows.net" / "data" / "a b.csv"
    file.parent.mkdir(parents=True)
    file.write_text("x")
    register(ctx, db, main, "d", accountName="elsewhere1", credentials=key("AAAA"))
    for uri in (
        "https://elsewhere1.blob.core.windows.net/data/a%20b.csv?sv=1&sig=2",
        "wasbs://data@elsewhere1.blob.core.windows.net/a%20b.csv",
        "azureml://datastores/d/paths/a b.csv",
    ):
        found = locate(ctx, db, main, uri)
        assert (found.path, found.writable) == (file, False)
    web = "https://example.com/data/iris.csv"
    assert locate(ctx, db, main, web).url == web
    with pytest.raises(Invalid):
        locate(ctx, db, main, "https://example.com/%2e%2e/%2e%2e/secret")
