"""Metrics as Azure's metric service takes and gives them. Functions of an open session.

A number that was logged under its metric's own name *is* a point of MLflow's metric of that name:
log by one, read by the other. Whatever else a row holds (a table's columns, the place of an image)
is kept as it was said, and its numbers are points too, named {metric}/{column}, so that MLflow
shows them. Rows without a step get their place in the series for one.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from zafiro.core.errors import Conflict, Invalid, NotFound
from zafiro.tracking import metric_wire as wire
from zafiro.tracking import metrics
from zafiro.tracking.domain import Point, Run
from zafiro.tracking.experiments import now_ms
from zafiro.tracking.history_wire import ms
from zafiro.tracking.store import LatestRow, PointRow, SeriesPartRow, SeriesRow, metric_key, upsert

PAGE = 5000


@dataclass(frozen=True)
class Series:
    """A metric of a run: `key` is None when nobody but MLflow logged to it."""

    name: str
    kind: str
    columns: dict[str, str]
    key: int | None = None

    @property
    def scalar(self) -> bool:
        return self.kind == wire.SCALAR

    def shown(self, column: str) -> str:
        """What MLflow calls the numbers of a column."""
        return self.name if column == self.name else f"{self.name}/{column}"


def log(db: Session, run: Run, given: Iterable[wire.Metric]) -> list[tuple[wire.Metric, Exception]]:
    """Append; a row whose id is there already is a retry and changes nothing. Returns what was
    refused, and why; the others are logged."""
    refused: list[tuple[wire.Metric, Exception]] = []
    readable: list[wire.Metric] = []
    for metric in given:
        try:
            _check(metric)
            readable.append(metric)
        except Invalid as e:
            refused.append((metric, e))
    points: list[Point] = []
    for metric in _joined(readable):
        try:
            points += _log(db, run, metric)
        except Conflict as e:
            refused.append((metric, e))
    metrics.log_points(db, run.key, run.experiment_key, points)
    return refused


def _check(said: wire.Metric) -> None:
    if not said.name:
        raise Invalid("name", "is missing: a metric has one")
    for part in said.value:
        _at(part)


def _joined(given: list[wire.Metric]) -> list[wire.Metric]:
    """One for each name and kind, with the rows of all: azureml-core sends every value as a metric
    of its own. By name, so that two batches cannot wait for each other."""
    found: dict[tuple[str, str], wire.Metric] = {}
    for said in given:
        columns = said.columns or {key: "double" for part in said.value[:1] for key in part.data}
        kind = (said.properties and said.properties.ux_metric_type) or _guess(said.name, columns)
        one = found.setdefault(
            (said.name, kind), wire.Metric(said.name, {}, [], wire.Properties(kind))
        )
        before = one.columns or {}
        one.columns = {**before, **_wider(before, columns)}
        one.value.extend(said.value)
    return [found[key] for key in sorted(found)]


def _log(db: Session, run: Run, said: wire.Metric) -> list[Point]:
    times = [_at(part) for part in said.value]
    columns, kind = said.columns or {}, (said.properties and said.properties.ux_metric_type) or ""
    row = _row(db, run, said.name, kind, columns)
    series = Series(row.name, row.kind, {**row.columns, **_wider(row.columns, columns)}, row.key)
    ids = [part.metric_id or str(uuid.uuid4()) for part in said.value]
    known = set(
        db.scalars(
            select(SeriesPartRow.metric_id).where(
                SeriesPartRow.series == row.key, SeriesPartRow.metric_id.in_(ids)
            )
        )
    )
    points: list[Point] = []
    rows: list[dict[str, Any]] = []
    place = row.length
    for id, part, at in zip(ids, said.value, times, strict=True):
        if id in known:
            continue
        known.add(id)
        step = place if part.step is None else part.step
        found = _points(series, part.data, at, step)
        points += found
        alone = series.scalar and len(found) == 1 and part.data.keys() == {series.name}
        if alone and part.step is not None:
            continue  # a point with a step is itself, however often it is sent
        cells = None if alone else wire.plain(part.data)
        rows.append(
            {
                "series": row.key,
                "place": place,
                "metric_id": id,
                "step": part.step,
                "created_ms": at,
                "cells": cells,
            }
        )
        place += 1
    if rows:
        db.execute(upsert(db, SeriesPartRow), rows)
    db.execute(
        update(SeriesRow)
        .where(SeriesRow.key == row.key)
        .values(length=place, columns=series.columns)
        .execution_options(synchronize_session=False)
    )
    return points


def _at(part: wire.Part) -> int:
    return ms(part.created_utc) if part.created_utc else now_ms()


def _guess(name: str, columns: dict[str, str]) -> str:
    return wire.SCALAR if set(columns) == {name} else "azureml.v1.table"


def _row(db: Session, run: Run, name: str, kind: str, columns: dict[str, str]) -> Any:
    """The series, locked, made if there is none. Raises Conflict when it is of another kind."""
    made = upsert(db, SeriesRow).on_conflict_do_nothing()
    db.execute(made, {"run": run.key, "name": name, "kind": kind, "columns": columns, "length": 0})
    table = SeriesRow.__table__.c
    query = select(table.key, table.name, table.kind, table.columns, table.length)
    query = query.where(table.run == run.key, table.name == name)
    row = db.execute(query.with_for_update()).one()
    if row.kind != kind:
        raise Conflict(
            f"the metric '{name}' of run '{run.run_id}' is a {row.kind}; a {kind} cannot be logged "
            "to it, choose another name"
        )
    return row


def _wider(kept: dict[str, str], said: dict[str, str]) -> dict[str, str]:
    """Columns that are new, and those that a number with a fraction made wider."""
    order = ("int", "long", "float", "double")
    wider = {}
    for column, kind in said.items():
        before = kept.get(column)
        if before is None:
            wider[column] = kind
        elif before.lower() in order and kind.lower() in order:
            wider[column] = max(before, kind, key=lambda one: order.index(one.lower()))
    return wider


def _points(series: Series, cells: dict[str, Any], at_ms: int, step: int) -> list[Point]:
    found = []
    for column, value in cells.items():
        number = wire.number(value, series.columns.get(column))
        if number is not None:
            found.append(Point(series.shown(column), number, at_ms, step))
    return found


def every(db: Session, run: Run) -> list[Series]:
    """All metrics of a run by name: Azure's, and MLflow's that are no column of one of these."""
    table = SeriesRow.__table__.c
    query = select(table.name, table.kind, table.columns, table.key).where(table.run == run.key)
    found = {row.name: Series(*row) for row in db.execute(query)}
    columns = {one.shown(column) for one in found.values() for column in one.columns}
    for key in db.scalars(select(LatestRow.key).where(LatestRow.run == run.key)):
        if key not in found and key not in columns:
            found[key] = Series(key, wire.SCALAR, {key: "double"})
    return [found[name] for name in sorted(found)]


def get(db: Session, run: Run, name: str) -> Series:
    """Raises NotFound."""
    table = SeriesRow.__table__.c
    query = select(table.name, table.kind, table.columns, table.key)
    row = db.execute(query.where(table.run == run.key, table.name == name)).one_or_none()
    if row is not None:
        return Series(*row)
    if db.get(LatestRow, (run.key, name)) is None:
        raise NotFound("metric", name, f"run '{run.run_id}' logged none of that name")
    return Series(name, wire.SCALAR, {name: "double"})


@dataclass(frozen=True)
class Span:
    """Which rows: logged from `first_ms` to `last_ms`, behind the row `after`."""

    first_ms: int | None = None
    last_ms: int | None = None
    after: str | None = None


def rows(
    db: Session, run: Run, series: Series, span: Span
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of a series as the wire shows it, and the token of the next page."""
    if not series.scalar:
        return _kept_rows(db, series, span, PAGE)
    first: list[dict[str, Any]] = []
    if not span.after and series.key is not None:  # values that are no numbers: texts, booleans
        first, _ = _kept_rows(db, series, span, None)
    more, token = _point_rows(db, run, series, span, PAGE)
    return first + more, token


