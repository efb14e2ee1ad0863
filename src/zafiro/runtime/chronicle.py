"""The record of a build, beside the environment it made: its steps with their times and its log.

    {hash}.json   {"state", "name", "job", "began", "ended", "cause", "steps": [{"name", "began",
                  "ended", "failed"}]}; times in epoch seconds; state: building, built, failed,
                  canceled. Rewritten whole at each step.
    {hash}.log    every line of the last build

Written under the build's lock. A record that cannot be written stops nothing.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .installer import Log

RECORD, LOG = ".json", ".log"


def beside(root: Path, suffix: str) -> Path:
    return root.with_name(root.name + suffix)


class Chronicle:
    """Of one build. `log` is where its lines go besides."""

    def __init__(self, root: Path, name: str, log: Log) -> None:
        self._root, self._log = root, log
        self._said: dict[str, Any] = {
            "state": "building",
            "name": name,
            "job": os.environ.get("ZAFIRO_JOB", "").rpartition("/")[2],
            "began": time.time(),
            "ended": None,
            "cause": None,
            "steps": [],
        }
        self._lines: int | None = None

    def begin(self) -> None:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND
            self._lines = os.open(beside(self._root, LOG), flags, 0o600)
        except OSError:
            self._lines = None
        self._write()

    def line(self, line: str) -> None:
        self._log(line)
        if self._lines is not None:
            try:
                os.write(self._lines, (line.rstrip("\n") + "\n").encode("utf-8", "replace"))
            except OSError:
                return

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        one = {"name": name, "began": time.time(), "ended": None, "failed": True}
        self._said["steps"].append(one)
        self._write()
        try:
            yield
            one["failed"] = False
        finally:
            one["ended"] = time.time()

    def end(self, state: str, cause: str | None = None) -> None:
        self._said.update(state=state, cause=cause, ended=time.time())
        self._write()
        if self._lines is not None:
            os.close(self._lines)
            self._lines = None

    def _write(self) -> None:
        try:
            write(beside(self._root, RECORD), self._said)
        except OSError:
            return


def write(path: Path, value: Mapping[str, Any]) -> None:
    """Whole or not at all, whatever happens meanwhile."""
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    with open(aside, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)
