"""Searching traces: the clauses of a filter as SQL, pages, and how two filters go together."""

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.conditions import compare
from zafiro.mlflow_rest.filters import Clause, Order
from zafiro.mlflow_rest.paging import read_token, write_token
from zafiro.traces import service
from zafiro.traces.domain import (
    ARTIFACTS_TAG,
    EXPECTATION,
    FEEDBACK,
    IN_STORE,
    NAME_TAG,
    PROMPTS_TAG,
    SESSION,
    SOURCE_RUN,
    SPANS_LOCATION,
    Trace,
)
from zafiro.traces.filters import ATTRIBUTE, METADATA, SPAN, TAG, TEXT, parse, parse_order
from zafiro.traces.store import (
    AssessmentRow,
    MetadataRow,
    SpanRow,
    TraceLinkRow,
    TraceRow,
    TraceTagRow,
)

_MOST_PATTERN = 500  # characters of a regular expression
_PRIOR = 0.5  # Jeffreys'

_COLUMNS: dict[str, Any] = {
    "request_id": TraceRow.trace_id,
    "timestamp_ms": TraceRow.start_ms,
    "execution_time_ms": TraceRow.duration_ms,
    "end_time_ms": TraceRow.start_ms + func.coalesce(TraceRow.duration_ms, 0),
    "status": TraceRow.state,
    "client_request_id": TraceRow.client_request_id,
    "experiment_id": TraceRow.experiment,
    "name": TraceRow.name,
}


def search_traces(
    db: Session,
    experiments: Sequence[int],
    *,
    text: str = "",
    order_by: Sequence[str] = (),
    limit: int = 100,
    token: str | None = None,
) -> tuple[list[Trace], str | None]:
    """One page of traces, newest first unless asked otherwise, and the token of the next page,
    None at the end. Raises Invalid."""
    clauses = parse(text) if text.strip() else []
    orders = [parse_order(order) for order in order_by]
    if len({(order.kind, order.key) for order in orders}) < len(orders):
        raise Invalid("", f"`order_by` contains duplicate fields: {list(order_by)}")
    _, offset = read_token(token)
    if not experiments:
        return [], None
    query = service.every().where(TraceRow.experiment.in_(experiments))
    query = query.where(*conditions(db, clauses, experiments))
    by: list[Any] = []
    for order in orders:
        query, columns = _ordered(query, order)
        by += columns
    if not any(order.key == "timestamp_ms" for order in orders):
        by.append(TraceRow.start_ms.desc())
    query = query.order_by(*by, TraceRow.trace_id)
    found = service.load(db, query.offset(offset).limit(limit + 1))
    if len(found) > limit:
        return found[:limit], write_token(0, offset + limit)
    return found, None


def conditions(
    db: Session, clauses: Sequence[Clause], experiments: Sequence[int]
) -> list[ColumnElement[bool]]:
    """What must be true of a row of traces. Clauses about spans are about one and the same."""
    spans = [_of_span(db, clause) for clause in clauses if clause.kind == SPAN]
    found = [_condition(db, c, experiments) for c in clauses if c.kind != SPAN]
    if spans:
        found.append(exists().where(SpanRow.trace == TraceRow.key, *spans))
    return found


def correlation(
    db: Session, experiments: Sequence[int], first: str, second: str, base: str
) -> dict[str, Any]:
    """How often both filters hold of a trace: counts, and the normalised pointwise mutual
    information of them, from -1 (never together) to 1 (always). NaN is left out.

    Source: mlflow/store/analytics/trace_correlation.py, mlflow 3.17.
    """
    one = and_(true(), *conditions(db, parse(first), experiments))
    two = and_(true(), *conditions(db, parse(second), experiments))
    within = conditions(db, parse(base), experiments) if base.strip() else []
    query = select(
        func.count(),
        func.coalesce(func.sum(case((one, 1), else_=0)), 0),
        func.coalesce(func.sum(case((two, 1), else_=0)), 0),
        func.coalesce(func.sum(case((and_(one, two), 1), else_=0)), 0),
    ).where(TraceRow.experiment.in_(experiments), *within)
    total, n1, n2, both = (int(value) for value in db.execute(query).one())
    said: dict[str, Any] = {
        "filter1_count": n1,
        "filter2_count": n2,
        "joint_count": both,
        "total_count": total,
    }
    if n1 and n2:
        said["npmi"] = _npmi(both, n1, n2, total, 0.0) if both else -1.0
        said["npmi_smoothed"] = _npmi(both, n1, n2, total, _PRIOR)
    return said


