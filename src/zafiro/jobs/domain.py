"""What a job is and what may happen to it. No I/O, no clock, no JSON."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from zafiro.computes.backend import Handle, Seen
from zafiro.computes.backend import Phase as Sight
from zafiro.core.errors import Conflict


class Status(str, Enum):
    """Spelled as Azure spells them, because users read them and scripts compare with them."""

    QUEUED = "Queued"
    STARTING = "Starting"
    PREPARING = "Preparing"
    RUNNING = "Running"
    FINALIZING = "Finalizing"
    CANCEL_REQUESTED = "CancelRequested"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELED = "Canceled"


_ENDS = {Status.COMPLETED, Status.FAILED, Status.CANCELED}
_ON = _ENDS | {Status.CANCEL_REQUESTED}

MOVES: dict[Status, set[Status]] = {
    Status.QUEUED: {Status.STARTING, Status.CANCELED, Status.FAILED},
    Status.STARTING: {Status.PREPARING, Status.RUNNING, Status.FINALIZING} | _ON,
    Status.PREPARING: {Status.RUNNING, Status.FINALIZING} | _ON,
    Status.RUNNING: {Status.FINALIZING} | _ON,
    Status.FINALIZING: set(_ON),
    # What had ended before the wish to cancel reached it keeps the end it had.
    Status.CANCEL_REQUESTED: set(_ENDS),
}
TERMINAL = frozenset(set(Status) - MOVES.keys())
LAUNCHED = frozenset(set(Status) - TERMINAL - {Status.QUEUED})

# Phases as the runner reports them → the status they mean.
PHASES = {
    "environment": Status.PREPARING,
    "inputs": Status.PREPARING,
    "running": Status.RUNNING,
    "finalizing": Status.FINALIZING,
}


@dataclass(frozen=True)
class Step:
    """One stretch of a job's life. `reason`: why it took place or took long, for people."""

    name: str  # queued, starting, environment, inputs, running, finalizing
    began: datetime
    ended: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Failure:
    """code: "UserError", "EnvironmentFailed", "InputUnavailable", "Timeout" or "SystemError".
    message: one sentence naming the cause. tail: the last lines of the job's log."""

    code: str
    message: str
    tail: str = ""


@dataclass(frozen=True)
class Job:
    key: int  # in the database; 0 before it is there
    workspace: str  # ARM id
    guid: str  # of the workspace
    name: str
    compute: str
    status: Status
    steps: tuple[Step, ...] = ()
    handle: Handle | None = None  # set once launched
    exit_code: int | None = None  # of the user's command, once it exited
    failure: Failure | None = None

    @property
    def ended(self) -> bool:
        return self.status in TERMINAL

    def to(self, status: Status, **changes: Any) -> "Job":
        """The job after moving to `status`. Raises Conflict if it may not."""
        if status is not self.status and status not in MOVES.get(self.status, ()):
            raise Conflict(
                f"job '{self.name}' is {self.status.value}; it cannot become {status.value}"
            )
        return replace(self, status=status, **changes)

    def stepped(self, name: str, at: datetime, reason: str | None = None) -> "Job":
        """With the running step ended and the next one begun."""
        if self.steps and self.steps[-1].name == name:
            return self
        return replace(self, steps=(*_closed(self.steps, at), Step(name, at, reason=reason)))


def queued(job: Job, at: datetime) -> Job:
    return replace(job, status=Status.QUEUED).stepped("queued", at)


def reported(job: Job, phase: str, at: datetime, reason: str | None) -> Job:
    """The job after the runner said that a phase began. What has ended stays as it is; a wish to
    cancel stays a wish."""
    wanted = PHASES.get(phase)
    if job.ended or wanted is None:
        return job
    later = list(Status).index(wanted) >= list(Status).index(job.status)
    status = wanted if later and job.status is not Status.CANCEL_REQUESTED else job.status
    return job.to(status).stepped(phase, at, reason)


def ended(
    job: Job, status: Status, at: datetime, exit_code: int | None, failure: Failure | None
) -> Job:
    """The job at its end; a job that has ended before stays as it was."""
    if job.ended:
        return job
    if status is Status.FAILED and failure is None:
        failure = Failure("UserError", f"the command ended with exit code {exit_code}")
    return job.to(status, exit_code=exit_code, failure=failure, steps=tuple(_closed(job.steps, at)))


def lost(job: Job, seen: Seen, at: datetime) -> Job:
    """The job when its backend can no longer find it, or it ended without a word."""
    if seen.phase in (Sight.PENDING, Sight.RUNNING):
        return job
    if job.status is Status.CANCEL_REQUESTED:
        return ended(job, Status.CANCELED, at, None, None)
    during = f" during '{job.steps[-1].name}'" if job.steps else ""
    why = (
        f"the job's runner ended without a word{during}: its process was killed, or the machine "
        "was restarted; what the job had written so far is kept"
    )
    return ended(job, Status.FAILED, at, None, Failure("SystemError", why))


def _closed(steps: tuple[Step, ...], at: datetime) -> list[Step]:
    if not steps or steps[-1].ended is not None:
        return list(steps)
    return [*steps[:-1], replace(steps[-1], ended=max(at, steps[-1].began))]
