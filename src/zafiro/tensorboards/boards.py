"""The TensorBoards that run now: one a run, started when asked for, ended when idle."""

import logging
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from zafiro.core.errors import Conflict

log = logging.getLogger(__name__)

MOST = 8  # 80 MB each; the one that was looked at longest ago gives way
_START_WITHIN_S = 60.0
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH")


class Board:
    """One process; `socket` is where it answers HTTP."""

    def __init__(self, python: Path, folders: Mapping[str, Path]) -> None:
        """Returns when it answers. Raises Conflict with its own words when it does not."""
        # Not in the home: the name of a socket has 107 bytes at most.
        self._folder = Path(tempfile.mkdtemp(prefix="zafiro-tb-"))
        self.socket = self._folder / "socket"
        shown = self._folder / "shown"
        shown.mkdir()
        for name, folder in folders.items():
            (shown / name).symlink_to(folder)
        self._said = (self._folder / "log").open("w+")
        given = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self._process = subprocess.Popen(
            [str(python), "-I", board_file(), str(self._folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**given, "TMPDIR": str(self._folder)},
            start_new_session=True,
        )
        assert self._process.stdout is not None
        late = threading.Timer(_START_WITHIN_S, self._process.kill)
        late.start()
        ready = self._process.stdout.readline() == b"ready\n"
        late.cancel()
        if not ready:
            self._said.seek(0)
            said = self._said.read().strip().splitlines() or ["it said nothing"]
            self.stop()
            raise Conflict(f"TensorBoard did not start: {said[-1]}")
        self.used_at = time.monotonic()

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()  # what it waits for
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._said.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Boards:
    """Thread-safe. `python` gives the interpreter that has TensorBoard."""

    def __init__(self, python: Callable[[], Path], *, idle_s: float, most: int = MOST) -> None:
        self._python, self._idle_s, self._most = python, idle_s, most
        self._boards: dict[str, Board] = {}
        self._starting: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def running(self, name: str) -> Board | None:
        with self._lock:
            found = self._boards.get(name)
            if found is None or not found.alive():
                return None
            found.used_at = time.monotonic()
            return found

    def open(self, name: str, folders: Mapping[str, Path]) -> Board:
        """The one of that name, started when it is not there. Raises Conflict."""
        with self._lock:
            alone = self._starting.setdefault(name, threading.Lock())
        with alone:
            found = self.running(name)
            if found is None:
                found = Board(self._python(), folders)
                log.info("TensorBoard for %s runs (pid %d)", name, found.pid)
                self._keep(name, found)
            return found

    def _keep(self, name: str, started: Board) -> None:
        with self._lock:
            gone = [self._boards.pop(name)] if name in self._boards else []
            while len(self._boards) >= self._most:
                oldest = min(self._boards, key=lambda one: self._boards[one].used_at)
                gone.append(self._boards.pop(oldest))
            self._boards[name] = started
        for one in gone:
            one.stop()
        watch = threading.Thread(target=self._watch, args=(name, started), daemon=True)
        watch.start()

    def _watch(self, name: str, kept: Board) -> None:
        while True:
            left_s = kept.used_at + self._idle_s - time.monotonic()
            if left_s > 0 and kept.alive():
                time.sleep(min(left_s, 5.0))
                continue
            with self._lock:
                if self._boards.get(name) is not kept:
                    return  # stopped by who took it away
                if kept.alive() and time.monotonic() - kept.used_at < self._idle_s:
                    continue
                del self._boards[name]
            kept.stop()
            log.info("TensorBoard for %s ended: nobody looked for %g s", name, self._idle_s)
            return

    def close(self) -> None:
        with self._lock:
            gone, self._boards = list(self._boards.values()), {}
        for one in gone:
            one.stop()


def board_file() -> str:
    return str(Path(__file__).with_name("board.py"))
