"""Metrics as azureml-core logged them before /metric/v2.0, and does still with AZUREML_METRICS_V2
set to nothing. Kept and read as those of today (series): only the JSON is another.
"""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.paging import read_token, write_token
from zafiro.tracking import metric_wire as wire
from zafiro.tracking import odata, series, service
from zafiro.tracking.ask import EXPERIMENT, RUN, Act, Ask
from zafiro.tracking.domain import ACTIVE, Run
from zafiro.tracking.history_wire import ms
from zafiro.tracking.store import RunRow

_MOST_RUNS = 100
Found = tuple[Run, series.Series]
Test = Callable[[Found], bool]


class Property(msgspec.Struct, rename="camel"):
    property_id: str = ""
    name: str = ""
    type: str = "string"


class Schema(msgspec.Struct):
    properties: list[Property] = []


class Metric(msgspec.Struct, rename="camel"):
    """MetricDto of azureml-core 1.61."""

    metric_id: str | None = None
    metric_type: str | None = None
    created_utc: str | None = None
    name: str = ""
    data_location: str | None = None
    cells: list[dict[str, Any]] | None = None
    schema: Schema | None = None


class Metrics(msgspec.Struct):
    values: list[Metric] = []


class Query(msgspec.Struct, rename="camel"):
    filter: str | None = None
    continuation_token: str | None = None


def log_one(asked: Ask) -> Any:
    return _log(asked, [wire.read(asked.body, Metric)])


def log_batch(asked: Ask) -> Any:
    return _log(asked, wire.read(asked.body, Metrics).values)


def _log(asked: Ask, said: list[Metric]) -> Any:
    run = asked.run("write")
    service.check_active(run)
    with asked.ctx.db.begin() as db:
        refused = series.log(db, run, [_today(one) for one in said])
        if refused:
            raise refused[0][1]  # there is no place in the answer to say it
    return {}


def _today(said: Metric) -> wire.Metric:
    if said.data_location:
        columns, cells = {said.name: "Artifact"}, [{said.name: said.data_location}]
    else:
        cells = said.cells or []
        given = said.schema.properties if said.schema else []
        columns = {one.property_id or one.name: one.type for one in given}
    parts = [
        wire.Part(said.metric_id and f"{said.metric_id}/{n}", said.created_utc, None, cell)
        for n, cell in enumerate(cells)
    ]
    return wire.Metric(said.name, columns or None, parts, wire.Properties(said.metric_type))


def query(asked: Ask) -> Any:
    """{filter} over RunId, name, MetricType, CreatedUtc → one metric with all its cells for each
    series. CreatedUtc is asked of the series' first row's page, as the client's own merge does."""
    said = wire.read(asked.body, Query)
    asked.may("experiments/runs/read")
    text = said.filter or asked.query.get("$filter") or ""
    test, runs, since = _read(text)
    _, offset = read_token(said.continuation_token)
    with asked.ctx.db.read() as db:
        found = _runs(asked, db, runs, offset)
        value = [
            _shown(db, run, one, since)
            for run in found[:_MOST_RUNS]
            for one in series.every(db, run)
            if test((run, one))
        ]
    answer: dict[str, Any] = {"value": [one for one in value if one["numCells"]]}
    if len(found) > _MOST_RUNS:
        answer["continuationToken"] = write_token(0, offset + _MOST_RUNS)
    return answer


def get(asked: Ask) -> Any:
    """By the id that `query` gave it: {run id}:{name}."""
    run_id, _, name = asked.ids["metric"].partition(":")
    run = asked.run(run_id=run_id)
    with asked.ctx.db.read() as db:
        return _shown(db, run, series.get(db, run, name), None)


def _runs(asked: Ask, db: Session, wanted: list[str], offset: int) -> list[Run]:
    query = service.every_run().where(
        RunRow.workspace == asked.workspace.guid, RunRow.lifecycle == ACTIVE
    )
    if wanted:
        query = query.where(RunRow.run_id.in_(wanted))
    else:
        query = query.where(RunRow.experiment == asked.experiment(db).key)
    return service.load(db, query.order_by(RunRow.key).offset(offset).limit(_MOST_RUNS + 1))


def _read(text: str) -> tuple[Test, list[str], int | None]:
    """The filter as a test, the runs it names, and after which moment it wants rows."""
    runs: list[str] = []
    since: list[int] = []

    def compare(name: str, comparison: str, said: str) -> Test:
        value = odata.literal(said)
        known = name.lower()
        if known == "createdutc" and comparison in ("gt", "ge"):
            since.append(ms(str(value)) + (comparison == "gt"))
            return lambda found: True
        fields: dict[str, Callable[[Found], str]] = {
            "runid": lambda found: found[0].run_id,
            "name": lambda found: found[1].name,
            "metrictype": lambda found: found[1].kind,
        }
        if known not in fields or comparison not in ("eq", "ne"):
            raise Invalid("filter", f"metrics are not filtered by {name} {comparison}")
        if known == "runid" and comparison == "eq":
            runs.append(str(value))
        return lambda found: (fields[known](found) == value) == (comparison == "eq")

    maker: odata.Maker[Test] = odata.Maker(
        compare,
        lambda name: lambda found: True,
        lambda parts: lambda found: any(part(found) for part in parts),
        lambda parts: lambda found: all(part(found) for part in parts),
        lambda part: lambda found: not part(found),
    )
    test = odata.make(text, maker) if text.strip() else (lambda found: True)
    return test, runs, max(since, default=None)


def _shown(db: Session, run: Run, one: series.Series, since: int | None) -> dict[str, Any]:
    """RunMetricDto."""
    parts: list[dict[str, Any]] = []
    token: str | None = None
    while True:
        some, token = series.rows(db, run, one, series.Span(since, None, token))
        parts += some
        if token is None:
            break
    made: dict[str, Any] = {
        "runId": run.run_id,
        "metricId": f"{run.run_id}:{one.name}",
        "metricType": one.kind,
        "name": one.name,
        "numCells": len(parts),
        "cells": [part["data"] for part in parts],
        "schema": {
            "numProperties": len(one.columns),
            "properties": [
                {"propertyId": name, "name": name, "type": kind}
                for name, kind in one.columns.items()
            ],
        },
    }
    if parts:
        made["createdUtc"] = parts[0]["createdUtc"]
    if list(one.columns.values()) == ["Artifact"] and parts:
        made["dataLocation"] = parts[-1]["data"][one.name]
    return made


VERBS: tuple[tuple[str, str, Act], ...] = (
    ("POST", rf"{RUN}/metrics", log_one),
    ("POST", rf"{RUN}/batch/metrics", log_batch),
    ("POST", rf"{EXPERIMENT}/metrics:query", query),
    ("GET", rf"{EXPERIMENT}/metrics/(?P<metric>.+)", get),
)
