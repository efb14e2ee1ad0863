"""What a list can show of each run, and be put in order by.

    metrics.loss                 the last value
    max(val/auc)  min(loss)      the highest, the lowest
    loss at max(val/auc)         what loss was when val/auc was highest (or lowest: min)
    params.lr  tags.team

All of it is kept beside the latest values as metrics are logged; only "at" looks into a history,
for the one point it is about.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, select
from sqlalchemy.orm import Session, aliased

from zafiro.core.errors import Invalid
from zafiro.tracking import blocks, sql
from zafiro.tracking.store import LatestRow, ParamRow, RunRow, TagRow

Values = dict[int, dict[str, float | str]]  # by the key of a run, then by column

MOST_SORTED = 2000  # runs that are put in order by an "at": each costs a look into a history
_NEAR_MS = 2000  # metrics of one step are mostly logged within
_KEPT = re.compile(r"(?P<kind>metrics|params|tags)\.(?P<key>.+)", re.DOTALL)
_EXTREME = re.compile(r"(?P<kind>max|min)\((?P<key>.+)\)", re.DOTALL)
_AT = re.compile(r"(?P<key>.+) at (?P<pick>max|min)\((?P<of>.+)\)", re.DOTALL)
_TEXTS: dict[str, Any] = {"params": ParamRow, "tags": TagRow}


@dataclass(frozen=True)
class Column:
    """kind: metrics (the last value), max, min, at, params, tags. For "at" the value of `key` where
    `of` was highest or lowest, as `pick` says."""

    id: str
    kind: str
    key: str
    pick: str = ""
    of: str = ""


def read(id: str) -> Column | None:
    """None for what is no column of these."""
    if (at := _AT.fullmatch(id)) is not None:
        return Column(id, "at", at["key"], at["pick"], at["of"])
    found = _EXTREME.fullmatch(id) or _KEPT.fullmatch(id)
    return None if found is None else Column(id, found["kind"], found["key"])


def values(db: Session, runs: Sequence[int], ids: Sequence[str]) -> Values:
    """What those columns say of each run; nothing where it has nothing to say."""
    found: Values = {run: {} for run in runs}
    asked = [column for id in ids if (column := read(id)) is not None]
    for kind, table in _TEXTS.items():
        wanted = {column.key: column.id for column in asked if column.kind == kind}
        if wanted and runs:
            query = select(table.run, table.key, table.value)
            query = query.where(table.run.in_(runs), table.key.in_(wanted))
            for run, key, value in db.execute(query):
                found[run][wanted[key]] = value
    numbers = [column for column in asked if column.kind in ("metrics", "max", "min")]
    if numbers and runs:
        row = LatestRow.__table__.c
        kept = select(row.run, row.key, row.value, row.nan, row.low_value, row.high_value).where(
            row.run.in_(runs), row.key.in_({column.key for column in numbers})
        )
        for run, key, last, nan, low, high in db.execute(kept):
            for column in numbers:
                if column.key == key:
                    shown = {"metrics": math.nan if nan else last, "min": low, "max": high}
                    if (value := shown[column.kind]) is not None:
                        found[run][column.id] = value
    for column in asked:
        if column.kind == "at":
            for run, value in _at(db, runs, column).items():
                found[run][column.id] = value
    return found


def ordered(query: Any, column: Column, descending: bool) -> Any:
    """A query of runs in the order of that column, which is none of kind "at"; runs without it
    come last."""
    table = _TEXTS.get(column.kind, LatestRow)
    row: Any = aliased(table)
    query = query.outerjoin(row, and_(row.run == RunRow.key, row.key == column.key))
    by: Any = {
        "metrics": case((row.nan.is_(False), row.value)) if table is LatestRow else None,
        "max": row.high_value if table is LatestRow else None,
        "min": row.low_value if table is LatestRow else None,
    }.get(column.kind)
    if by is None:
        by = row.value
    return query.order_by(by.is_(None), by.desc() if descending else by.asc(), RunRow.key.desc())


def ordered_at(db: Session, runs: Sequence[int], column: Column, descending: bool) -> list[int]:
    """Runs, given newest first, in the order of an "at". Raises Invalid for too many."""
    if len(runs) > MOST_SORTED:
        raise Invalid(
            "sort",
            f"more than {MOST_SORTED} runs match, and '{column.id}' looks into the history of "
            f"each; narrow the filter, or sort by {column.pick}({column.of})",
        )
    known = _at(db, runs, column)
    sign = -1 if descending else 1

    def rank(run: int) -> tuple[bool, float]:
        value = known.get(run, math.nan)
        return (True, 0.0) if math.isnan(value) else (False, sign * value)

    return sorted(runs, key=rank)


def _at(db: Session, runs: Sequence[int], column: Column) -> dict[int, float]:
    """What a metric was where another was highest or lowest: its point of that step, or, where
    that step has none, of the one before."""
    if not runs:
        return {}
    of = "high" if column.pick == "max" else "low"
    among, given = sql.among(db, runs)
    marks = {
        run: (step, at, count)
        for run, step, at, count in sql.rows(
            db,
            f"SELECT o.run, o.{of}_step, o.{of}_ms, l.count FROM metric_latest o"
            " JOIN metric_latest l ON l.run = o.run AND l.key = ?"
            f" WHERE o.run {among} AND o.key = ? AND o.{of}_step IS NOT NULL",
            [column.key, given, column.of],
        )
    }
    named = sql.rows(db, "SELECT key FROM metric_names WHERE name = ?", [column.key])
    if not marks or not named:
        return {}
    metric = named[0][0]
    near: dict[int, float] = {}
    for run, value, nan in sql.rows(
        db,
        f"SELECT o.run, p.value, p.nan FROM metric_latest o CROSS JOIN metric_points p"
        f" WHERE p.run = o.run AND p.metric = ? AND p.timestamp_ms BETWEEN o.{of}_ms - {_NEAR_MS}"
        f" AND o.{of}_ms + {_NEAR_MS} AND p.step = o.{of}_step"
        f" AND o.run {among} AND o.key = ? ORDER BY p.timestamp_ms",
        [metric, given, column.of],
    ):
        near[run] = math.nan if nan else value  # the last of that step
    for run, (step, _, count) in marks.items():
        if run not in near and (value := _before(db, run, metric, step, count)) is not None:
            near[run] = value
    return near


def _before(db: Session, run: int, metric: int, step: int, count: int) -> float | None:
    """The value with the greatest step up to that one. Of a long metric only the blocks are read
    that may hold it."""
    point = "SELECT value, nan FROM metric_points WHERE run = ? AND metric = ? AND step <= ?"
    last = "ORDER BY step DESC, timestamp_ms DESC LIMIT 1"
    given: list[Any] = [run, metric, step]
    if count < blocks.LONG:
        return _number(sql.rows(db, f"{point} {last}", given))
    held = sql.rows(
        db,
        "SELECT from_ms, to_ms FROM metric_blocks"
        " WHERE run = ? AND metric = ? AND level = 0 AND first_step <= ?"
        " ORDER BY CASE WHEN last_step < ? THEN last_step ELSE ? END DESC, block DESC LIMIT 1",
        [*given, step, step],
    )
    if not held:
        return None
    found = sql.rows(db, f"{point} AND timestamp_ms BETWEEN ? AND ? {last}", [*given, *held[0]])
    return _number(found)


def _number(found: Sequence[Any]) -> float | None:
    if not found:
        return None
    value, nan = found[0]
    return math.nan if nan else float(value)
