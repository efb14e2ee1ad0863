"""What pages ask of jobs, each in one look. Reads only. Public to other slices
(docs/decisions/0008)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.jobs import description, store
from zafiro.jobs.domain import Failure
from zafiro.jobs.references import Reader as Reader
from zafiro.jobs.references import readers as readers
from zafiro.jobs.store import JobRow, Kept
from zafiro.workspaces.domain import Workspace

LOG = "user_logs/std_log.txt"


@dataclass(frozen=True)
class Standing:
    """How far a job is, for a row of a list."""

    status: str
    step: str
    failure: Failure | None


def standings(db: Session, guid: str, names: Sequence[str]) -> dict[str, Standing]:
    """Of those that are jobs, by name."""
    query = select(JobRow.name, JobRow.status, JobRow.steps, JobRow.failure).where(
        JobRow.guid == guid, JobRow.lower_name.in_([name.lower() for name in names])
    )
    return {
        name: Standing(
            status,
            steps[-1]["name"] if steps else "",
            None if failure is None else Failure(**failure),
        )
        for name, status, steps, failure in db.execute(query)
    }


def find(db: Session, guid: str, name: str) -> Kept | None:
    """The job and the resource around it; None for a run that is no job."""
    return store.find(db, guid, name)


def bodies(db: Session, guid: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of those that are jobs, by name, what was sent: the resource's body."""
    query = select(JobRow.name, JobRow.body).where(
        JobRow.guid == guid, JobRow.lower_name.in_([name.lower() for name in names])
    )
    return dict(db.execute(query).tuples().all())


def log_file(ctx: Context, workspace: Workspace, job: str) -> Path:
    """Where the log of a job's command is written, whether or not it is there yet."""
    return Path(description.artifacts(ctx, workspace, job)) / LOG


def code_folder(ctx: Context, db: Session, workspace: Workspace, kept: Kept) -> Path | None:
    """Where the code a job was sent with lies; None for one that was sent without, or with a
    reference to a place elsewhere. Raises Invalid when what it names is not there any more."""
    asked = kept.body["properties"].get("codeId")
    if not asked:
        return None
    path = description.locate(ctx, db, workspace, str(asked), "code").path
    return None if path is None else Path(path)
