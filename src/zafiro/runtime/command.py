"""Starts the command's processes, waits for them, and leaves nothing of them behind."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import threading
import time

from . import tree
from .stop import Events

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

DONE, CANCELED, TIMEOUT = "done", "canceled", "timeout"
_STRAGGLERS_S = 2.0
_ARGUMENT_CHARACTERS = 30_000
_KILL_FIRST = "500"
# A signal that comes just before we begin to wait does not wake us: its handler runs only when we
# look up again.
_NOTICE_S = 0.5


def shell(command: str, path: str, work: str) -> list[str]:
    """The argv that runs `command` as Azure ML does: bash, or sh where there is none.

    A command longer than Linux takes as one argument (128 KiB) goes into a file below `work`.
    """
    program = shutil.which("bash", path=path) or shutil.which("bash") or "/bin/sh"
    if len(command) < _ARGUMENT_CHARACTERS:
        return [program, "-c", command]
    script = os.path.join(work, "command.sh")
    with open(script, "w", encoding="utf-8") as file:
        file.write(command + "\n")
    return [program, script]


class Command:
    """One process, or one for each rank of a distributed job; `logs` are descriptors to write to.

    The processes write to their log themselves: it goes on when the runner dies.
    """

    def __init__(self, events: Events, cookie: str, say: Callable[[str], None]) -> None:
        self._events, self._cookie, self._say = events, cookie, say
        self._left: set[int] = set()
        self._adopted = tree.adopt()
        self.ranks: dict[int, int] = {}

    def start(
        self, argv: Sequence[str], variables: Mapping[str, str], folder: str, log: int
    ) -> None:
        process = subprocess.Popen(
            argv,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        process.returncode = 0  # _reap collects it; Popen must not try
        _when_memory_runs_out(process.pid)
        self.ranks[process.pid] = len(self.ranks)
        self._left.add(process.pid)

    def wait(self, *, timeout_s: float | None, grace: Callable[[], float]) -> tuple[str, int, int]:
        """(DONE, CANCELED or TIMEOUT; exit code, 128 + n for signal n; the rank it is from)."""
        self._collect()
        outcome, code, rank = DONE, 0, 0
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while self._left:
            kind, value = self._next(deadline)
            if kind == "exit":
                pid, ended = value
                self._left.discard(pid)
                if ended and not code:
                    code, rank = ended, self.ranks[pid]
                    break  # the other ranks would wait for it for ever
            elif kind == "stop":
                outcome = CANCELED
                break
            elif kind == "late":
                outcome = TIMEOUT
                break
            else:
                break
        asked = outcome != DONE
        self._end(grace() if asked else _STRAGGLERS_S, asked=asked)
        return outcome, code, rank

    def abandon(self) -> None:
        """Ends what was started already when not everything could be."""
        self._collect()
        self._end(0.0, asked=True)

    def _end(self, grace_s: float, *, asked: bool) -> None:
        if not asked and self._adopted and self._quiet_within(0.05):
            return
        told: set[int] = set()
        end = time.monotonic() + grace_s
        while members := tree.members(self._cookie):
            if fresh := members - told:  # also what was just being started
                tree.send(fresh, signal.SIGTERM)
                self._say(f"asked {len(fresh)} process(es) to end; insisting after {grace_s:g} s")
                told |= fresh
            if time.monotonic() >= end:
                break
            self._rest(min(0.2, max(0.0, end - time.monotonic())))
        for _ in range(100):  # what forks while it is being killed is found the next time
            if not tree.send(tree.members(self._cookie), signal.SIGKILL):
                return
            self._rest(0.02)
        self._say("some processes of the job could not be killed")

    def _quiet_within(self, seconds: float) -> bool:
        """Whether no process of ours is left, waiting for it that long."""
        end = time.monotonic() + seconds
        while True:
            kind, value = self._next(end)
            if kind in ("alone", "late"):
                if kind == "alone":
                    self._events.queue.put(("alone", None))  # stays true
                return kind == "alone"
            if kind == "exit":
                self._left.discard(value[0])

    def _rest(self, seconds: float) -> None:
        """Waits, but not when all that could be waited for is over."""
        if self._quiet_within(seconds):
            time.sleep(min(seconds, 0.01))

    def _next(self, deadline: float | None) -> tuple[str, Any]:
        while True:
            left_s = _NOTICE_S if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                return self._events.queue.get(timeout=min(left_s, _NOTICE_S))
            except queue.Empty:
                if left_s <= _NOTICE_S and deadline is not None:
                    return "late", None

    def _collect(self) -> None:
        threading.Thread(target=self._reap, name="reaper", daemon=True).start()

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, 0)
            except ChildProcessError:
                self._events.queue.put(("alone", None))
                return
            if pid in self.ranks:
                self._events.queue.put(("exit", (pid, _code(status))))


def _when_memory_runs_out(pid: int) -> None:
    """Lets the kernel kill the command rather than the runner, which has to say what happened."""
    try:
        with open(f"/proc/{pid}/oom_score_adj", "w", encoding="ascii") as file:
            file.write(_KILL_FIRST)
    except OSError:  # no Linux, not allowed, or over already
        return


def _code(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
