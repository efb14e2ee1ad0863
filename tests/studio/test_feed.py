"""What browsers are told while they listen."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from studio_room import Room
from zafiro.studio.feed import Feed
from zafiro.tracking import metrics
from zafiro.tracking import service as tracking
from zafiro.tracking.domain import Point

Said = tuple[str, str, dict[str, str]]


async def said(stream: AsyncIterator[str]) -> Said:
    """(id, event, data) of the next event that is no beat."""
    while True:
        text = await asyncio.wait_for(anext_(stream), 30)
        lines = dict(line.split(": ", 1) for line in text.strip().splitlines())
        if lines["event"] != "beat":
            data = lines["data"]
            return lines["id"], lines["event"], json.loads(data) if data[0] == "{" else {"": data}


async def anext_(stream: AsyncIterator[str]) -> str:
    return await stream.__anext__()


async def until(stream: AsyncIterator[str], kind: str, name: str) -> tuple[str, dict[str, str]]:
    while True:
        id, event, data = await said(stream)
        if event == kind and data["name"] == name:
            return id, data


def start(room: Room, name: str) -> None:
    with room.made.ctx.db.begin() as db:
        experiment = tracking.ensure_experiment(db, room.main.guid, "feed")
        tracking.create_run(db, room.main.guid, name, experiment, name, user="ana")


def end(room: Room, name: str) -> None:
    with room.made.ctx.db.begin() as db:
        run = tracking.get_run(db, room.main.guid, name)
        tracking.set_mlflow_status(db, run, status="FINISHED", end_ms=None, name=None)


def log(room: Room, name: str) -> None:
    with room.made.ctx.db.begin() as db:
        run = tracking.get_run(db, room.main.guid, name)
        metrics.log_points(db, run.key, run.experiment_key, [Point("m", 1.0, 5, 5)])


def test_a_life_of_a_run_is_told_and_what_was_missed_is_repeated(room: Room) -> None:
    async def scene() -> None:
        feed = Feed(room.made.ctx)
        start(room, "feed_before")
        stream = feed.follow(room.main.guid, None)
        assert (await said(stream))[1:] == ("hello", {"": "all"})
        await until(stream, "run", "feed_before")  # it began while the page was asked for
        start(room, "feed_1")
        first, data = await until(stream, "run", "feed_1")
        assert data["state"] == "Running"
        log(room, "feed_1")
        await until(stream, "logged", "feed_1")
        end(room, "feed_1")
        _, data = await until(stream, "run", "feed_1")
        assert data["state"] == "Completed"

        again = feed.follow(room.main.guid, first)
        assert (await said(again))[2] == {"": "all"}
        await until(again, "logged", "feed_1")

        other = feed.follow("another workspace", first)
        assert (await said(other))[1] == "hello"
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(anext_(other), 1.5)

        after_restart = Feed(room.made.ctx).follow(room.main.guid, first)
        assert (await said(after_restart))[2] == {"": "anew"}
        feed.stop()
        for one in (stream, again):
            with pytest.raises(StopAsyncIteration):
                while True:
                    await asyncio.wait_for(anext_(one), 30)

    asyncio.run(scene())
