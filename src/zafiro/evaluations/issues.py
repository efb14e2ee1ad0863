"""Issues: what was found wrong in traces. Functions of an open session; nothing here commits."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zafiro.core import clock
from zafiro.core.errors import Invalid, NotFound
from zafiro.evaluations.domain import ISSUE_STATES, SEVERITIES, Issue
from zafiro.evaluations.store import IssueRow
from zafiro.mlflow_rest.conditions import compare
from zafiro.mlflow_rest.filters import parse
from zafiro.mlflow_rest.paging import read_token, write_token
from zafiro.traces import service as traces

_COLUMNS: dict[str, Any] = {"status": IssueRow.status, "source_run_id": IssueRow.source_run}


def create(db: Session, workspace: str, said: Issue) -> Issue:
    """`issue_id` and times are given here. Raises Invalid."""
    at = int(clock.now().timestamp() * 1000)
    row = IssueRow(
        workspace=workspace,
        issue_id=f"iss-{uuid.uuid4().hex}",
        experiment=said.experiment,
        name=said.name,
        description=said.description,
        status=_one_of("status", said.status, ISSUE_STATES),
        severity=said.severity and _one_of("severity", said.severity, SEVERITIES),
        rank=_rank(said.severity),
        root_causes=list(said.root_causes),
        categories=list(said.categories),
        source_run=said.source_run,
        created_ms=at,
        modified_ms=at,
        created_by=said.created_by,
    )
    db.add(row)
    db.flush()
    return _issue(row)


def get(db: Session, workspace: str, issue_id: str) -> Issue:
    """Raises NotFound."""
    return _issue(_row(db, workspace, issue_id))


def change(db: Session, workspace: str, issue_id: str, fields: Mapping[str, str]) -> Issue:
    """Of name, description, status and severity those that are given. Raises NotFound, Invalid."""
    row = _row(db, workspace, issue_id)
    if "status" in fields:
        row.status = _one_of("status", fields["status"], ISSUE_STATES)
    if "severity" in fields:
        row.severity = _one_of("severity", fields["severity"], SEVERITIES)
        row.rank = _rank(row.severity)
    for name in ("name", "description"):
        if name in fields:
            setattr(row, name, fields[name])
    row.modified_ms = int(clock.now().timestamp() * 1000)
    db.flush()
    return _issue(row)


def search(
    db: Session,
    workspace: str,
    *,
    experiment: int | None,
    text: str,
    limit: int,
    token: str | None,
    count_traces: bool,
) -> tuple[list[Issue], str | None]:
    """One page: the gravest first, then what hit most traces (if counted), then the newest."""
    row = IssueRow
    kinds = frozenset({"attribute"})
    clauses = parse(text, dict.fromkeys(_COLUMNS, str), kinds=kinds) if text.strip() else []
    if any(clause.comparator not in ("=", "!=") for clause in clauses):
        raise Invalid("", "issues are compared by = and != only")
    _, offset = read_token(token)
    count = traces.count_with_issue(workspace, row.issue_id)
    query = select(row, count) if count_traces else select(row)
    query = query.where(row.workspace == workspace)
    if experiment is not None:
        query = query.where(row.experiment == experiment)
    for clause in clauses:
        query = query.where(compare(db, _COLUMNS[clause.key], clause))
    by = [row.rank.desc(), *([count.desc()] if count_traces else []), row.created_ms.desc()]
    query = query.order_by(*by, row.issue_id.desc()).offset(offset).limit(limit + 1)
    found = [
        replace(_issue(one[0]), traces=one[1] if count_traces else None)
        for one in db.execute(query)
    ]
    return found[:limit], write_token(0, offset + limit) if len(found) > limit else None


def _row(db: Session, workspace: str, issue_id: str) -> IssueRow:
    query = select(IssueRow).where(IssueRow.workspace == workspace, IssueRow.issue_id == issue_id)
    found = db.scalars(query).one_or_none()
    if found is None:
        raise NotFound("issue", issue_id, f"Issue with ID '{issue_id}' not found")
    return found


def _one_of(what: str, said: str, known: tuple[str, ...]) -> str:
    if said not in known:
        raise Invalid(what, f"'{said}' is none of {', '.join(known)}")
    return said


def _rank(severity: str | None) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1


def _issue(row: IssueRow) -> Issue:
    return Issue(
        issue_id=row.issue_id,
        experiment=row.experiment,
        name=row.name,
        description=row.description,
        status=row.status,
        severity=row.severity,
        root_causes=tuple(row.root_causes),
        categories=tuple(row.categories),
        source_run=row.source_run,
        created_ms=row.created_ms,
        modified_ms=row.modified_ms,
        created_by=row.created_by,
    )
