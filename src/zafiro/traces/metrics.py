"""Numbers over many traces, spans or assessments: counts, sums, averages, percentiles, by
dimensions and by time.

    view         metric                                   may be grouped by
    TRACES       trace_count session_count latency *_tokens     trace_name trace_status
    SPANS        span_count latency *_cost                      span_name span_type span_status …
    ASSESSMENTS  assessment_count assessment_value              assessment_name assessment_value

Source: mlflow/store/tracking/utils/sql_trace_metrics_utils.py, mlflow 3.17. Percentiles
interpolate linearly, as PostgreSQL's percentile_cont does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import ColumnElement, distinct, exists, func, or_, select
from sqlalchemy.orm import Session

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.filters import tokens, unquote
from zafiro.traces.domain import COSTS, NAME_TAG, SESSION, SOURCE_RUN, TOKENS
from zafiro.traces.store import (
    AssessmentRow,
    MetadataRow,
    SpanRow,
    TraceLinkRow,
    TraceRow,
    TraceTagRow,
)

TRACES, SPANS, ASSESSMENTS = "TRACES", "SPANS", "ASSESSMENTS"
COUNT, SUM, AVG, PERCENTILE, MIN, MAX = "COUNT", "SUM", "AVG", "PERCENTILE", "MIN", "MAX"
VIEWS = {1: TRACES, 2: SPANS, 3: ASSESSMENTS}
AGGREGATIONS = {1: COUNT, 2: SUM, 3: AVG, 4: PERCENTILE, 5: MIN, 6: MAX}
BUCKET = "time_bucket"

_COUNTED = frozenset({COUNT})
_SPREAD = frozenset({AVG, MIN, MAX, PERCENTILE})
_SUMMED = _SPREAD | {SUM}
_BY_MODEL = frozenset({"span_model_name", "span_model_provider"})
_MS = 1_000_000


@dataclass(frozen=True)
class Metric:
    column: Any
    aggregations: frozenset[str]
    dimensions: frozenset[str]


METRICS: dict[str, dict[str, Metric]] = {
    TRACES: {
        "trace_count": Metric(
            TraceRow.trace_id, _COUNTED, frozenset({"trace_name", "trace_status"})
        ),
        "session_count": Metric(distinct(TraceRow.session), _COUNTED, frozenset()),
        "latency": Metric(TraceRow.duration_ms, _SPREAD, frozenset({"trace_name"})),
        **{
            name: Metric(getattr(TraceRow, column), _SUMMED, frozenset({"trace_name"}))
            for name, column in TOKENS.items()
        },
    },
    SPANS: {
        "span_count": Metric(
            SpanRow.span_id,
            _COUNTED,
            frozenset({"span_name", "span_type", "span_status"}) | _BY_MODEL,
        ),
        "latency": Metric(
            (SpanRow.end_ns - SpanRow.start_ns).op("/")(_MS),
            _SPREAD,
            frozenset({"span_name", "span_status"}),
        ),
        **{name: Metric(getattr(SpanRow, name), _SUMMED, _BY_MODEL) for name in COSTS},
    },
    ASSESSMENTS: {
        "assessment_count": Metric(
            AssessmentRow.assessment_id,
            _COUNTED,
            frozenset({"assessment_name", "assessment_value"}),
        ),
        "assessment_value": Metric(AssessmentRow.number, _SPREAD, frozenset({"assessment_name"})),
    },
}
_DIMENSIONS: dict[str, Any] = {
    "trace_name": TraceRow.name,
    "trace_status": TraceRow.state,
    "span_name": SpanRow.name,
    "span_type": SpanRow.type,
    "span_status": SpanRow.status,
    "span_model_name": SpanRow.model,
    "span_model_provider": SpanRow.provider,
    "assessment_name": AssessmentRow.name,
    "assessment_value": AssessmentRow.value,
}


@dataclass(frozen=True)
class Aggregation:
    kind: str
    percentile: float | None = None

    @property
    def label(self) -> str:
        """As the client looks it up: P50.0, AVG."""
        return f"P{self.percentile}" if self.kind == PERCENTILE else self.kind


@dataclass(frozen=True)
class Query:
    view: str
    metric: str
    aggregations: Sequence[Aggregation]
    dimensions: Sequence[str] = ()
    filters: Sequence[str] = ()
    interval_s: int | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    at_most: int = 1000


@dataclass(frozen=True)
class Point:
    dimensions: dict[str, str]
    values: dict[str, float]


def query(db: Session, experiments: Sequence[int], asked: Query) -> list[Point]:
    """Ordered by time, then by the dimensions. Raises Invalid."""
    metric = _checked(asked)
    if not experiments:
        return []
    timed: Any = TraceRow.start_ms
    if asked.view == SPANS and asked.metric in COSTS:
        timed = SpanRow.start_ns.op("/")(_MS)
    groups: list[Any] = []
    if asked.interval_s:
        width = asked.interval_s * 1000
        groups.append((timed - timed % width).label(BUCKET))
    groups += [_DIMENSIONS[name].label(name) for name in asked.dimensions]
    values = [
        _aggregated(db, one, metric.column).label(f"value_{n}")
        for n, one in enumerate(asked.aggregations)
    ]
    found = select(*groups, *values).select_from(TraceRow)
    if asked.view == SPANS:
        found = found.join(SpanRow, SpanRow.trace == TraceRow.key)
    elif asked.view == ASSESSMENTS:
        found = found.join(AssessmentRow, AssessmentRow.trace == TraceRow.key)
        found = found.where(AssessmentRow.valid.is_(True))
    found = found.where(TraceRow.experiment.in_(experiments))
    if asked.start_ms is not None:
        found = found.where(timed >= asked.start_ms)
    if asked.end_ms is not None:
        found = found.where(timed <= asked.end_ms)
    for text in asked.filters:
        found = found.where(_filter(asked.view, text))
    if asked.metric == "session_count":
        found = found.where(TraceRow.session.is_not(None))
    else:
        found = found.where(metric.column.is_not(None))
    for name in asked.dimensions:
        found = found.where(_DIMENSIONS[name].is_not(None))
    if groups:
        found = found.group_by(*groups).order_by(*groups)
    rows = db.execute(found.limit(asked.at_most)).all()
    return [point for row in rows if (point := _point(asked, row)).values]


def _checked(asked: Query) -> Metric:
    if asked.view not in METRICS:
        raise Invalid("", f"view_type must be one of {sorted(METRICS)}, got '{asked.view}'")
    metric = METRICS[asked.view].get(asked.metric)
    if metric is None:
        known = sorted(METRICS[asked.view])
        raise Invalid("", f"metric_name must be one of {known}, got '{asked.metric}'")
    wrong = {one.kind for one in asked.aggregations} - metric.aggregations
    if wrong:
        raise Invalid(
            "",
            f"Found invalid aggregation_type(s): {sorted(wrong)}. Supported aggregation types: "
            f"{sorted(metric.aggregations)}",
        )
    if any(
        one.kind == PERCENTILE and not (one.percentile is not None and 0 <= one.percentile <= 100)
        for one in asked.aggregations
    ):
        raise Invalid("percentile_value", "a percentile is a number from 0 to 100")
    other = set(asked.dimensions) - metric.dimensions
    if other:
        raise Invalid(
            "",
            f"Found invalid dimension(s): {sorted(other)}. Supported dimensions: "
            f"{sorted(metric.dimensions)}",
        )
    if not asked.aggregations:
        raise Invalid("aggregations", "at least one is needed")
    if asked.interval_s is not None and asked.interval_s <= 0:
        raise Invalid("time_interval_seconds", "must be positive")
    if asked.interval_s and (asked.start_ms is None or asked.end_ms is None):
        raise Invalid(
            "", "start_time_ms and end_time_ms are required if time_interval_seconds is set"
        )
    return metric


def _aggregated(db: Session, one: Aggregation, column: Any) -> Any:
    if one.kind != PERCENTILE:
        return getattr(func, one.kind.lower())(column)
    if db.get_bind().dialect.name == "postgresql":
        return func.percentile_cont((one.percentile or 0) / 100).within_group(column)
    # SQLite has no percentile: this connection is taught one.
    raw: Any = db.connection().connection.driver_connection
    raw.create_aggregate("zafiro_percentile", 2, Percentile)
    return func.zafiro_percentile(column, one.percentile)


class Percentile:
    """An aggregate as sqlite3 wants it."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._percentile = 0.0

    def step(self, value: float | None, percentile: float) -> None:
        self._percentile = percentile
        if value is not None:
            self._values.append(value)

    def finalize(self) -> float | None:
        if not self._values:
            return None
        values = sorted(self._values)
        place = (len(values) - 1) * self._percentile / 100
        low, high = values[math.floor(place)], values[math.ceil(place)]
        return low + (high - low) * (place - math.floor(place))


