"""Writes the job's logs, and reads from them why a command failed."""

from __future__ import annotations

import os
import re
import signal
import time

_TAIL_LINES = 40
_READ_BYTES = 256 * 1024
_NEAR_END = 15  # an exception further up was most likely caught
_TRACEBACK = re.compile(r"^(?P<prefix>.*?)Traceback \(most recent call last\):\s*$")
_CHAINED = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_NOT_FOUND = re.compile(r"^(?:\S*sh: )(?:line \d+: |\d+: )?(?P<what>.+?): (?:command )?not found")
_CANNOT_RUN = re.compile(r"^(?:\S*sh: )(?:line \d+: |\d+: )?(?P<what>.+?): (?P<why>[^:]+)$")


class Log:
    """A file to which lines are added; an unwritable log never stops a job."""

    def __init__(self, path: str) -> None:
        self.path = path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def __call__(self, line: str) -> None:
        self._write(line.rstrip("\n") + "\n")

    def timed(self, line: str) -> None:
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        self._write(f"{stamp}.{int(now * 1000) % 1000:03d}Z {line}\n")

    def _write(self, text: str) -> None:
        try:
            os.write(self.descriptor, text.encode("utf-8", "replace"))
        except OSError:  # most likely a full disk; the job's own writes will say so
            return

    def size(self) -> int:
        return os.fstat(self.descriptor).st_size


def last_lines(path: str, start: int) -> list[str]:
    """The end of what was written from byte `start` on, at most 256 KiB, as lines."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(start, size - _READ_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def cause(lines: list[str], exit_code: int) -> tuple[str, str]:
    """(one line that names the cause, the lines that show it) of a command that failed."""
    start, exception = _exception(lines)
    first = len(lines) - _TAIL_LINES
    if exception:
        first = min(first, start)
    tail = "\n".join(lines[max(0, first) :])
    if exit_code == 127:
        for line in reversed(lines):
            if found := _NOT_FOUND.match(line):
                return f"command not found: {found.group('what')}", tail
    if exit_code in (126, 127):
        for line in reversed(lines):
            if found := _CANNOT_RUN.match(line):
                return f"cannot run {found.group('what')}: {found.group('why')}", tail
    if exception:
        return exception, tail
    if exit_code == 137:
        return "the command was killed (SIGKILL); most often the machine ran out of memory", tail
    if 128 < exit_code < 160:
        return f"the command was ended by signal {_signal(exit_code - 128)}", tail
    for line in reversed(lines):
        if line.strip():
            return line.strip()[:1000], tail
    return f"the command ended with exit code {exit_code} and printed nothing", tail


def _exception(lines: list[str]) -> tuple[int, str]:
    """(first line of the last traceback with its chain, its exception line), (0, "") if none."""
    at = _last_traceback(lines, len(lines))
    if at is None:
        return 0, ""
    match = _TRACEBACK.match(lines[at])
    prefix = match.group("prefix") if match else ""
    exception, end = "", at
    for number in range(at + 1, len(lines)):
        line = lines[number]
        bare = line[len(prefix) :] if prefix and line.startswith(prefix) else line
        if bare and not bare.startswith((" ", "\t")):
            exception, end = bare.strip(), number
            break
    after = sum(1 for line in lines[end + 1 :] if line)
    if not exception or after > _NEAR_END:
        return 0, ""
    start = at
    while any(word in line for line in lines[max(0, start - 3) : start] for word in _CHAINED):
        before = _last_traceback(lines, start)
        if before is None:
            break
        start = before
    return start, exception[:1000]


def _last_traceback(lines: list[str], before: int) -> int | None:
    for number in range(before - 1, -1, -1):
        if _TRACEBACK.match(lines[number]):
            return number
    return None


def _signal(number: int) -> str:
    try:
        return f"{number} ({signal.Signals(number).name})"
    except ValueError:
        return str(number)