def _kept_rows(
    db: Session, series: Series, span: Span, at_most: int | None
) -> tuple[list[dict[str, Any]], str | None]:
    row = SeriesPartRow.__table__.c
    query = select(row.place, row.metric_id, row.created_ms, row.step, row.cells).where(
        row.series == series.key, row.cells.is_not(None)
    )
    if span.after:
        query = query.where(row.place > _token(span.after, 1)[0])
    query = _within(query, row.created_ms, span).order_by(row.place)
    found = db.execute(query.limit(None if at_most is None else at_most + 1)).all()
    page = found if at_most is None else found[:at_most]
    shown = [wire.part(one.metric_id, one.created_ms, one.step, one.cells) for one in page]
    return shown, str(page[-1].place) if len(found) > len(page) else None


def _point_rows(
    db: Session, run: Run, series: Series, span: Span, at_most: int
) -> tuple[list[dict[str, Any]], str | None]:
    row = PointRow.__table__.c
    order = (row.timestamp_ms, row.step, row.value, row.nan)
    query = select(*order).where(row.run == run.key, row.metric == metric_key(series.name))
    if span.after:
        at, step, nan, value = _token(span.after, 4)
        query = query.where(tuple_(*order) > tuple_(at, step, float(value), bool(nan)))
    query = _within(query, row.timestamp_ms, span).order_by(*order)
    found = db.execute(query.limit(at_most + 1)).all()
    page = found[:at_most]
    column = series.columns.get(series.name, "double")
    shown = [
        wire.of_point(run, Point(series.name, float("nan") if nan else value, at, step), column)
        for at, step, value, nan in page
    ]
    if len(found) <= at_most:
        return shown, None
    at, step, value, nan = page[-1]
    return shown, f"{at}:{step}:{int(nan)}:{value!r}"


def _within(query: Any, column: Any, span: Span) -> Any:
    if span.first_ms is not None:
        query = query.where(column >= span.first_ms)
    if span.last_ms is not None:
        query = query.where(column <= span.last_ms)
    return query


def _token(said: str, parts: int) -> list[Any]:
    try:
        found: list[Any] = [int(one) for one in said.split(":")[:3]]
        found += [float(one) for one in said.split(":")[3:]]
    except ValueError:
        found = []
    if len(found) != parts:
        raise Invalid("continuationToken", f"'{said}' is none that this service gave")
    return found
