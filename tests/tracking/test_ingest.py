"""Writes that are committed together."""

import asyncio
from typing import Any

import pytest

from zafiro.core.db import Database
from zafiro.core.errors import Invalid
from zafiro.tracking import experiments
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
        ingest = Ingest(db)
        writes = [make("a"), make("b"), wrong, make("c")]
        puts = (ingest.put(write) for write in writes)
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
        ingest = Ingest(db)
        await asyncio.gather(*(ingest.put(make(str(n))) for n in range(50)))
        await ingest.put(make("after"))

    asyncio.run(many())
    assert sum(sizes) == 51 and len(sizes) <= 4


def test_what_was_answered_is_committed(db: Database) -> None:
    async def one() -> None:
        await Ingest(db).put(make("kept"))
        with db.read() as session:
            assert experiments.find(session, "w", "kept") is not None

    asyncio.run(one())
