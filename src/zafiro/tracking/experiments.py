"""The verbs of experiments. Functions of an open session; nothing here commits."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zafiro.core import clock
from zafiro.core.errors import Conflict, Invalid, NotFound
from zafiro.mlflow_rest.conditions import compare, having
from zafiro.mlflow_rest.filters import parse, parse_order
from zafiro.tracking import rules, sql
from zafiro.tracking.domain import ACTIVE, DEFAULT_EXPERIMENT, DELETED, Experiment, Place
from zafiro.tracking.store import ExperimentRow, ExperimentTagRow, RunRow

_ID = re.compile(r"-?[0-9]{1,18}")


_ATTRIBUTES: dict[str, type] = {
    "name": str,
    "experiment_id": str,
    "creation_time": float,
    "last_update_time": float,
}
_COLUMNS: dict[str, Any] = {
    "name": ExperimentRow.name,
    "experiment_id": ExperimentRow.key,
    "creation_time": ExperimentRow.created_ms,
    "last_update_time": ExperimentRow.modified_ms,
}


def now_ms() -> int:
    return int(clock.now().timestamp() * 1000)


def of_rows(db: Session, rows: list[ExperimentRow]) -> list[Experiment]:
    tags: dict[int, dict[str, str]] = {}
    if rows:
        query = select(ExperimentTagRow.experiment, ExperimentTagRow.key, ExperimentTagRow.value)
        keys = [row.key for row in rows]
        for key, name, value in db.execute(query.where(ExperimentTagRow.experiment.in_(keys))):
            tags.setdefault(key, {})[name] = value
    return [
        Experiment(
            key=row.key,
            workspace=row.workspace,
            name=row.name,
            lifecycle=row.lifecycle,
            created_ms=row.created_ms,
            modified_ms=row.modified_ms,
            description=row.description,
            tags=tags.get(row.key, {}),
            place=None if row.location is None else Place(row.location, row.folder),
        )
        for row in rows
    ]


def find(db: Session, workspace: str, name: str) -> Experiment | None:
    """By name, deleted ones too."""
    query = select(ExperimentRow).where(
        ExperimentRow.workspace == workspace, ExperimentRow.name == name
    )
    found = of_rows(db, list(db.scalars(query)))
    return found[0] if found else None


def get(db: Session, workspace: str, id: str) -> Experiment:
    """By id. MLflow's "0" is the experiment named Default. Raises NotFound, Invalid."""
    if id == "0":
        default = find(db, workspace, DEFAULT_EXPERIMENT)
        if default is None:
            raise NotFound("experiment", id, "it is made with the first run in it")
        return default
    query = (
        "SELECT workspace, name, lifecycle, created_ms, modified_ms, description, location, folder"
    )
    of = parse_id(id)
    rows = sql.rows(db, f"{query} FROM experiments WHERE key = ?", [of])
    if not rows or rows[0][0] != workspace:
        raise NotFound("experiment", id, f"No Experiment with id={id} exists")
    _, name, lifecycle, created_ms, modified_ms, description, location, folder = rows[0]
    tags = sql.rows(db, "SELECT key, value FROM experiment_tags WHERE experiment = ?", [of])
    return Experiment(
        of,
        workspace,
        name,
        lifecycle,
        created_ms,
        modified_ms,
        description,
        {row.key: row.value for row in tags},
        None if location is None else Place(location, folder),
    )


def places(db: Session, experiments: Sequence[int]) -> dict[int, Place]:
    """Of those of them that have one of their own."""
    among, given = sql.among(db, experiments)
    query = f"SELECT key, location, folder FROM experiments WHERE key {among}"
    rows = sql.rows(db, f"{query} AND location IS NOT NULL", [given])
    return {key: Place(location, folder) for key, location, folder in rows}


def keys(db: Session, workspace: str, ids: Sequence[str]) -> list[int] | None:
    """The keys of experiments in one look; None when any of them wants a closer one."""
    if not ids or "0" in ids:
        return None
    among, given = sql.among(db, [parse_id(id) for id in ids])
    query = f"SELECT key FROM experiments WHERE key {among} AND workspace = ?"
    found = [row[0] for row in sql.rows(db, query, [given, workspace])]
    return found if len(found) == len(set(ids)) else None


def find_by_id(db: Session, workspace: str, id: str) -> Experiment | None:
    """By MLflow's id; None only for "0" before anything was made in it. Raises NotFound, Invalid."""
    return find(db, workspace, DEFAULT_EXPERIMENT) if id == "0" else get(db, workspace, id)


def get_or_default(db: Session, workspace: str, id: str) -> Experiment:
    """The same, with "0" made when it is not there."""
    found = find_by_id(db, workspace, id)
    return ensure(db, workspace, DEFAULT_EXPERIMENT) if found is None else found


def active_keys(db: Session, workspace: str) -> list[int]:
    """The keys of all that are not deleted."""
    row = ExperimentRow
    query = select(row.key).where(row.workspace == workspace, row.lifecycle == ACTIVE)
    return list(db.scalars(query))


def search(
    db: Session,
    workspace: str,
    *,
    text: str,
    order_by: Sequence[str],
    lifecycles: Sequence[str],
    offset: int,
    limit: int,
) -> list[Experiment]:
    """By MLflow's grammar over attributes and tags, the newest first unless asked otherwise.
    Raises Invalid."""
    kinds = frozenset({"attribute", "tag"})
    clauses = parse(text, _ATTRIBUTES, kinds=kinds) if text.strip() else []
    orders = [
        parse_order(order, frozenset(_ATTRIBUTES), kinds=frozenset({"attribute"}))
        for order in order_by or ["creation_time DESC", "experiment_id ASC"]
    ]
    row, tag = ExperimentRow, ExperimentTagRow
    query = select(row).where(row.workspace == workspace, row.lifecycle.in_(lifecycles))
    for clause in clauses:
        if clause.kind == "tag":
            same = exists().where(tag.experiment == row.key, tag.key == clause.key)
            query = query.where(having(db, same, tag.value, clause))
            continue
        if clause.key == "experiment_id":
            raise Invalid("", "experiments cannot be filtered by experiment_id; get it")
        query = query.where(compare(db, _COLUMNS[clause.key], clause))
    for order in orders:
        column = _COLUMNS[order.key]
        query = query.order_by(column.asc() if order.ascending else column.desc())
    query = query.order_by(row.key).offset(offset).limit(limit)
    return of_rows(db, list(db.scalars(query)))


