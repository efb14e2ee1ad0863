"""Group commit: writes that wait at the same time share one transaction.

A commit that survives a loss of power costs a flush to disk, whatever it holds. So while one
commit is under way, the writes that arrive wait together and go into the next. A write is answered
when its commit is done, never before. When one of a group fails, nothing of the group stays and
each is done again by itself, so that a failure is told to whom it belongs and spoils no other.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from zafiro.core.db import Database
from zafiro.tracking import experiments, metrics, service
from zafiro.tracking.domain import DEFAULT_EXPERIMENT, Experiment, Logged

log = logging.getLogger(__name__)

MOST_TOGETHER = 200


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
        """Raises Invalid when the run was deleted."""
        if run not in self._active:
            service.check_active_row(self.db, run)
            self._active.add(run)

    def log(self, run: int, experiment: int, points: Iterable[Logged]) -> None:
        self._points.extend((run, experiment, point) for point in points)

    def finish(self) -> None:
        metrics.log_many(self.db, self._points)


Write = Callable[[Batch], Any]
# (result, None) or (None, error)
Outcome = tuple[Any, Exception | None]


class Ingest:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: WeakKeyDictionary[Any, list[tuple[Write, asyncio.Future[Any]]]] = (
            WeakKeyDictionary()
        )

    async def put(self, write: Write) -> Any:
        """What `write` returned, once that is committed; or what it raised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        waiting = self._waiting.get(loop)
        if waiting is not None:
            waiting.append((write, future))
        else:
            self._waiting[loop] = [(write, future)]
            self._task = loop.create_task(self._drain(loop))  # kept, or it could be collected
        return await future

    async def _drain(self, loop: Any) -> None:
        while self._waiting[loop]:
            group = self._waiting[loop][:MOST_TOGETHER]
            self._waiting[loop] = self._waiting[loop][MOST_TOGETHER:]
            try:
                outcomes = await run_in_threadpool(self._commit, [write for write, _ in group])
            except asyncio.CancelledError:
                for _, future in group:
                    future.cancel()
                raise
            for (_, future), (result, error) in zip(group, outcomes, strict=True):
                if future.done():  # its client has gone
                    continue
                if error is None:
                    future.set_result(result)
                else:
                    future.set_exception(error)
        del self._waiting[loop]

    def _commit(self, writes: list[Write]) -> list[Outcome]:
        if len(writes) > 1:
            try:
                return [(result, None) for result in self._together(writes)]
            except Exception as e:  # noqa: BLE001 — whose it is shows when each is done by itself
                log.debug("%d writes are done again one by one: %s", len(writes), e)
        outcomes: list[Outcome] = []
        for write in writes:
            try:
                outcomes.append((self._together([write])[0], None))
            except Exception as e:  # noqa: BLE001 — handed to the one who waits for it
                outcomes.append((None, e))
        return outcomes

    def _together(self, writes: list[Write]) -> list[Any]:
        with self._db.begin() as db:
            batch = Batch(db)
            results = [write(batch) for write in writes]
            batch.finish()
        return results
