"""What a compute backend promises. Implement it in one file under zafiro/backends/.

`zafiro.testing.backend_contract` checks the promises; run it against every implementation.
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from zafiro.core.errors import ZafiroError

Handle = dict[str, str | int]  # JSON, written to the database; must be enough after a restart


class LaunchFailed(ZafiroError):
    """The place cannot start work now; the message says why. Nothing was left running."""


class Phase(Enum):
    PENDING = "pending"
    RUNNING = "running"
    EXITED = "exited"
    LOST = "lost"  # the backend cannot say what happened


@dataclass(frozen=True)
class Work:
    """One job for a runner.

    name       the job's key, "{workspace guid}/{job}": becomes ZAFIRO_JOB, by which every process
               of the job is found
    variables  environment variables of the runner: ZAFIRO_EXECUTION_URL, ZAFIRO_JOB_TOKEN,
               ZAFIRO_CA and what else it needs to reach the server
    directory  the job's own folder, absolute; becomes ZAFIRO_WORK. One folder is good for one
               run: another attempt of the same job gets another folder
    """

    name: str
    variables: dict[str, str]
    directory: Path


@dataclass(frozen=True)
class Seen:
    """exit_code: of the user's command, only with EXITED; None when it never ran."""

    phase: Phase
    exit_code: int | None = None


class Backend(Protocol):
    """Three verbs. Each returns soon (a second, not a minute) and may be repeated.

    A backend keeps no state of its own: everything it must remember is in the handle or in the
    work's directory, because the server may restart between any two calls. Thread-safe.
    """

    def launch(self, work: Work) -> Handle:
        """Start `work`. Called again with the same work, returns the same handle.

        Raises LaunchFailed.
        """
        ...

    def look(self, handle: Handle) -> Seen:
        """What is true now. Never raises for work that is gone: that is LOST or EXITED."""
        ...

    def stop(self, handle: Handle, *, grace_s: float) -> None:
        """Ask it to end within `grace_s` seconds; does not wait for it. Silent if already over.

        Call it again while `look` still says RUNNING: once the grace is used up it insists, and
        then nothing of the work is left.
        """
        ...


@runtime_checkable
class Results(Protocol):
    """A backend that can fetch the runner's last word when the runner could not deliver it."""

    def result(self, handle: Handle) -> dict[str, Any] | None:
        """The report "ended" of the execution API, or None when there is none (yet)."""
        ...
