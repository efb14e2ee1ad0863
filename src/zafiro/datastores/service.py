"""What may be asked of datastores."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from zafiro.blobs.service import Store
from zafiro.core import documents
from zafiro.core.context import Context
from zafiro.core.documents import Record
from zafiro.core.errors import Conflict, Invalid
from zafiro.core.names import (
    ARTIFACT_STORE,
    BLOB_STORE,
    FILE_STORE,
    WORKING_STORE,
    is_account,
)
from zafiro.datastores import kept, wire
from zafiro.datastores.domain import (
    BUILT_IN,
    CONTAINER_OF,
    Datastore,
    check_name,
    plain_account,
)
from zafiro.datastores.kept import of_record, secrets
from zafiro.datastores.places import locate
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

__all__ = [
    "bytes_of",
    "clear",
    "default",
    "delete",
    "furnish",
    "get",
    "locate",
    "make_default",
    "of_record",
    "put",
    "secrets",
]


def furnish(ctx: Context, db: Session, workspace_id: str) -> None:
    """The four datastores of a new workspace, and their folders.

    Raises Invalid when its storage account has a name no account may have.
    """
    workspace = workspaces.by_id(db, workspace_id)
    account = workspace.storage_account.lower()
    if not is_account(account):
        raise Invalid("storageAccount", f"'{account}' is not 3 to 24 lower-case letters and digits")
    code = uuid.uuid5(uuid.UUID(workspace.guid), WORKING_STORE)
    for name, kind, container in (
        (BLOB_STORE, "AzureBlob", f"azureml-blobstore-{workspace.guid}"),
        (ARTIFACT_STORE, "AzureBlob", "azureml"),
        (FILE_STORE, "AzureFile", f"azureml-filestore-{workspace.guid}"),
        (WORKING_STORE, "AzureFile", f"code-{code}"),
    ):
        bytes_of(ctx).create_container(account, container)
        properties = {
            "datastoreType": kind,
            "accountName": account,
            CONTAINER_OF[kind]: container,
            "credentials": {"credentialsType": "Sas"},
            "isDefault": name == BLOB_STORE,
            "tags": {},
        }
        documents.put(db, f"{workspace.id}/datastores/{name}", {"properties": properties})


def clear(ctx: Context, db: Session, workspace_id: str) -> None:
    """Nothing: the datastores go with the workspace's documents, the bytes with the account."""


def put(
    ctx: Context,
    db: Session,
    id: str,
    body: dict[str, Any],
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
    by: str = "",
) -> tuple[Record, bool]:
    """Create or replace. A secret is sealed; one that is not sent again stays.

    The container of an account of this server is made when it is not there. Raises Invalid for
    what the type lacks, Conflict for moving a datastore every workspace has.
    """
    collection, name = id.rsplit("/", 1)
    check_name(name)
    before = documents.find(db, id)
    properties = {k: v for k, v in body["properties"].items() if k != "provisioningState"}
    wire.check(properties)
    if properties.get("accountName"):
        account = plain_account(properties["accountName"])
        properties["accountName"] = account.lower() if kept.is_local(ctx, account) else account
    shown, secret = wire.split(properties.get("credentials"))
    envelope = {k: v for k, v in body.items() if k != kept.SEALED}
    if name.lower() in BUILT_IN:
        if before is not None:
            _stays(before.properties, properties)
        # The server opens its own storage itself; only "as the caller" is a choice.
        if shown["credentialsType"] != "None":
            shown = {"credentialsType": "Sas"}
    elif shown["credentialsType"] != "None":
        sealed = ctx.secrets.seal(secret) if secret else _sealed_before(before, shown)
        envelope[kept.SEALED] = sealed
    was_default = before is not None and bool(before.properties.get("isDefault"))
    properties["credentials"] = shown
    properties["isDefault"] = bool(properties.get("isDefault")) or was_default
    if properties["isDefault"] and not was_default:
        _no_default(db, collection)
    record, new = documents.put(
        db,
        id,
        {**envelope, "properties": properties},
        if_match=if_match,
        if_none_match=if_none_match,
        by=by,
    )
    store = of_record(ctx, record)
    if store.local and store.container:
        bytes_of(ctx).create_container(store.account, store.container)
    return record, new


def delete(db: Session, id: str) -> bool:
    """Forget a datastore; its bytes stay. Raises Conflict for those every workspace has and for
    the default."""
    name = id.rsplit("/", 1)[-1]
    before = documents.find(db, id)
    if before is None:
        return False
    if name.lower() in BUILT_IN:
        raise Conflict(f"the datastore '{name}' is the workspace's own and cannot be deleted")
    if before.properties.get("isDefault"):
        raise Conflict(
            f"the datastore '{name}' is the workspace's default; make another one the default first"
        )
    return documents.delete(db, id)


def default(ctx: Context, db: Session, workspace: Workspace) -> Datastore:
    """The default datastore; there always is one."""
    for record in kept.records(db, workspace):
        if record.properties.get("isDefault"):
            return of_record(ctx, record)
    return get(ctx, db, workspace, BLOB_STORE)


def make_default(ctx: Context, db: Session, workspace: Workspace, name: str) -> Datastore:
    """Raises NotFound."""
    record = kept.record(db, workspace, name)
    _no_default(db, f"{workspace.id}/datastores")
    properties = {**record.properties, "isDefault": True}
    return of_record(
        ctx, documents.put(db, record.id, {**record.body, "properties": properties})[0]
    )


def get(ctx: Context, db: Session, workspace: Workspace, name: str) -> Datastore:
    """Raises NotFound, naming those there are."""
    return of_record(ctx, kept.record(db, workspace, name))


def bytes_of(ctx: Context) -> Store:
    """The store behind the accounts of this server."""
    return Store(ctx.home.storage)


def _stays(before: dict[str, Any], asked: dict[str, Any]) -> None:
    for field in ("datastoreType", "accountName", CONTAINER_OF[before["datastoreType"]]):
        if asked.get(field) != before[field]:
            raise Conflict(
                f"{field} of the workspace's own datastore is '{before[field]}' and stays so; "
                "register another datastore instead"
            )


def _sealed_before(before: Record | None, shown: dict[str, Any]) -> str:
    kind = shown["credentialsType"]
    if before is None or before.properties["credentials"]["credentialsType"] != kind:
        field = f"properties.credentials.secrets.{wire.SECRET_OF[kind]}"
        raise Invalid(field, f"credentials of type {kind} need it")
    sealed: str = before.body[kept.SEALED]
    return sealed


def _no_default(db: Session, collection: str) -> None:
    for record in documents.under(db, collection):
        if record.properties.get("isDefault"):
            properties = {**record.properties, "isDefault": False}
            documents.put(db, record.id, {**record.body, "properties": properties})
