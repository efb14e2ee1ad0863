"""What may be asked of connections."""

from typing import Any

from sqlalchemy.orm import Session

from zafiro.connections.domain import AUTH, Connection, auth, check_name
from zafiro.core import documents
from zafiro.core.context import Context
from zafiro.core.documents import Record
from zafiro.core.errors import Invalid, NotFound
from zafiro.workspaces.domain import Workspace

_SEALED = "sealed"  # beside `properties` in the document


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
    """Create or replace. Credentials are sealed; those that are not sent again stay.

    Raises Invalid for an unknown way to sign in or for missing credentials.
    """
    check_name(id.rsplit("/", 1)[-1])
    before = documents.find(db, id)
    properties = dict(body["properties"])
    properties["authType"] = auth(str(properties["authType"]))
    given = {k: v for k, v in (properties.pop("credentials", None) or {}).items() if v is not None}
    envelope = {k: v for k, v in body.items() if k != _SEALED}
    same = before is not None and before.properties["authType"] == properties["authType"]
    if AUTH[properties["authType"]]:
        if given:
            envelope[_SEALED] = ctx.secrets.seal(given)
        elif same and before is not None:
            envelope[_SEALED] = before.body[_SEALED]
        else:
            raise Invalid(
                "properties.credentials", f"a connection by {properties['authType']} needs them"
            )
    elif given:
        properties["credentials"] = given
    properties.setdefault("metadata", {})
    return documents.put(
        db,
        id,
        {**envelope, "properties": properties},
        if_match=if_match,
        if_none_match=if_none_match,
        by=by,
    )


def get(db: Session, workspace: Workspace, name: str) -> Connection:
    """Raises NotFound."""
    return of_record(_record(db, workspace, name))


def all_of(db: Session, workspace: Workspace) -> list[Connection]:
    """By name."""
    return [of_record(r) for r in documents.under(db, f"{workspace.id}/connections")]


def credentials(ctx: Context, db: Session, workspace: Workspace, name: str) -> dict[str, Any]:
    """Of a connection, in the form they were sent in: {"key": …}, {"username": …, "password": …}.
    {} when it has none. Raises NotFound."""
    return secrets(ctx, _record(db, workspace, name))


def secrets(ctx: Context, record: Record) -> dict[str, Any]:
    if _SEALED not in record.body:
        return dict(record.properties.get("credentials") or {})
    found: dict[str, Any] = ctx.secrets.open(record.body[_SEALED])
    return found


def of_record(record: Record) -> Connection:
    kept = record.properties
    return Connection(
        record.id, record.name, kept["category"], kept.get("target") or "", kept["authType"]
    )


def _record(db: Session, workspace: Workspace, name: str) -> Record:
    found = documents.find(db, f"{workspace.id}/connections/{name}")
    if found is None:
        raise NotFound("connection", name)
    return found
