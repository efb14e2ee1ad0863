"""What changes, told to every browser that listens: one look at the database for all of them.

Events are numbered; the newest five minutes are kept, so that a browser that was away gets what it
missed. Numbers are of one start of the server: after another start a browser is told to ask anew.
"""

import asyncio
import json
import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.jobs import overview as jobs
from zafiro.tracking import overview as runs
from zafiro.workspaces import service as workspaces

log = logging.getLogger(__name__)

EVERY_S = 0.5
KEPT_S = 300
_BACK_S = 10  # who begins to listen asked for the page a moment before
_RECENT = 200  # runs that may have ended in that moment
_BEAT_S = 10  # a comment when nothing happens, so that both ends see a lost line
_WITHIN = 20_000  # runs this far back are looked at for one that is still under way


@dataclass(frozen=True)
class Event:
    """workspace: GUID. kind "run": {name, state}; "logged": {name}; "log": {name, size}."""

    number: int
    at: float
    workspace: str
    kind: str
    data: dict[str, str | int]


class Feed:
    """Looks only while somebody listens. One per server; `follow` may be called side by side."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._boot = uuid.uuid4().hex[:8]
        self._events: deque[Event] = deque()
        self._number = 0
        self._listeners = 0
        self._looking: asyncio.Task[None] | None = None
        self._changed: asyncio.Event = asyncio.Event()
        self._stopping = threading.Event()
        self._newest = 0
        self._open: dict[int, runs.Sign] = {}
        self._activity: dict[int, tuple[int, int]] = {}
        self._sizes: dict[int, int] = {}

    def stop(self) -> None:
        """Let go of every listener: the server stops."""
        self._stopping.set()

    async def follow(self, workspace: str, last_id: str | None) -> AsyncIterator[str]:
        """Server-sent events of one workspace, from behind `last_id`."""
        self._listeners += 1
        try:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.get_running_loop().create_task(self._look())
            number, missed = self._resume(last_id)
            yield f"retry: 1000\nid: {self._boot}-{number}\nevent: hello\ndata: {missed}\n\n"
            beat = time.monotonic()
            while not self._stopping.is_set():
                fresh = [e for e in self._events if e.number > number]
                for event in fresh:
                    number = event.number
                    if event.workspace == workspace:
                        said = json.dumps(event.data)
                        yield f"id: {self._boot}-{number}\nevent: {event.kind}\ndata: {said}\n\n"
                        beat = time.monotonic()
                if time.monotonic() - beat > _BEAT_S:
                    yield f"id: {self._boot}-{number}\nevent: beat\ndata: {{}}\n\n"
                    beat = time.monotonic()
                changed = self._changed
                try:
                    await asyncio.wait_for(changed.wait(), EVERY_S)
                except asyncio.TimeoutError:  # another class before Python 3.11
                    continue
        finally:
            self._listeners -= 1

    def _resume(self, last_id: str | None) -> tuple[int, str]:
        """(number to go on from, "all" when nothing was missed, else "anew")."""
        boot, _, text = (last_id or "").partition("-")
        if not last_id:
            since = time.monotonic() - _BACK_S
            return self._number - sum(event.at > since for event in self._events), "all"
        oldest = self._events[0].number if self._events else self._number + 1
        known = boot == self._boot and text.isdigit() and int(text) <= self._number
        if not known or int(text) + 1 < oldest:
            return self._number, "anew"
        return int(text), "all"

    async def _look(self) -> None:
        first, idle_since = True, 0.0
        while not self._stopping.is_set():
            if self._listeners:
                idle_since = 0.0
            elif not idle_since:
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > 30:
                self._open.clear()
                return
            try:
                found = await run_in_threadpool(self._differences, first)
                first = False
                self._keep(found)
            except Exception:  # the edge of a loop: log, rest, go on
                log.exception("the studio's feed failed to look; next try in 5 s")
                await asyncio.sleep(5)
            await asyncio.sleep(EVERY_S)

    def _keep(self, found: list[tuple[str, str, dict[str, str | int]]]) -> None:
        at = time.monotonic()
        for workspace, kind, data in found:
            self._number += 1
            self._events.append(Event(self._number, at, workspace, kind, data))
        while self._events and self._events[0].at < at - KEPT_S:
            self._events.popleft()
        if found:
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    def _differences(self, first: bool) -> list[tuple[str, str, dict[str, str | int]]]:
        """What is different since the last look; at the first, since a moment ago."""
        found: list[tuple[str, str, dict[str, str | int]]] = []
        with self._ctx.db.read() as db:
            lately: set[int] = set()
            if first:
                self._newest = runs.newest_key(db)
                recent = range(max(1, self._newest - _RECENT), self._newest + 1)
                among = {*runs.open_keys(db, within=_WITHIN), *recent}
                self._open = {
                    s.key: s for s in runs.signs(db, after=self._newest, among=sorted(among))
                }
                back = int((clock.now().timestamp() - _BACK_S) * 1000)
                lately = {s.key for s in self._open.values() if s.modified_ms >= back}
            signs = runs.signs(db, after=self._newest, among=list(self._open))
            for sign in signs:
                self._newest = max(self._newest, sign.key)
                if self._open.get(sign.key) != sign or sign.key in lately:
                    found.append(
                        (sign.workspace, "run", {"name": sign.run_id, "state": sign.state})
                    )
            there = {sign.key for sign in signs}
            for key, sign in self._open.items():
                if key not in there:
                    found.append((sign.workspace, "run", {"name": sign.run_id, "state": "Deleted"}))
            ended = ("Completed", "Failed", "Canceled")
            self._open = {s.key: s for s in signs if s.state not in ended}
            activity = runs.activity(db, list(self._open)) if self._open else {}
            rooms = {s.workspace for s in self._open.values()}
            known = {w.guid: w for w in workspaces.all_of(db)} if rooms else {}
        for key, now in activity.items():
            if self._activity.get(key, (0, 0)) != now and not first:
                sign = self._open[key]
                found.append((sign.workspace, "logged", {"name": sign.run_id}))
        self._activity = activity
        sizes = {}
        for key, sign in self._open.items():
            if (room := known.get(sign.workspace)) is None:
                continue
            try:
                sizes[key] = jobs.log_file(self._ctx, room, sign.run_id).stat().st_size
            except OSError:
                continue
            if self._sizes.get(key, 0) != sizes[key] and not first:
                found.append((sign.workspace, "log", {"name": sign.run_id, "size": sizes[key]}))
        self._sizes = sizes
        return found