def _npmi(both: int, n1: int, n2: int, total: int, prior: float) -> float:
    if both == n1 == n2 == total:
        return 1.0
    joint, every = both + prior, total + 4 * prior
    one, two = n1 + 2 * prior, n2 + 2 * prior
    pmi = math.log(joint * every / (one * two))
    return max(-1.0, min(1.0, pmi / -math.log(joint / every)))


def _ordered(query: Any, order: Order) -> tuple[Any, list[Any]]:
    """What has no value comes last, whichever the direction."""
    kind, key = order.kind, order.key
    if kind == ATTRIBUTE and key == "run_id":
        kind, key = METADATA, SOURCE_RUN
    if kind == ATTRIBUTE:
        column = _COLUMNS[key]
    elif kind == TAG and key == NAME_TAG:
        column = TraceRow.name
    elif kind == METADATA and key == SESSION:
        column = TraceRow.session
    else:
        table: Any = TraceTagRow if kind == TAG else MetadataRow
        row = aliased(table)
        query = query.outerjoin(row, and_(row.trace == TraceRow.key, row.key == key))
        column = row.value
    return query, [column.is_(None), column.asc() if order.ascending else column.desc()]


def _condition(db: Session, clause: Clause, experiments: Sequence[int]) -> ColumnElement[bool]:
    kind, key = clause.kind, clause.key
    if kind == ATTRIBUTE and key == "run_id":
        if clause.comparator == "=":
            named = _has(MetadataRow, SOURCE_RUN, MetadataRow.value == clause.value)
            return or_(named, _linked("run", str(clause.value)))
        kind, key = METADATA, SOURCE_RUN
    if (kind, key) in ((ATTRIBUTE, "prompt"), (TAG, PROMPTS_TAG)):
        return _prompt(clause)
    if kind == ATTRIBUTE:
        return _compared(db, _COLUMNS[key], clause)
    if kind == TAG:
        own = _own_tag(key)
        return _paired(db, TraceTagRow, key, clause) if own is None else _compared(db, own, clause)
    if kind == METADATA:
        if key == SESSION:
            return _compared(db, TraceRow.session, clause)
        if key == SOURCE_RUN and clause.comparator == "=":
            named = _has(MetadataRow, SOURCE_RUN, MetadataRow.value == clause.value)
            return or_(named, _linked("run", str(clause.value)))
        return _paired(db, MetadataRow, key, clause)
    if kind in (FEEDBACK, EXPECTATION):
        return _judged(db, clause, experiments)
    row = AssessmentRow
    return exists().where(row.trace == TraceRow.key, row.kind == kind, row.name == clause.value)


def _own_tag(key: str) -> Any:
    """A tag that is another face of a column, as SQL; None for others."""
    if key == NAME_TAG:
        return TraceRow.name
    if key == SPANS_LOCATION:
        return case((TraceRow.in_store, IN_STORE), else_=None)
    if key == ARTIFACTS_TAG:
        raise Invalid("", f"traces cannot be searched by {ARTIFACTS_TAG}")
    return None


