"""Which jobs speak of something: found in the text of their resources, for nothing else keeps it.

One look reads every job of a workspace: 10,000 take some 50 ms (docs/performance.md)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.orm import Session

from zafiro.jobs.store import JobRow


@dataclass(frozen=True)
class Reader:
    """A job whose resource holds what was looked for. properties: the ARM bag, as sent."""

    name: str
    properties: dict[str, Any]


def readers(
    db: Session, guid: str, texts: Sequence[str], *, limit: int
) -> tuple[list[Reader], int]:
    """The newest jobs in whose resource one of `texts` stands, in any case, and how many there
    are. A text may begin or end with the quotation mark that JSON puts around a value."""
    if not texts:
        return [], 0
    # SQLite keeps what Python wrote (other letters escaped), PostgreSQL what it reads as.
    spelled = {s for text in texts for s in (text, json.dumps(text.strip('"')).strip('"'))}
    body = cast(JobRow.body, Text)
    where = [
        JobRow.guid == guid,
        or_(*(body.icontains(text, autoescape=True) for text in sorted(spelled))),
    ]
    query = (
        select(JobRow.name, JobRow.body, func.count().over())
        .where(*where)
        .order_by(JobRow.key.desc())
        .limit(limit)
    )
    rows = db.execute(query).all()
    found = [Reader(name, body.get("properties") or {}) for name, body, _ in rows]
    return found, (int(rows[0][2]) if rows else 0)
