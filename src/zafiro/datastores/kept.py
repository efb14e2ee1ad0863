"""Datastores as they are kept: documents, with the secret sealed beside the properties."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from zafiro.blobs.service import mint_account_sas, mint_sas
from zafiro.core import clock, documents
from zafiro.core.context import Context
from zafiro.core.documents import Record
from zafiro.core.errors import Invalid, NotFound
from zafiro.core.names import BLOB_STORE, STORAGE_SUFFIX, is_account
from zafiro.datastores.domain import CONTAINER_OF, Datastore
from zafiro.workspaces.domain import Workspace

SEALED = "sealed"  # beside `properties` in the document


def records(db: Session, workspace: Workspace) -> list[Record]:
    return documents.under(db, f"{workspace.id}/datastores")


def record(db: Session, workspace: Workspace, name: str) -> Record:
    """Raises NotFound, naming those there are."""
    found = documents.find(db, f"{workspace.id}/datastores/{name}")
    if found is None:
        known = ", ".join(r.name for r in records(db, workspace))
        raise NotFound("datastore", name, f"the workspace '{workspace.name}' has {known}")
    return found


def is_local(ctx: Context, account: str) -> bool:
    """Whether the account is one of this server's."""
    name = account.lower()
    return is_account(name) and (ctx.home.storage / name).is_dir()


def of_record(ctx: Context, record: Record) -> Datastore:
    kept = record.properties
    account = str(kept.get("accountName") or "")
    return Datastore(
        id=record.id,
        name=record.name,
        type=kept["datastoreType"],
        account=account,
        container=str(kept.get(CONTAINER_OF.get(kept["datastoreType"], "")) or ""),
        local=is_local(ctx, account),
        endpoint=str(kept.get("endpoint") or STORAGE_SUFFIX),
        protocol=str(kept.get("protocol") or "https"),
        credentials=(kept.get("credentials") or {}).get("credentialsType") or "None",
        is_default=bool(kept.get("isDefault")),
    )


def secrets(ctx: Context, record: Record, *, hours: float = 1) -> dict[str, Any]:
    """What listSecrets answers. A shared access signature made for a built-in datastore is good
    for `hours`. Raises Invalid when there is nothing to show."""
    store = of_record(ctx, record)
    if store.credentials == "None":
        raise Invalid(
            "credentials", f"the datastore '{store.name}' has none: its users sign in themselves"
        )
    if store.is_built_in:
        return {"secretsType": "Sas", "sasToken": _sas(ctx, store, hours)}
    found: dict[str, Any] = ctx.secrets.open(record.body[SEALED])
    return found


def opens(ctx: Context, record: Record, store: Datastore) -> bool:
    """Whether a datastore holds the key of its account, one of this server's."""
    if store.is_built_in or store.credentials != "AccountKey":
        return False
    known: str = secrets(ctx, record)["key"]
    return known == ctx.secrets.account_key(store.account)


def _sas(ctx: Context, store: Datastore, hours: float) -> str:
    expires, may = clock.now() + timedelta(hours=hours), "racwdl"
    if store.name == BLOB_STORE:
        # azure-ai-ml 1.35.2 reads code with this one's, in whatever container the code lies.
        return mint_account_sas(ctx.secrets, store.account, permissions=may, expires=expires)
    return mint_sas(ctx.secrets, store.account, store.container, permissions=may, expires=expires)
