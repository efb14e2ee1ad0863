import json
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from sqlalchemy.orm import Session

from zafiro.core import clock, documents
from zafiro.core.context import Context
from zafiro.core.errors import Conflict, Invalid, NotFound
from zafiro.datastores import service
from zafiro.workspaces.domain import Workspace


def blob(**properties: object) -> dict[str, dict[str, object]]:
    return {
        "properties": {
            "datastoreType": "AzureBlob",
            "accountName": "elsewhere1",
            "containerName": "data",
            **properties,
        }
    }


def account_key(value: str | None) -> dict[str, object]:
    return {"credentialsType": "AccountKey", "secrets": {"secretsType": "AccountKey", "key": value}}


@pytest.fixture
def at(main: Workspace) -> str:
    return f"{main.id}/datastores"


def test_a_new_workspace_has_four_datastores_and_their_folders(
    ctx: Context, db: Session, main: Workspace
) -> None:
    for name in (
        "workspaceblobstore",
        "workspaceartifactstore",
        "workspacefilestore",
        "workspaceworkingdirectory",
    ):
        store = service.get(ctx, db, main, name)
        assert store.local and store.account == main.storage_account
        assert (ctx.home.storage / store.account / store.container).is_dir()
    assert service.default(ctx, db, main).container == f"azureml-blobstore-{main.guid}"


def test_a_secret_is_sealed_before_it_is_kept(ctx: Context, db: Session, at: str) -> None:
    record, new = service.put(ctx, db, f"{at}/d", blob(credentials=account_key("s3cret")))
    assert new and "s3cret" not in json.dumps(documents.get(db, record.id).body)
    assert record.properties["credentials"] == {"credentialsType": "AccountKey"}
    assert service.secrets(ctx, record) == {"secretsType": "AccountKey", "key": "s3cret"}


def test_a_change_without_the_secret_keeps_it(ctx: Context, db: Session, at: str) -> None:
    service.put(ctx, db, f"{at}/d", blob(credentials=account_key("s3cret")))
    again = blob(credentials=account_key(None), description="new")
    record, new = service.put(ctx, db, f"{at}/d", again)
    assert not new and record.properties["description"] == "new"
    assert service.secrets(ctx, record)["key"] == "s3cret"


def test_a_sealed_secret_cannot_be_brought_along(ctx: Context, db: Session, at: str) -> None:
    record, _ = service.put(ctx, db, f"{at}/d", blob(credentials=account_key("s3cret")))
    stolen = {**blob(), "sealed": record.body["sealed"]}
    taken, _ = service.put(ctx, db, f"{at}/e", stolen)
    assert "sealed" not in taken.body


def test_a_new_kind_of_credentials_needs_its_secret(ctx: Context, db: Session, at: str) -> None:
    service.put(ctx, db, f"{at}/d", blob(credentials=account_key("s3cret")))
    with pytest.raises(Invalid, match=r"secrets\.sasToken"):
        service.put(ctx, db, f"{at}/d", blob(credentials={"credentialsType": "Sas"}))


def test_there_is_one_default_and_it_stays_until_another_is_chosen(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    service.put(ctx, db, f"{at}/d", blob(isDefault=True))
    service.put(ctx, db, f"{at}/d", blob(description="again"))
    stores = [service.of_record(ctx, r) for r in documents.under(db, at)]
    assert [s.name for s in stores if s.is_default] == ["d"]
    assert service.default(ctx, db, main).name == "d"
    with pytest.raises(Conflict, match="make another one the default"):
        service.delete(db, f"{at}/d")
    service.make_default(ctx, db, main, "workspaceblobstore")
    assert service.delete(db, f"{at}/d")


@pytest.mark.parametrize("name", ["workspaceblobstore", "WorkspaceArtifactStore"])
def test_the_datastores_of_the_workspace_stay(
    ctx: Context, db: Session, at: str, name: str
) -> None:
    with pytest.raises(Conflict, match="cannot be deleted"):
        service.delete(db, f"{at}/{name}")
    with pytest.raises(Conflict, match=r"accountName.*stays so"):
        service.put(ctx, db, f"{at}/{name}", blob())


def test_the_shown_name_of_an_account_is_understood(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    shown = f"gone.example:1/storage/{main.storage_account}"
    service.put(ctx, db, f"{at}/d", blob(accountName=shown, containerName="mine"))
    store = service.get(ctx, db, main, "d")
    assert (store.account, store.local) == (main.storage_account, True)
    assert (ctx.home.storage / main.storage_account / "mine").is_dir()


def test_a_container_of_ours_has_a_name_azure_would_take(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    for name in ("../x", "A", "a--b", ".zafiro"):
        asked = blob(accountName=main.storage_account, containerName=name)
        with pytest.raises(Invalid, match="a container is 3 to 63"):
            service.put(ctx, db, f"{at}/d", asked)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (blob(accountName=None), "accountName"),
        (blob(datastoreType="AzureFile"), "fileShareName"),
        (blob(datastoreType="AzureDataLakeGen2"), "filesystem"),
        (blob(datastoreType="AzureDataLakeGen1"), "storeName"),
        (blob(datastoreType="OneLake"), "oneLakeWorkspaceName"),
        (blob(credentials={"credentialsType": "Kerberos"}), "Kerberos"),
    ],
)
def test_what_the_type_needs_is_asked_for(
    ctx: Context, db: Session, at: str, body: dict[str, dict[str, object]], field: str
) -> None:
    with pytest.raises(Invalid, match=field):
        service.put(ctx, db, f"{at}/d", body)


def test_an_unknown_datastore_is_answered_with_those_there_are(
    ctx: Context, db: Session, main: Workspace
) -> None:
    with pytest.raises(NotFound, match="workspaceblobstore"):
        service.get(ctx, db, main, "nope")


def test_the_signature_of_a_built_in_datastore_is_for_its_container_and_ends(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    record = documents.get(db, f"{at}/workspaceartifactstore")
    told = service.secrets(ctx, record, hours=1)
    assert told["secretsType"] == "Sas"
    fields = dict(parse_qsl(told["sasToken"]))
    assert (fields["sr"], set("rwdl") - set(fields["sp"])) == ("c", set())
    ends = datetime.strptime(fields["se"], "%Y-%m-%dT%H:%M:%S%z")
    assert timedelta(minutes=58) < ends - clock.now() < timedelta(minutes=61)


def test_the_signature_of_the_blob_store_opens_the_containers_of_uploads_too(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    told = service.secrets(ctx, documents.get(db, f"{at}/workspaceblobstore"), hours=1)
    fields = dict(parse_qsl(told["sasToken"]))
    assert (fields["ss"], fields["srt"]) == ("b", "co")