def holds_job(db: Session, experiment: Experiment, job: str) -> bool:
    """Whether the job has a run in it: its own, or one its code made."""
    query = select(RunRow.key).where(
        RunRow.workspace == experiment.workspace,
        RunRow.job == job,
        RunRow.experiment == experiment.key,
    )
    return db.scalars(query.limit(1)).one_or_none() is not None


def parse_id(id: str) -> int:
    if not _ID.fullmatch(id):
        raise Invalid("", f"Invalid experiment ID '{id}'. Experiment ID must be a valid integer.")
    return int(id)


def create(
    db: Session,
    workspace: str,
    name: str,
    *,
    tags: dict[str, str] | None = None,
    description: str | None = None,
    place: Place | None = None,
) -> Experiment:
    """Raises Conflict when there is one of that name, deleted ones included; Invalid."""
    rules.experiment_name(name)
    for key, value in (tags or {}).items():
        rules.experiment_tag(key, value)
    at = now_ms()
    try:
        with db.begin_nested():
            # MLflow's clients know the first experiment of a server as "0", and compare.
            zero = name == DEFAULT_EXPERIMENT and db.get(ExperimentRow, 0) is None
            row = ExperimentRow(
                key=0 if zero else None,
                workspace=workspace,
                name=name,
                description=description,
                lifecycle=ACTIVE,
                created_ms=at,
                modified_ms=at,
                location=place and place.location,
                folder=place and place.folder,
            )
            db.add(row)
            db.flush()
    except IntegrityError as e:
        kept = find(db, workspace, name)
        deleted = kept is not None and kept.lifecycle == DELETED
        raise Conflict(
            f"Experiment(name={name}) already exists"
            + (" in deleted state. You can restore the experiment." if deleted else ".")
        ) from e
    for key, value in (tags or {}).items():
        db.execute(insert(ExperimentTagRow).values(experiment=row.key, key=key, value=value))
    return of_rows(db, [row])[0]


def ensure(db: Session, workspace: str, name: str) -> Experiment:
    """The experiment of that name, made when there is none, brought back when it was deleted."""
    found = find(db, workspace, name)
    if found is None:
        try:
            return create(db, workspace, name)
        except Conflict:  # another replica was quicker
            found = find(db, workspace, name)
            if found is None:
                raise
    if found.lifecycle == DELETED:
        restore(db, found)
        return get(db, workspace, found.id)
    return found


def rename(db: Session, experiment: Experiment, name: str) -> None:
    """Raises Conflict when the name is taken; Invalid for a deleted experiment."""
    rules.experiment_name(name)
    if experiment.lifecycle != ACTIVE:
        raise Invalid("", "Cannot rename a non-active experiment.")
    try:
        with db.begin_nested():
            _set(db, experiment, name=name)
    except IntegrityError as e:
        raise Conflict(f"Experiment(name={name}) already exists.") from e


def describe(db: Session, experiment: Experiment, description: str | None) -> None:
    _set(db, experiment, description=description)


def remove(db: Session, experiment: Experiment) -> None:
    """Mark it and its runs as deleted. Raises NotFound when it is deleted already."""
    if experiment.lifecycle != ACTIVE:
        raise NotFound("experiment", experiment.id, "it is deleted already")
    _set(db, experiment, lifecycle=DELETED)
    db.execute(
        update(RunRow)
        .where(RunRow.experiment == experiment.key)
        .values(lifecycle=DELETED, deleted_ms=now_ms())
    )


def restore(db: Session, experiment: Experiment) -> None:
    if experiment.lifecycle != DELETED:
        raise NotFound("experiment", experiment.id, "it is not deleted")
    _set(db, experiment, lifecycle=ACTIVE)
    db.execute(
        update(RunRow)
        .where(RunRow.experiment == experiment.key)
        .values(lifecycle=ACTIVE, deleted_ms=None)
    )


def set_tag(db: Session, experiment: Experiment, key: str, value: str) -> None:
    rules.experiment_tag(key, value)
    check_active(experiment)
    row = db.get(ExperimentTagRow, (experiment.key, key))
    if row is None:
        db.add(ExperimentTagRow(experiment=experiment.key, key=key, value=value))
    else:
        row.value = value
    db.flush()


def delete_tag(db: Session, experiment: Experiment, key: str) -> None:
    check_active(experiment)
    done = db.execute(
        delete(ExperimentTagRow).where(
            ExperimentTagRow.experiment == experiment.key, ExperimentTagRow.key == key
        )
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise NotFound("tag", key, f"experiment {experiment.id} has no such tag")


def check_active(experiment: Experiment) -> None:
    if experiment.lifecycle != ACTIVE:
        raise Invalid(
            "",
            f"The experiment {experiment.id} must be in the 'active' state. Current state is "
            f"{experiment.lifecycle}.",
        )


def _set(db: Session, experiment: Experiment, **values: Any) -> None:
    db.execute(
        update(ExperimentRow)
        .where(ExperimentRow.key == experiment.key)
        .values(modified_ms=now_ms(), **values)
    )
