"""Which jobs speak of something: found in the text of their resources, for nothing else keeps it.

One look reads every job of a workspace; what few of them can match is asked first."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from zafiro.jobs.store import JobRow

# How a resource spells what a job wrote, before and after the name of the job.
_WRITTEN = (
    ("azureml://jobs/", "/outputs/"),
    ("runs:/", "/"),
    ("/paths/azureml/", "/"),
    ("/ExperimentRun/dcid.", "/"),
)


@dataclass(frozen=True)
class Reader:
    """A job whose resource holds what was looked for. properties: the ARM bag, as sent."""

    name: str
    properties: dict[str, Any]


def readers(
    db: Session, guid: str, values: Sequence[str], *, jobs: Sequence[str] = (), limit: int
) -> tuple[list[Reader], int]:
    """The newest jobs in whose resource a value ends with one of `values`, or names what one of
    `jobs` wrote; and how many there are. In any case."""
    ends = [_contains(db, f'{text}"') for value in values for text in _spelled(value)]
    if jobs:
        some = or_(*(_contains(db, before) for before, _ in _WRITTEN))
        named = [
            _contains(db, f"{before}{name}{after}") for name in jobs for before, after in _WRITTEN
        ]
        ends.append(and_(some, or_(*named)))
    if not ends:
        return [], 0
    query = (
        select(JobRow.name, JobRow.body, func.count().over())
        .where(JobRow.guid == guid, or_(*ends))
        .order_by(JobRow.key.desc())
        .limit(limit)
    )
    rows = db.execute(query).all()
    found = [Reader(name, body.get("properties") or {}) for name, body, _ in rows]
    return found, (int(rows[0][2]) if rows else 0)


def _spelled(text: str) -> set[str]:
    """SQLite keeps what Python wrote (other letters escaped), PostgreSQL what it reads as."""
    return {text, json.dumps(text)[1:-1]}


def _contains(db: Session, text: str) -> ColumnElement[bool]:
    body = cast(JobRow.body, Text)
    if db.get_bind().dialect.name == "sqlite":  # its LIKE minds no case, and is half the price
        return body.contains(text, autoescape=True)
    return body.icontains(text, autoescape=True)
