"""Threads that call a `step` again and again, soon after being woken, else at an interval."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from zafiro.core.context import Context

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loop:
    """step(ctx): one piece of work; False when there was none. Threads call it side by side.

    name       what `ctx.wakes.wake(name)` wakes
    every_s    the longest wait between two looks when nobody wakes it
    threads    how many call it at once
    """

    name: str
    step: Callable[[Context], bool]
    every_s: float = 1.0
    threads: int = 1


class Loops:
    """Runs loops until stopped. A step that raises is logged and tried again after a rest."""

    def __init__(self, ctx: Context, loops: list[Loop]) -> None:
        self._ctx, self._stopping = ctx, threading.Event()
        self._loops = loops
        self._threads = [
            threading.Thread(target=self._run, args=(loop,), name=f"{loop.name}-{n}", daemon=True)
            for loop in loops
            for n in range(loop.threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 10) -> None:
        self._stopping.set()
        for loop in self._loops:
            self._ctx.wakes.wake(loop.name)
        for thread in self._threads:
            thread.join(timeout_s)

    def _run(self, loop: Loop) -> None:
        event, rest_s = self._ctx.wakes.event(loop.name), 0.0
        while not self._stopping.is_set():
            try:
                worked = loop.step(self._ctx)
                rest_s = 0.0
            except Exception:  # the edge of a loop: log, rest, go on
                rest_s = min(30.0, max(0.5, rest_s * 2))
                log.exception("a step of %s failed; next try in %.1f s", loop.name, rest_s)
                self._stopping.wait(rest_s)
                continue
            if not worked:
                event.wait(loop.every_s)
                event.clear()
