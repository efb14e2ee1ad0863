"""Searching runs: MLflow's filter and order, compiled to SQL.

Cost must not grow with runs that do not match, so the common orders follow an index: the default
(start time) follows runs_recent; ordering by a metric walks metric_latest_search in stages: first
runs whose value is a number, then those where it is NaN, then those without the metric, which is
the order MLflow gives them. A page token says in which stage the next page begins.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, literal, or_, select
from sqlalchemy.orm import Session, aliased

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.conditions import compare
from zafiro.mlflow_rest.filters import Clause, Order, parse, parse_order
from zafiro.mlflow_rest.paging import read_token, write_token
from zafiro.tracking import service
from zafiro.tracking.artifacts import SCHEME, run_folder
from zafiro.tracking.domain import ACTIVE, DELETED, NOTE, PARENT_RUN, RUN_NAME, Run
from zafiro.tracking.store import (
    DatasetRow,
    InputRow,
    LatestRow,
    ParamRow,
    RunRow,
    TagRow,
)

ATTRIBUTES: dict[str, type] = {
    "run_id": str,
    "run_name": str,
    "status": str,
    "user_id": str,
    "artifact_uri": str,
    "start_time": float,
    "end_time": float,
}
VIEWS = {"ACTIVE_ONLY": (ACTIVE,), "DELETED_ONLY": (DELETED,), "ALL": (ACTIVE, DELETED)}

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
_NUMBERS, _NANS, _WITHOUT = 0, 1, 2


def search_runs(
    db: Session,
    experiments: Sequence[int],
    *,
    text: str = "",
    view: str = "ACTIVE_ONLY",
    order_by: Sequence[str] = (),
    limit: int = 1000,
    token: str | None = None,
) -> tuple[list[Run], str | None]:
    """One page of runs with their tags, and the token of the next page, None at the end.

    Ordered as asked, then newest first, then by id. Raises Invalid.
    Source: mlflow/store/tracking/sqlalchemy_store.py _search_runs, mlflow 3.17.
    """
    clauses = parse(text, ATTRIBUTES) if text.strip() else []
    orders = [parse_order(order, frozenset(ATTRIBUTES)) for order in order_by]
    if len({(order.kind, order.key) for order in orders}) < len(orders):
        raise Invalid("", f"`order_by` contains duplicate fields: {list(order_by)}")
    stage, offset = read_token(token)
    if not experiments:
        return [], None
    staged = bool(orders) and orders[0].kind == "metric"
    last = _NUMBERS if not staged or _needs(clauses, orders[0].key) else _WITHOUT
    found: list[Run] = []
    while stage <= last and len(found) <= limit:
        wanted = limit + 1 - len(found)
        query = _query(db, experiments, clauses, orders, VIEWS[view], stage if staged else None)
        got = service.load(db, query.offset(offset).limit(wanted))
        if len(found) + len(got) > limit:
            kept = limit - len(found)
            return found + got[:kept], write_token(stage, offset + kept)
        found, stage, offset = found + got, stage + 1, 0
    return found, None


def _needs(clauses: Sequence[Clause], metric: str) -> bool:
    """Whether only runs match whose metric is a number."""
    return any(c.kind == "metric" and c.key == metric and c.comparator != "!=" for c in clauses)


def _query(
    db: Session,
    experiments: Sequence[int],
    clauses: Sequence[Clause],
    orders: Sequence[Order],
    lifecycles: Sequence[str],
    stage: int | None,
) -> Any:
    query = service.every_run()
    first = orders[0] if stage is not None else None
    by: list[Any] = []
    if first is not None and stage in (_NUMBERS, _NANS):
        row = aliased(LatestRow)
        nan = row.nan.is_(stage == _NANS)
        query = query.join(row, row.run == RunRow.key).where(
            row.key == first.key, nan, row.experiment.in_(experiments)
        )
        if stage == _NUMBERS:
            by.append(row.value.asc() if first.ascending else row.value.desc())
            same = [c for c in clauses if c.kind == "metric" and c.key == first.key]
            for clause in same:
                query = query.where(compare(db, row.value, clause))
            clauses = [c for c in clauses if c not in same]
    else:
        query = query.where(RunRow.experiment.in_(experiments))
        if first is not None:
            query = query.where(~_has(LatestRow, first.key))
    query = query.where(RunRow.lifecycle.in_(lifecycles))
    for clause in clauses:
        query = query.where(condition(db, clause))
    for order in orders if first is None else orders[1:]:
        query, columns = _ordered(query, order)
        by.extend(columns)
    if not any(order.kind == "attribute" and order.key == "start_time" for order in orders):
        by.append(RunRow.start_ms.desc())
    return query.order_by(*by, RunRow.run_id)


def _ordered(query: Any, order: Order) -> tuple[Any, list[Any]]:
    """What has no value comes last, NaN just before, whichever the direction."""
    if order.kind == "attribute":
        column: Any = _COLUMNS[order.key]
        if order.key == "end_time":
            return query, [column.is_(None), column.asc() if order.ascending else column.desc()]
        return query, [column.asc() if order.ascending else column.desc()]
    if order.kind == "tag" and order.key in _MIRRORS:
        column = _MIRRORS[order.key]
        return query, [column.is_(None), column.asc() if order.ascending else column.desc()]
    table: Any = {"metric": LatestRow, "param": ParamRow, "tag": TagRow}[order.kind]
    row = aliased(table)
    query = query.outerjoin(row, and_(row.run == RunRow.key, row.key == order.key))
    last: Any = row.value.is_(None)
    if order.kind == "metric":
        last = case((row.nan.is_(True), 1), (row.value.is_(None), 2), else_=0)
    return query, [last, row.value.asc() if order.ascending else row.value.desc()]


def condition(db: Session, clause: Clause) -> ColumnElement[bool]:
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
