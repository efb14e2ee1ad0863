"""Jobs on disk: the row that loops lease, with the resource as the user wrote it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, UniqueConstraint, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from zafiro.core import clock
from zafiro.core.db import Json, Moment, Serial, Table
from zafiro.core.errors import NotFound
from zafiro.jobs.domain import LAUNCHED, Failure, Job, Status, Step


class JobRow(Table):
    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("guid", "lower_name"),
        Index("ix_jobs_status", "status", "key"),
        Index("ix_jobs_listed", "guid", "key"),
    )

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    workspace: Mapped[str]
    guid: Mapped[str]
    name: Mapped[str]
    lower_name: Mapped[str]
    compute: Mapped[str]
    status: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(Json)  # the resource, as it was sent
    steps: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    handle: Mapped[dict[str, Any] | None] = mapped_column(Json)
    exit_code: Mapped[int | None]
    failure: Mapped[dict[str, str] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Moment)
    modified_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str]
    lease: Mapped[str | None]  # who is acting on this job
    lease_until: Mapped[datetime] = mapped_column(Moment)  # after this, anybody may
    due_at: Mapped[datetime] = mapped_column(Moment)  # not to be acted on before


@dataclass(frozen=True)
class Kept:
    """A job and the resource around it."""

    job: Job
    body: dict[str, Any]
    created_at: datetime
    modified_at: datetime
    created_by: str


@dataclass(frozen=True)
class Claim:
    job: Job
    token: str


def add(db: Session, job: Job, body: dict[str, Any], *, by: str) -> Kept:
    at = clock.now()
    row = JobRow(
        workspace=job.workspace,
        guid=job.guid,
        name=job.name,
        lower_name=job.name.lower(),
        compute=job.compute,
        body=body,
        created_at=at,
        created_by=by,
        lease=None,
        lease_until=at,
        due_at=at,
        **_columns(job),
    )
    db.add(row)
    db.flush()
    return _kept(row)


def find(db: Session, guid: str, name: str) -> Kept | None:
    row = db.scalars(_named(guid, name)).one_or_none()
    return None if row is None else _kept(row)


def get(db: Session, guid: str, name: str) -> Kept:
    found = find(db, guid, name)
    if found is None:
        raise NotFound("job", name)
    return found


def page(db: Session, guid: str, *, before: int | None, limit: int) -> list[Kept]:
    """Newest first, older than the key `before`."""
    query = select(JobRow).where(JobRow.guid == guid).order_by(JobRow.key.desc()).limit(limit)
    if before is not None:
        query = query.where(JobRow.key < before)
    return [_kept(row) for row in db.scalars(query)]


def change(db: Session, job: Job, body: dict[str, Any] | None = None) -> Job:
    """Write `job` (and the resource) back."""
    row = db.get_one(JobRow, job.key)
    for name, value in _columns(job).items():
        setattr(row, name, value)
    if body is not None:
        row.body = body
    db.flush()
    return _job(row)


def lock(db: Session, key: int) -> Job:
    """The job as it is now, whatever this session saw before, held until the transaction ends.

    Raises NotFound when it was deleted meanwhile."""
    query = select(JobRow).where(JobRow.key == key).with_for_update()
    row = db.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound("job", str(key), "it was deleted")
    return _job(row)


def remove(db: Session, key: int) -> None:
    db.execute(delete(JobRow).where(JobRow.key == key))


def remove_all(db: Session, guid: str) -> None:
    db.execute(delete(JobRow).where(JobRow.guid == guid))


def count(db: Session, statuses: Sequence[Status]) -> int:
    """How many jobs have one of these statuses."""
    return db.scalar(select(func.count()).where(JobRow.status.in_(statuses))) or 0


def ahead(db: Session, job: Job) -> int:
    """How many jobs wait that were sent before."""
    query = select(func.count()).where(JobRow.status == Status.QUEUED, JobRow.key < job.key)
    return db.scalar(query) or 0


def claim_queued(db: Session, *, full: Sequence[str], lease_s: float) -> Claim | None:
    """Lease the job that has waited longest, of those whose compute is not in `full`."""
    query = select(JobRow).where(JobRow.status == Status.QUEUED, _free())
    if full:
        query = query.where(JobRow.compute.not_in(full))
    return _claim(db, query.order_by(JobRow.key), lease_s)


def claim_due(db: Session, *, lease_s: float) -> Claim | None:
    """Lease a job that was being started when a server died, or that is to be stopped."""
    at = clock.now()
    waiting = or_(
        JobRow.status == Status.CANCEL_REQUESTED,
        (JobRow.status == Status.STARTING) & JobRow.handle.is_(None),
    )
    query = select(JobRow).where(JobRow.status.in_(LAUNCHED), waiting, _free(), JobRow.due_at <= at)
    return _claim(db, query.order_by(JobRow.due_at), lease_s)


def release(db: Session, claim: Claim, *, due_in_s: float = 0) -> bool:
    """Give up the lease. False when it was lost to somebody else meanwhile."""
    row = db.get(JobRow, claim.job.key)
    if row is None or row.lease != claim.token:
        return False
    row.lease, row.due_at = None, clock.now() + timedelta(seconds=due_in_s)
    db.flush()
    return True


def waiting(db: Session) -> bool:
    """Whether any job is to be started or stopped."""
    starting = (JobRow.status == Status.STARTING) & JobRow.handle.is_(None)
    wanted = or_(JobRow.status.in_((Status.QUEUED, Status.CANCEL_REQUESTED)), starting)
    return db.scalars(select(JobRow.key).where(wanted).limit(1)).first() is not None


def running(db: Session, guid: str) -> list[str]:
    """The names of the jobs of a workspace that have not ended."""
    open_ = JobRow.status.in_((Status.QUEUED, *LAUNCHED))
    return list(db.scalars(select(JobRow.name).where(JobRow.guid == guid, open_)))


def set_handle(db: Session, job: Job, handle: dict[str, Any]) -> None:
    db.execute(update(JobRow).where(JobRow.key == job.key).values(handle=handle))


def launched(db: Session) -> list[Job]:
    """Every job that a backend may know of."""
    query = select(JobRow).where(JobRow.status.in_(LAUNCHED), JobRow.handle.is_not(None))
    return [_job(row) for row in db.scalars(query)]


def _named(guid: str, name: str) -> Any:
    return select(JobRow).where(JobRow.guid == guid, JobRow.lower_name == name.lower())


def _free() -> Any:
    return or_(JobRow.lease.is_(None), JobRow.lease_until < clock.now())


def _claim(db: Session, query: Any, lease_s: float) -> Claim | None:
    row = db.scalars(query.limit(1).with_for_update(skip_locked=True)).first()
    if row is None:
        return None
    row.lease, row.lease_until = uuid.uuid4().hex, clock.now() + timedelta(seconds=lease_s)
    db.flush()
    return Claim(_job(row), row.lease)


def _columns(job: Job) -> dict[str, Any]:
    failure = job.failure
    return {
        "status": job.status.value,
        "steps": [
            {
                "name": s.name,
                "began": s.began.isoformat(),
                "ended": s.ended.isoformat() if s.ended else None,
                "reason": s.reason,
            }
            for s in job.steps
        ],
        "handle": job.handle,
        "exit_code": job.exit_code,
        "failure": None if failure is None else vars(failure),
        "modified_at": clock.now(),
    }


def _job(row: JobRow) -> Job:
    return Job(
        key=row.key,
        workspace=row.workspace,
        guid=row.guid,
        name=row.name,
        compute=row.compute,
        status=Status(row.status),
        steps=tuple(
            Step(
                s["name"],
                datetime.fromisoformat(s["began"]),
                datetime.fromisoformat(s["ended"]) if s["ended"] else None,
                s["reason"],
            )
            for s in row.steps
        ),
        handle=row.handle,
        exit_code=row.exit_code,
        failure=None if row.failure is None else Failure(**row.failure),
    )


def _kept(row: JobRow) -> Kept:
    return Kept(_job(row), row.body, row.created_at, row.modified_at, row.created_by)
