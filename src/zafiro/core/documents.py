"""Resources that are documents: an id, an envelope, a JSON body.

Most ARM resource types have no behaviour of their own, so they need no table and no migration of
their own either. A type that does (jobs, assets) declares its own table in its own store.py.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete as sql_delete
from sqlalchemy import or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from zafiro.core import clock
from zafiro.core.db import Json, Moment, Table
from zafiro.core.errors import Conflict, NotFound


@dataclass(frozen=True)
class Record:
    """What is kept about a resource, whoever keeps it. `body` is the resource as JSON: its
    `properties` bag and the envelope beside it (tags, location, sku ...)."""

    id: str
    name: str
    body: dict[str, Any]
    etag: str
    created_at: datetime
    modified_at: datetime
    created_by: str = ""

    @property
    def properties(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body.get("properties") or {}
        return found


class DocumentRow(Table):
    __tablename__ = "documents"

    key: Mapped[str] = mapped_column(primary_key=True)  # the id, lower-cased
    parent: Mapped[str] = mapped_column(index=True)  # the collection it is listed in, lower-cased
    id: Mapped[str]
    name: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    etag: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Moment)
    modified_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(default="")


def put(
    db: Session,
    id: str,
    body: dict[str, Any],
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
    by: str = "",
) -> tuple[Record, bool]:
    """Create or replace. Returns what is now kept, and whether it is new.

    Raises Conflict (a failed precondition) when `if_match` is given and is not the etag kept, or
    when `if_none_match` is "*" and there is one already.
    """
    collection, name = id.rsplit("/", 1)
    row = db.get(DocumentRow, id.lower(), with_for_update=True)
    if if_match and (row is None or if_match not in ("*", row.etag)):
        raise Conflict(
            f"'{name}' was changed by somebody else: its etag is not {if_match}; read it again",
            precondition=True,
        )
    if if_none_match == "*" and row is not None:
        raise Conflict(f"'{name}' exists already", precondition=True)
    at, new = clock.now(), row is None
    if row is None:
        row = DocumentRow(
            key=id.lower(),
            parent=collection.lower(),
            id=id,
            name=name,
            created_at=at,
            created_by=by,
        )
        db.add(row)
    row.body, row.etag, row.modified_at = body, f'"{uuid.uuid4().hex}"', at
    db.flush()
    return _record(row), new


def find(db: Session, id: str, *, lock: bool = False) -> Record | None:
    """`lock`: who finds it so waits for each other, until the transaction ends."""
    row = db.get(DocumentRow, id.lower(), with_for_update=lock or None)
    return None if row is None else _record(row)


def get(db: Session, id: str) -> Record:
    found = find(db, id)
    if found is None:
        raise NotFound(*id.rsplit("/", 2)[1:])
    return found


def under(
    db: Session, collection: str, *, after: str = "", limit: int | None = None
) -> list[Record]:
    """What lies in `.../datastores`, by name, from the first name behind `after`."""
    query = select(DocumentRow).where(DocumentRow.parent == collection.lower())
    if after:
        query = query.where(DocumentRow.key > f"{collection}/{after}".lower())
    rows = db.scalars(query.order_by(DocumentRow.key).limit(limit))
    return [_record(row) for row in rows]


def named(db: Session, name: str, within: str) -> list[Record]:
    """Those of that name, wherever they lie, with `within` in their ids; in any case."""
    query = (
        select(DocumentRow)
        .where(DocumentRow.key.endswith(f"/{name}".lower(), autoescape=True))
        .where(DocumentRow.key.contains(within.lower(), autoescape=True))
    )
    return [_record(row) for row in db.scalars(query)]


def delete(db: Session, id: str) -> bool:
    """Delete it and everything below it. Whether there was anything."""
    key = id.lower()
    below = DocumentRow.key.startswith(f"{key}/", autoescape=True)
    done = db.execute(sql_delete(DocumentRow).where(or_(DocumentRow.key == key, below)))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _record(row: DocumentRow) -> Record:
    return Record(
        row.id, row.name, row.body, row.etag, row.created_at, row.modified_at, row.created_by
    )
