"""Group commit: writes that wait at the same time share one transaction.

A commit that survives a loss of power costs a flush to disk, whatever it holds. So while one
commit is under way, the writes that arrive wait together and go into the next. A write is answered
when its commit is done, never before. When one of a group fails, nothing of the group stays and
each is done again by itself, so that a failure is told to whom it belongs and spoils no other.

What waits is bounded, in number and in bytes. A write that finds no room is refused before
anything of it is kept, and its client told when to come again: nothing that was accepted is lost,
and a database that stands still fills no memory.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from zafiro.core.db import Database
from zafiro.core.errors import Busy
from zafiro.tracking import experiments, metrics, service
from zafiro.tracking.domain import DEFAULT_EXPERIMENT, Experiment, Logged

log = logging.getLogger(__name__)

MOST_TOGETHER = 200  # writes in a transaction
BYTES_TOGETHER = 8 << 20  # of their messages
MOST_WAITING = 4000
MOST_BYTES = 64 << 20  # unless one alone is larger


class Batch:
    """One transaction being filled. Points are gathered and written at its end, all at once."""

    def __init__(self, db: Session) -> None:
        self.db = db
        self._active: set[int] = set()
        self._experiments: dict[tuple[str, str], Experiment] = {}
        self._points: list[tuple[int, int, Logged]] = []

    def experiment(self, workspace: str, id: str) -> Experiment:
        """By MLflow's id, "0" made when it is not there. Raises NotFound."""
        found = self._experiments.get((workspace, id))
        if found is None and id == "0":
            found = experiments.ensure(self.db, workspace, DEFAULT_EXPERIMENT)
        elif found is None:
            found = experiments.get(self.db, workspace, id)
        self._experiments[workspace, id] = found
        return found

    def check_active(self, run: int) -> None:
        """`finish` raises Invalid when the run is deleted."""
        self._active.add(run)

    def log(self, run: int, experiment: int, points: Iterable[Logged]) -> None:
        self._points.extend((run, experiment, point) for point in points)

    def finish(self) -> None:
        service.check_active_rows(self.db, self._active)
        metrics.log_many(self.db, self._points)


Write = Callable[[Batch], Any]
# (result, None) or (None, error)
Outcome = tuple[Any, Exception | None]


@dataclass
class _Waiting:
    """The writes of one event loop; `count` and `size_bytes` with those being committed."""

    writes: deque[tuple[Write, int, asyncio.Future[Any]]] = field(default_factory=deque)
    count: int = 0
    size_bytes: int = 0
    task: asyncio.Task[None] | None = None

    def take(self) -> list[tuple[Write, int, asyncio.Future[Any]]]:
        group: list[tuple[Write, int, asyncio.Future[Any]]] = []
        size = 0
        while self.writes and len(group) < MOST_TOGETHER and size < BYTES_TOGETHER:
            group.append(self.writes.popleft())
            size += group[-1][1]
        return group


class Ingest:
    def __init__(self, db: Database) -> None:
        self._db = db
        # A thread of its own, so that many readers cannot keep a commit waiting for one.
        self._thread = ThreadPoolExecutor(1, "ingest")
        self._waiting: WeakKeyDictionary[Any, _Waiting] = WeakKeyDictionary()

    async def put(self, write: Write, size_bytes: int = 0) -> Any:
        """What `write` returned, once that is committed; or what it raised. Raises Busy when too
        much waits already; then nothing was written."""
        loop = asyncio.get_running_loop()
        waiting = self._waiting.setdefault(loop, _Waiting())
        if waiting.count and (
            waiting.count >= MOST_WAITING or waiting.size_bytes + size_bytes > MOST_BYTES
        ):
            raise Busy(
                f"{waiting.count} writes of {waiting.size_bytes} bytes wait for the database; "
                "nothing of this one was kept, send it again"
            )
        future: asyncio.Future[Any] = loop.create_future()
        waiting.writes.append((write, size_bytes, future))
        waiting.count += 1
        waiting.size_bytes += size_bytes
        if waiting.task is None:
            waiting.task = loop.create_task(self._drain(loop, waiting))
        return await future

    async def _drain(self, loop: asyncio.AbstractEventLoop, waiting: _Waiting) -> None:
        try:
            while group := waiting.take():
                writes = [write for write, _, _ in group]
                try:
                    outcomes = await loop.run_in_executor(self._thread, self._commit, writes)
                except asyncio.CancelledError:
                    for _, _, future in group:
                        future.cancel()
                    raise
                waiting.count -= len(group)
                waiting.size_bytes -= sum(size for _, size, _ in group)
                for (_, _, future), (result, error) in zip(group, outcomes, strict=True):
                    if future.done():  # its client has gone
                        continue
                    if error is None:
                        future.set_result(result)
                    else:
                        future.set_exception(error)
        finally:
            waiting.task = None

    def _commit(self, writes: list[Write]) -> list[Outcome]:
        if len(writes) > 1:
            try:
                return [(result, None) for result in self._together(writes)]
            except OperationalError as e:
                if not _is_full(e):  # the database itself is unwell: no use in asking it 200 times
                    log.warning("%d writes are refused: %s", len(writes), e.orig)
                    return [(None, _unwell()) for _ in writes]
            except Exception as e:  # noqa: BLE001 — whose it is shows when each is done by itself
                log.debug("%d writes are done again one by one: %s", len(writes), e)
        return [self._alone(write) for write in writes]

    def _alone(self, write: Write) -> Outcome:
        try:
            return self._together([write])[0], None
        except OperationalError as e:
            return None, e if _is_full(e) else _unwell()
        except Exception as e:  # noqa: BLE001 — handed to the one who waits for it
            return None, e

    def _together(self, writes: list[Write]) -> list[Any]:
        with self._db.begin() as db:
            batch = Batch(db)
            results = [write(batch) for write in writes]
            batch.finish()
        return results


def _is_full(error: OperationalError) -> bool:
    return "disk is full" in str(error) or "No space left" in str(error)


def _unwell() -> Busy:
    return Busy("the database does not answer; send this again")