def _point(asked: Query, row: Any) -> Point:
    said = row._mapping
    dimensions = {name: str(said[name]) for name in asked.dimensions}
    if asked.interval_s:
        at = datetime.fromtimestamp(int(said[BUCKET]) / 1000, timezone.utc)
        dimensions = {BUCKET: at.isoformat(), **dimensions}
    values = {
        one.label: float(value)
        for n, one in enumerate(asked.aggregations)
        if (value := said[f"value_{n}"]) is not None
    }
    return Point(dimensions, values)


def _filter(view: str, text: str) -> ColumnElement[bool]:
    """One clause: trace.status = 'OK', trace.tag.`team` = 'red', span.type = 'LLM', …"""
    given = tokens(text)
    if len(given) != 3 or given[0].kind != "word" or given[2].kind != "string":
        raise Invalid("", f"Invalid filter: '{text}'. Expected one filter clause.")
    if given[1].text != "=":
        raise Invalid("", f"Invalid comparator: '{given[1].text}', only '=' operator is supported")
    parts = given[0].text.split(".", 2)
    key, value = unquote(parts[2]) if len(parts) > 2 else "", unquote(given[2].text)
    what = (parts[0], *parts[1:2])
    if what in (("trace", "tag"), ("trace", "metadata")):
        if not key:
            raise Invalid(
                "",
                f"Filtering by {what[1]} requires a key, e.g. 'trace.{what[1]}.<key> = <value>'",
            )
        return _of_trace(what[1], key, value)
    column = _FILTERED.get(what)
    if column is None or key:
        known = ", ".join(".".join(one) for one in _FILTERED)
        raise Invalid(
            "",
            f"Invalid identifier '{given[0].text}'. Filters may say {known}, trace.tag.<key> and "
            "trace.metadata.<key>",
        )
    if (what[0] == "span" and view != SPANS) or (what[0] == "assessment" and view != ASSESSMENTS):
        raise Invalid(
            "", f"Filtering by {what[0]} is only supported for the {what[0]} view, got {view}"
        )
    found: ColumnElement[bool] = column == value
    return found


_FILTERED: dict[tuple[str, ...], Any] = {
    ("trace", "status"): TraceRow.state,
    ("span", "name"): SpanRow.name,
    ("span", "status"): SpanRow.status,
    ("span", "type"): SpanRow.type,
    ("assessment", "name"): AssessmentRow.name,
    ("assessment", "type"): AssessmentRow.kind,
}


def _of_trace(what: str, key: str, value: str) -> ColumnElement[bool]:
    if (what, key) == ("tag", NAME_TAG):
        return TraceRow.name == value
    if (what, key) == ("metadata", SESSION):
        return TraceRow.session == value
    table: Any = TraceTagRow if what == "tag" else MetadataRow
    found = exists().where(table.trace == TraceRow.key, table.key == key, table.value == value)
    if key != SOURCE_RUN:
        return found
    row = TraceLinkRow
    linked = exists().where(row.trace == TraceRow.key, row.kind == "run", row.target == value)
    return or_(found, linked)
