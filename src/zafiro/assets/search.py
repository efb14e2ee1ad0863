"""Searching models and prompts by MLflow's filters, across all names."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, column, exists, func, select
from sqlalchemy.orm import Session

from zafiro.assets import store
from zafiro.assets.domain import Asset, Container
from zafiro.assets.store import ContainerRow, VersionRow
from zafiro.mlflow_rest.conditions import compare, having
from zafiro.mlflow_rest.filters import Clause, Order
from zafiro.workspaces.domain import Workspace

# What a filter and an order may speak of, beside tags.
MODEL_KEYS: Mapping[str, Any] = {
    "name": ContainerRow.name,
    "creation_timestamp": ContainerRow.created_at,
    "last_updated_timestamp": ContainerRow.modified_at,
}
VERSION_KEYS: Mapping[str, Any] = {
    "name": VersionRow.name,
    "version_number": VersionRow.counted,
    "run_id": func.nullif(VersionRow.run_id, ""),
    "source_path": VersionRow.source,
    "creation_timestamp": VersionRow.created_at,
    "last_updated_timestamp": VersionRow.modified_at,
}


def models(
    db: Session,
    workspace: Workspace,
    kind: str,
    clauses: Sequence[Clause],
    orders: Sequence[Order],
    *,
    offset: int,
    limit: int,
) -> list[Container]:
    """Archived ones and those of anonymous assets aside."""
    row = ContainerRow
    query = select(row).where(
        row.workspace == workspace.guid,
        row.kind == kind,
        row.is_anonymous.is_(False),
        row.is_archived.is_(False),
    )
    for clause in clauses:
        if clause.kind == "tag":
            query = query.where(_tagged(db, row.tags, (), clause))
        else:
            query = query.where(compare(db, MODEL_KEYS[clause.key], clause))
    for order in orders:
        query = query.order_by(_by(db, MODEL_KEYS[order.key], order))
    return [
        store.about(workspace.id, found) for found in db.scalars(query.offset(offset).limit(limit))
    ]


def versions(
    db: Session,
    workspace: Workspace,
    kind: str,
    clauses: Sequence[Clause],
    orders: Sequence[Order],
    *,
    offset: int,
    limit: int,
) -> list[tuple[Asset, Mapping[str, str]]]:
    """Each with the aliases of its name; archived and anonymous ones aside."""
    row = VersionRow
    query = (
        select(row, ContainerRow.aliases)
        .join(
            ContainerRow,
            (ContainerRow.workspace == row.workspace)
            & (ContainerRow.kind == row.kind)
            & (ContainerRow.key == row.key),
        )
        .where(
            row.workspace == workspace.guid,
            row.kind == kind,
            row.is_anonymous.is_(False),
            row.is_archived.is_(False),
            ContainerRow.is_archived.is_(False),
        )
    )
    for clause in clauses:
        if clause.kind == "tag":
            query = query.where(_tagged(db, row.body, ("properties", "tags"), clause))
        else:
            query = query.where(compare(db, VERSION_KEYS[clause.key], clause))
    for order in orders:
        query = query.order_by(_by(db, VERSION_KEYS[order.key], order))
    query = query.order_by(row.number.desc())
    found = db.execute(query.offset(offset).limit(limit))
    return [(store.asset(workspace.id, one), aliases) for one, aliases in found]


def latest(
    db: Session, workspace: Workspace, kind: str, names: Sequence[str]
) -> dict[str, list[Asset]]:
    """{name, lower-cased: the highest version of each stage}, lowest first. MLflow's clients read
    versions as numbers, so those that are text are left out."""
    row = VersionRow
    rank = func.row_number().over(partition_by=(row.key, row.stage), order_by=row.counted.desc())
    ranked = (
        select(row.number, rank.label("place"))
        .where(
            row.workspace == workspace.guid,
            row.kind == kind,
            row.key.in_([name.lower() for name in names]),
            row.counted > 0,
            row.is_anonymous.is_(False),
            row.is_archived.is_(False),
        )
        .subquery()
    )
    query = (
        select(row)
        .join(ranked, ranked.c.number == row.number)
        .where(ranked.c.place == 1)
        .order_by(row.counted)
    )
    found: dict[str, list[Asset]] = {}
    for one in db.scalars(query):
        found.setdefault(one.key, []).append(store.asset(workspace.id, one))
    return found


def _by(db: Session, by: Any, order: Order) -> ColumnElement[Any]:
    if order.key == "name" and db.get_bind().dialect.name == "postgresql":
        by = by.collate("C")  # as SQLite orders, and MLflow's own server on it
    made: ColumnElement[Any] = by.asc() if order.ascending else by.desc()
    return made


def _tagged(db: Session, bag: Any, path: tuple[str, ...], clause: Clause) -> ColumnElement[bool]:
    """Whether the JSON object at `path` of a column holds such a tag."""
    columns = (column("key", String), column("value", String))
    if db.get_bind().dialect.name == "sqlite":
        each = func.json_each(bag, ".".join(("$", *path))).table_valued(*columns)
    else:
        inner = func.jsonb_extract_path(bag, *path) if path else bag
        each = func.jsonb_each_text(inner).table_valued(*columns)
    same = exists().select_from(each).where(each.c.key == clause.key)
    return having(db, same, each.c.value, clause)
