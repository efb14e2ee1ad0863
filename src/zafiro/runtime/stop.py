"""What may end a job early, and the one queue on which the runner waits."""

from __future__ import annotations

from queue import SimpleQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Events:
    """(kind, value) pairs: ("exit", …) and ("alone", …) of processes, ("stop", why) of people.

    `stop` may be called from a signal handler or any thread, any number of times.
    """

    def __init__(self) -> None:
        self.queue: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        self.stopping: str | None = None

    def stop(self, why: str) -> None:
        if self.stopping is None:
            self.stopping = why
            self.queue.put(("stop", why))

    def stopped(self) -> bool:
        return self.stopping is not None
