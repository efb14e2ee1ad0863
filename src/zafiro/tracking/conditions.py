"""A clause of MLflow's filter as a condition on runs, for reads that SQLAlchemy composes."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select
from sqlalchemy.orm import Session

from zafiro.mlflow_rest.conditions import compare
from zafiro.mlflow_rest.filters import Clause
from zafiro.tracking.artifacts import SCHEME, run_folder
from zafiro.tracking.domain import NOTE, PARENT_RUN, RUN_NAME
from zafiro.tracking.store import DatasetRow, InputRow, LatestRow, ParamRow, RunRow, TagRow

_COLUMNS: dict[str, Any] = {
    "run_id": RunRow.run_id,
    "run_name": RunRow.name,
    "status": RunRow.status,
    "user_id": RunRow.user_name,
    "artifact_uri": literal(SCHEME + run_folder("")) + RunRow.run_id,
    "start_time": RunRow.start_ms,
    "end_time": RunRow.end_ms,
}
_MIRRORS: dict[str, Any] = {
    RUN_NAME: RunRow.name,
    PARENT_RUN: RunRow.parent,
    NOTE: RunRow.description,
}


def condition(db: Session, clause: Clause) -> ColumnElement[bool]:
    """Of a run (RunRow)."""
    if clause.kind == "attribute":
        return compare(db, _COLUMNS[clause.key], clause)
    if clause.kind == "dataset":
        column = InputRow.context if clause.key == "context" else getattr(DatasetRow, clause.key)
        return exists(
            select(InputRow.run)
            .join(DatasetRow, DatasetRow.key == InputRow.dataset)
            .where(InputRow.run == RunRow.key, compare(db, column, clause))
        )
    if clause.kind == "tag" and clause.key in _MIRRORS:
        return compare(db, _MIRRORS[clause.key], clause)
    table: Any = {"metric": LatestRow, "param": ParamRow, "tag": TagRow}[clause.kind]
    if clause.comparator == "IS NULL":
        return ~_has(table, clause.key)
    if clause.comparator == "IS NOT NULL":
        return _has(table, clause.key)
    holds = compare(db, table.value, clause)
    if clause.kind == "metric":
        # NaN differs from every number, and nothing else is true of it.
        holds = (
            or_(holds, table.nan.is_(True))
            if clause.comparator == "!="
            else and_(holds, table.nan.is_(False))
        )
    return _has(table, clause.key, holds)


def _has(table: Any, key: str, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(table.run == RunRow.key, table.key == key, *more)
