"""Assessments: what people, judges and code say of a trace. Functions of an open session."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zafiro.core import clock
from zafiro.core.errors import Invalid, NotFound
from zafiro.traces.domain import (
    EXPECTATION,
    FEEDBACK,
    SCORER_RUN,
    SESSION,
    Assessment,
    Trace,
    number_of,
)
from zafiro.traces.store import AssessmentRow


def create(db: Session, trace: Trace, said: Assessment) -> Assessment:
    """Raises NotFound when it overrides what is not there."""
    if said.overrides:
        _get(db, trace, said.overrides)
        _change(db, trace, said.overrides, valid=False)
    id = write(db, trace.key, replace(said, valid=True))
    return get(db, trace, id)


def write(db: Session, trace: int, said: Assessment) -> str:
    """One row, in place of the one with its id; gives back the id."""
    row = AssessmentRow
    id = said.id or f"a-{uuid.uuid4().hex}"
    db.execute(delete(row).where(row.trace == trace, row.assessment_id == id))
    number, numeric = number_of(said.value)
    db.add(
        row(
            trace=trace,
            assessment_id=id,
            name=said.name,
            kind=said.kind,
            value=_json(said.value),
            number=number,
            numeric=numeric,
            error=said.error,
            source_type=said.source_type,
            source_id=said.source_id,
            created_ms=said.created_ms or _now_ms(),
            updated_ms=said.updated_ms or _now_ms(),
            run_id=said.metadata.get(SCORER_RUN),
            span_id=said.span_id,
            rationale=said.rationale,
            overrides=said.overrides,
            valid=said.valid,
            of_session=SESSION in said.metadata,
            details=said.metadata,
        )
    )
    db.flush()
    return id


def get(db: Session, trace: Trace, id: str) -> Assessment:
    """Raises NotFound."""
    return _assessment(_get(db, trace, id), trace.trace_id)


def change(db: Session, trace: Trace, id: str, fields: Mapping[str, Any]) -> Assessment:
    """Change what is given of name, value and error (with their kind), rationale, metadata (which
    is merged), valid. Raises NotFound, Invalid when the kind is another."""
    old = _get(db, trace, id)
    new: dict[str, Any] = {"updated_ms": _now_ms()}
    kind = fields.get("kind", old.kind)
    if kind != old.kind:
        what = {FEEDBACK: "a Feedback", EXPECTATION: "an Expectation"}.get(old.kind, "an issue's")
        raise Invalid("", f"Cannot update {kind} value on {what} assessment.")
    if "value" in fields:
        number, numeric = number_of(fields["value"])
        new |= {"value": _json(fields["value"]), "number": number, "numeric": numeric}
        new["error"] = fields.get("error")
    if "metadata" in fields:
        merged = {**old.details, **fields["metadata"]}
        new |= {"details": merged, "of_session": SESSION in merged}
    new |= {name: fields[name] for name in ("name", "rationale", "valid") if name in fields}
    _change(db, trace, id, **new)
    return get(db, trace, id)


def remove(db: Session, trace: Trace, id: str) -> None:
    """What it overrode counts again. Nothing there is fine."""
    row = AssessmentRow
    where = (row.trace == trace.key, row.assessment_id == id)
    overrides = db.scalars(select(row.overrides).where(*where)).one_or_none()
    if overrides:
        _change(db, trace, overrides, valid=True)
    db.execute(delete(row).where(*where))


def of_traces(db: Session, traces: Mapping[int, str]) -> dict[int, list[Assessment]]:
    """By the keys of the traces; `traces` gives their ids."""
    found: dict[int, list[Assessment]] = {}
    if traces:
        row = AssessmentRow.__table__.c
        query = select(*row).where(row.trace.in_(list(traces))).order_by(row.key)
        for one in db.execute(query):
            found.setdefault(one.trace, []).append(_assessment(one, traces[one.trace]))
    return found


def _get(db: Session, trace: Trace, id: str) -> AssessmentRow:
    row = AssessmentRow
    query = select(row).where(row.trace == trace.key, row.assessment_id == id)
    found = db.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound(
            "assessment",
            id,
            f"Assessment with ID '{id}' not found for trace '{trace.trace_id}'",
        )
    return found


def _change(db: Session, trace: Trace, id: str, **values: Any) -> None:
    row = AssessmentRow
    where = (row.trace == trace.key, row.assessment_id == id)
    db.execute(update(row).where(*where).values(values))


def _assessment(row: Any, trace_id: str) -> Assessment:
    return Assessment(
        id=row.assessment_id,
        trace_id=trace_id,
        name=row.name,
        kind=row.kind,
        value=json.loads(row.value),
        error=row.error,
        source_type=row.source_type,
        source_id=row.source_id,
        created_ms=row.created_ms,
        updated_ms=row.updated_ms,
        span_id=row.span_id,
        rationale=row.rationale,
        overrides=row.overrides,
        valid=row.valid,
        metadata=row.details,
    )


def _json(value: Any) -> str:
    """With NaN as Python writes it: the comparisons of search are of text."""
    return json.dumps(value, ensure_ascii=False)


def _now_ms() -> int:
    return int(clock.now().timestamp() * 1000)