def _prompt(clause: Clause) -> ColumnElement[bool]:
    if clause.comparator != "=":
        raise Invalid(
            "",
            f"Invalid comparator '{clause.comparator}' for prompts filter. Only '=' is supported "
            'with format: prompt = "name/version"',
        )
    if str(clause.value).count("/") != 1:
        raise Invalid(
            "",
            f"Invalid prompts filter value '{clause.value}'. Expected format: "
            'prompt = "name/version"',
        )
    return _linked("prompt", str(clause.value))


def _linked(kind: str, target: str) -> ColumnElement[bool]:
    row = TraceLinkRow
    return exists().where(row.trace == TraceRow.key, row.kind == kind, row.target == target)


def _has(table: Any, key: str, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(table.trace == TraceRow.key, table.key == key, *more)


def _paired(db: Session, table: Any, key: str, clause: Clause) -> ColumnElement[bool]:
    if clause.comparator == "IS NULL":
        return not_(_has(table, key))
    if clause.comparator == "IS NOT NULL":
        return _has(table, key)
    return _has(table, key, _compared(db, table.value, clause))


def _judged(db: Session, clause: Clause, experiments: Sequence[int]) -> ColumnElement[bool]:
    """An assessment of the trace, or one of its whole session."""
    row = AssessmentRow
    wanted = [row.kind == clause.kind, row.name == clause.key, row.valid.is_(True)]
    if clause.comparator in ("<", "<=", ">", ">="):
        wanted += [row.numeric.is_(True), compare(db, row.number, clause)]
    elif clause.comparator in ("=", "!="):
        same: Any = row.value.in_([str(clause.value), json.dumps(clause.value, ensure_ascii=False)])
        if (number := _number(str(clause.value))) is not None:  # 5 travels as 5.0
            same = or_(same, and_(row.numeric.is_(True), row.number == number))
        wanted.append(same if clause.comparator == "=" else not_(same))
    elif clause.comparator not in ("IS NULL", "IS NOT NULL"):
        wanted.append(_compared(db, func.trim(row.value, '"'), clause))
    mine = exists().where(row.trace == TraceRow.key, *wanted)
    other = aliased(TraceRow)
    sessions = (
        select(other.session)
        .join(row, row.trace == other.key)
        .where(other.experiment.in_(experiments), other.session.is_not(None))
        .where(row.of_session.is_(True), *wanted)
    )
    found = or_(mine, and_(TraceRow.session.is_not(None), TraceRow.session.in_(sessions)))
    return not_(found) if clause.comparator == "IS NULL" else found


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _of_span(db: Session, clause: Clause) -> ColumnElement[bool]:
    if clause.key.startswith("attributes."):
        value = _attribute(db, clause.key[len("attributes.") :])
        return _compared(db, value, clause)
    column: Any = SpanRow.content if clause.key == TEXT else getattr(SpanRow, clause.key)
    return _compared(db, column, clause)


def _attribute(db: Session, key: str) -> Any:
    """The attribute as text; NULL when the span has none of that name."""
    if db.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import JSONB  # 70 ms that SQLite is spared

        return func.jsonb_extract_path_text(cast(SpanRow.content, JSONB), "attributes", key)
    if '"' in key:
        raise Invalid("", f"no attribute is named {key!r}")
    path = f'$.attributes."{key}"'
    kind = func.json_type(SpanRow.content, path)
    return case(
        (kind.in_(["true", "false"]), kind),
        else_=cast(func.json_extract(SpanRow.content, path), String),
    )


def _compared(db: Session, column: Any, clause: Clause) -> ColumnElement[bool]:
    if clause.comparator == "RLIKE":
        pattern = str(clause.value)
        if len(pattern) > _MOST_PATTERN:
            raise Invalid("", f"a pattern has at most {_MOST_PATTERN} characters")
        try:
            re.compile(pattern)
        except re.error as e:
            raise Invalid("", f"'{pattern}' is no regular expression: {e}") from e
        found: ColumnElement[bool] = column.regexp_match(pattern)
        return found
    return compare(db, column, clause)
