"""Saved views of lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from zafiro.core.db import Json, Moment, Serial, Table
from zafiro.studio.domain import LISTED, View


class ViewRow(Table):
    __tablename__ = "studio_views"
    __table_args__ = (UniqueConstraint("workspace", "id"),)

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    workspace: Mapped[str]  # GUID
    id: Mapped[str]
    list: Mapped[str]
    name: Mapped[str]
    scope: Mapped[str]
    owner: Mapped[str]
    made_by: Mapped[str]
    state: Mapped[dict[str, Any]] = mapped_column(Json)
    revision: Mapped[int]
    modified_at: Mapped[datetime] = mapped_column(Moment)


def listed(db: Session, workspace: str, list: str, owner: str) -> Sequence[View]:
    """The default one first, then in the order they were made."""
    query = select(ViewRow).where(
        ViewRow.workspace == workspace,
        ViewRow.list == list,
        or_(ViewRow.scope.in_(LISTED), (ViewRow.scope == "private") & (ViewRow.owner == owner)),
    )
    found = db.scalars(query.order_by(ViewRow.scope != "default", ViewRow.key))
    return [_view(row) for row in found]


def find(db: Session, workspace: str, id: str) -> View | None:
    row = db.scalars(_one(workspace, id)).one_or_none()
    return None if row is None else _view(row)


def insert(db: Session, workspace: str, view: View) -> None:
    db.add(
        ViewRow(
            workspace=workspace,
            id=view.id,
            list=view.list,
            name=view.name,
            scope=view.scope,
            owner=view.owner,
            made_by=view.by,
            state=view.state,
            revision=view.revision,
            modified_at=view.modified_at,
        )
    )
    db.flush()


def replace(db: Session, workspace: str, view: View) -> bool:
    """False when its revision is not the one before: somebody else was sooner."""
    changed: Any = db.execute(
        update(ViewRow)
        .where(
            ViewRow.workspace == workspace,
            ViewRow.id == view.id,
            ViewRow.revision == view.revision - 1,
        )
        .values(
            name=view.name,
            scope=view.scope,
            state=view.state,
            revision=view.revision,
            modified_at=view.modified_at,
        )
    )
    return bool(changed.rowcount)


def remove(db: Session, workspace: str, id: str) -> None:
    db.execute(delete(ViewRow).where(ViewRow.workspace == workspace, ViewRow.id == id))


def remove_all(db: Session, workspace: str) -> None:
    db.execute(delete(ViewRow).where(ViewRow.workspace == workspace))


def no_default(db: Session, workspace: str, list: str, but: str) -> None:
    """The list's default becomes an ordinary shared view, unless it is `but`."""
    db.execute(
        update(ViewRow)
        .where(
            ViewRow.workspace == workspace,
            ViewRow.list == list,
            ViewRow.scope == "default",
            ViewRow.id != but,
        )
        .values(scope="shared", revision=ViewRow.revision + 1)
    )


def _one(workspace: str, id: str) -> Any:
    return select(ViewRow).where(ViewRow.workspace == workspace, ViewRow.id == id)


def _view(row: ViewRow) -> View:
    return View(
        row.id,
        row.list,
        row.name,
        row.scope,
        row.owner,
        row.made_by,
        row.state,
        row.revision,
        row.modified_at,
    )
