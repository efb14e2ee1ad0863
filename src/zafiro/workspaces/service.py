"""What may be asked of workspaces."""

import shutil
import uuid
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from zafiro.arm.ids import parse
from zafiro.core import documents
from zafiro.core.context import Context
from zafiro.core.documents import Record
from zafiro.core.errors import Conflict, Invalid, NotFound
from zafiro.core.names import LOCATION, ML, TENANT
from zafiro.workspaces.domain import Workspace, account_name, check_account, check_name

_STORAGE, _VAULT, _INSIGHTS = (
    "Microsoft.Storage/storageAccounts",
    "Microsoft.KeyVault/vaults",
    "Microsoft.Insights/components",
)


def group_id(subscription: str, group: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}"


def workspace_id(subscription: str, group: str, name: str) -> str:
    return f"{group_id(subscription, group)}/providers/{ML}/workspaces/{name}"


def find(db: Session, subscription: str, group: str, name: str) -> Workspace:
    """The workspace, spelled as it was created whatever the case asked for.

    Raises NotFound.
    """
    return by_id(db, workspace_id(subscription, group, name))


def by_id(db: Session, id: str) -> Workspace:
    """The same, from the ARM id of the workspace or of anything in it."""
    parts = id.strip("/").split("/")
    record = documents.find(db, "/" + "/".join(parts[:8]))
    if record is None or len(parts) < 8:
        raise NotFound("workspace", parts[7] if len(parts) > 7 else id)
    return of_record(record)


def of_record(record: Record) -> Workspace:
    parts, kept = record.id.strip("/").split("/"), record.properties
    return Workspace(
        guid=kept["workspaceId"],
        subscription=parts[1],
        group=parts[3],
        name=record.name,
        location=record.body["location"],
        storage_account=kept["storageAccount"].rsplit("/", 1)[-1],
    )


def all_of(db: Session) -> list[Workspace]:
    """Every workspace of the installation, by subscription, group and name."""
    return [
        of_record(record)
        for subscription in documents.under(db, "/subscriptions")
        for group in documents.under(db, f"{subscription.id}/resourceGroups")
        for record in documents.under(db, f"{group.id}/providers/{ML}/workspaces")
    ]


def everything(db: Session, collection: str) -> list[Record]:
    """The records of one collection, whatever their number."""
    return documents.under(db, collection)


def exists(db: Session, id: str) -> bool:
    return documents.find(db, id) is not None


def make_group(
    db: Session, subscription: str, group: str, *, location: str = LOCATION, by: str = ""
) -> Record:
    """Create the subscription and the resource group where they are missing."""
    if documents.find(db, f"/subscriptions/{subscription}") is None:
        named = {"displayName": "Zafiro", "state": "Enabled", "tenantId": TENANT}
        documents.put(db, f"/subscriptions/{subscription}", named, by=by)
    found = documents.find(db, group_id(subscription, group))
    if found is not None:
        return found
    state = {"provisioningState": "Succeeded"}
    body: dict[str, Any] = {"location": location, "properties": state}
    return documents.put(db, group_id(subscription, group), body, by=by)[0]


def create(
    ctx: Context,
    db: Session,
    subscription: str,
    group: str,
    name: str,
    *,
    location: str = "",
    kind: str = "default",
    tags: dict[str, str] | None = None,
    identity: dict[str, Any] | None = None,
    properties: dict[str, Any] | None = None,
    by: str = "",
) -> Record:
    """A workspace with the resources Azure makes beside it: a storage account, a key vault and
    application insights (the container registry is made when something needs one).

    `properties` are kept over the defaults. Raises NotFound for an unknown resource group, Invalid
    for a name Azure would not take.
    """
    check_name(name)
    holder = documents.find(db, group_id(subscription, group))
    if holder is None:
        raise NotFound("resource group", group, "create it first")
    if documents.find(db, workspace_id(subscription, group, name)) is not None:
        raise Invalid("name", f"the workspace '{name}' exists already")
    guid = str(uuid.uuid4())
    location = location or holder.body["location"]
    base = holder.id
    asked = {k: v for k, v in (properties or {}).items() if v is not None}
    account = account_name(name, guid)
    beside = {
        "storageAccount": f"{base}/providers/{_STORAGE}/{account}",
        "keyVault": f"{base}/providers/{_VAULT}/{name}-vault",
        "applicationInsights": f"{base}/providers/{_INSIGHTS}/{name}-insights",
    }
    made = {field: _beside(field, asked.get(field), id) for field, id in beside.items()}
    check_free(db, made["storageAccount"])
    for id in made.values():
        if documents.find(db, id) is None:
            state = {"provisioningState": "Succeeded"}
            documents.put(db, id, {"location": location, "properties": state}, by=by)
    body: dict[str, Any] = {
        "location": location,
        "kind": kind,
        "tags": tags or {},
        "identity": {"type": "SystemAssigned", "tenantId": TENANT, **(identity or {})},
        "sku": {"name": "Basic", "tier": "Basic"},
        "properties": {
            "friendlyName": name,
            "publicNetworkAccess": "Enabled",
            **asked,
            **made,
            "workspaceId": guid,
            "provisioningState": "Succeeded",
        },
    }
    body["identity"]["principalId"] = str(uuid.uuid4())
    record, _ = documents.put(db, f"{base}/providers/{ML}/workspaces/{name}", body, by=by)
    for furnish in ctx.furnish:
        furnish(ctx, db, record.id)
    return record


def delete(ctx: Context, db: Session, id: str) -> bool:
    """Delete a workspace and everything in it. Its storage account stays, as in Azure."""
    if documents.find(db, id) is None:
        return False
    for clear in ctx.clear:
        clear(ctx, db, id)
    return documents.delete(db, id)


def storage(ctx: Context, account: str) -> Path:
    """The folder of a storage account. Raises Invalid for what can be no account's name."""
    check_account(account.lower())
    return ctx.home.storage / account.lower()


def remove_storage(folder: Path) -> None:
    """Delete the bytes of a storage account."""
    shutil.rmtree(folder, ignore_errors=True)


def check_free(db: Session, id: str) -> None:
    """The name of a storage account is its folder: one account, one group, as in Azure.

    Raises Invalid for what can be no such name, Conflict when another group has it."""
    name = id.rsplit("/", 1)[-1]
    check_account(name.lower())
    taken = documents.named(db, name, f"/providers/{_STORAGE}/")
    if any(one.id.lower() != id.lower() for one in taken):
        raise Conflict(f"the storage account '{name}' is there already, in another group")


def _beside(field: str, asked: Any, usual: str) -> str:
    """The ARM id of what a new workspace is to use: `asked`, of the type `usual` has. Raises
    Invalid."""
    if not asked:
        return usual
    wanted = parse(usual)[0].type
    try:
        id, odd = parse(str(asked))
    except ValueError:
        odd = ""
    if odd is not None or id.type.lower() != wanted.lower():
        raise Invalid(field, f"'{asked}' is no ARM id of a {wanted}")
    return str(id)
