"""Writes that are committed together."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text

from zafiro.core.db import Database
from zafiro.core.errors import Busy, Invalid
from zafiro.tracking import experiments, ingest
from zafiro.tracking.ingest import Batch, Ingest


def make(name: str) -> Any:
    def write(batch: Batch) -> str:
        return experiments.create(batch.db, "w", name).name

    return write


def test_each_gets_its_own_answer_and_a_failure_spoils_no_other(db: Database) -> None:
    def wrong(batch: Batch) -> None:
        experiments.create(batch.db, "w", "half done")
        raise Invalid("x", "is wrong")

    async def all_at_once() -> list[Any]:
        queue = Ingest(db)
        writes = [make("a"), make("b"), wrong, make("c")]
        puts = (queue.put(write) for write in writes)
        return await asyncio.gather(*puts, return_exceptions=True)

    a, b, error, c = asyncio.run(all_at_once())
    assert (a, b, c) == ("a", "b", "c") and isinstance(error, Invalid)
    with db.read() as session:
        assert experiments.find(session, "w", "half done") is None
        assert experiments.find(session, "w", "c") is not None


def test_waiting_writes_share_a_commit(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    together = Ingest._together

    def counted(self: Ingest, writes: list[Any]) -> list[Any]:
        sizes.append(len(writes))
        return together(self, writes)

    monkeypatch.setattr(Ingest, "_together", counted)

    async def many() -> None:
        queue = Ingest(db)
        await asyncio.gather(*(queue.put(make(str(n))) for n in range(50)))
        await queue.put(make("after"))

    asyncio.run(many())
    assert sum(sizes) == 51 and len(sizes) <= 4


def test_what_was_answered_is_committed(db: Database) -> None:
    async def one() -> None:
        await Ingest(db).put(make("kept"))
        with db.read() as session:
            assert experiments.find(session, "w", "kept") is not None

    asyncio.run(one())


@contextmanager
def stalled(db: Database) -> Iterator[None]:
    """Nobody else writes to the database meanwhile."""
    with db.begin() as session:
        if not db.is_sqlite:
            session.execute(text("LOCK TABLE experiments IN ACCESS EXCLUSIVE MODE"))
        yield


@pytest.mark.parametrize("size_bytes", [0, 100])
def test_a_stalled_database_fills_no_memory_and_loses_nothing(
    db: Database, monkeypatch: pytest.MonkeyPatch, size_bytes: int
) -> None:
    monkeypatch.setattr(ingest, "MOST_WAITING", 5 if size_bytes == 0 else 1000)
    monkeypatch.setattr(ingest, "MOST_BYTES", 5 * 100)

    async def flood() -> list[Any]:
        queue = Ingest(db)
        with stalled(db):
            puts = [asyncio.create_task(queue.put(make(str(n)), size_bytes)) for n in range(12)]
            done, waiting = await asyncio.wait(puts, return_when=asyncio.FIRST_COMPLETED)
            refused = [isinstance(put.exception(), Busy) for put in done]
            assert (refused, len(waiting)) == ([True] * 7, 5)
        kept = await asyncio.gather(*puts, return_exceptions=True)
        assert await queue.put(make("again"), size_bytes) == "again"  # there is room once more
        return kept

    kept = asyncio.run(flood())
    assert kept[:5] == ["0", "1", "2", "3", "4"]
    with db.read() as session:
        names = [n for n in range(12) if experiments.find(session, "w", str(n)) is not None]
    assert names == [0, 1, 2, 3, 4]


def test_one_write_may_be_larger_than_all_that_may_wait(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "MOST_BYTES", 10)
    assert asyncio.run(Ingest(db).put(make("large"), 1000)) == "large"
