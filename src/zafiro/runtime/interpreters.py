"""Which Pythons this machine has, found by looking at folders; only the chosen one is run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_NAMED = re.compile(r"python3\.(\d+)")
_PYENV = re.compile(r"3\.(\d+)\.(\d+)")
_MANAGED = re.compile(r"cpython-3\.(\d+)\.(\d+)-")
_ASK = "import sys; print('%d.%d.%d' % sys.version_info[:3])"


@dataclass(frozen=True)
class Interpreter:
    """version: (3, 10, 13); the last is -1 until the interpreter was asked."""

    version: tuple[int, int, int]
    path: Path

    @property
    def minor(self) -> str:
        return f"{self.version[0]}.{self.version[1]}"

    def __str__(self) -> str:
        return ".".join(str(part) for part in self.version)


def choose(asked: str | None, found: list[Interpreter] | None = None) -> Interpreter | None:
    """The newest working interpreter of the minor version asked ("3.10"), else of the nearest one
    (of two equally near ones the newer). `None` asks for the one that runs this.

    None when the machine has no working Python 3 at all.
    """
    wanted = int(asked.split(".")[1]) if asked else sys.version_info[1]
    found = list(_look()) if found is None else found
    for candidate in sorted(found, key=_nearness(wanted)):
        version = _ask(candidate.path)
        if version is not None:
            return Interpreter(version, candidate.path)
    return None


def _nearness(wanted: int) -> Callable[[Interpreter], tuple[int, int, int]]:
    def rank(candidate: Interpreter) -> tuple[int, int, int]:
        _, minor, patch = candidate.version
        return abs(minor - wanted), -minor, -patch

    return rank


def _look() -> Iterator[Interpreter]:
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    for folder in _under(pyenv):
        if match := _PYENV.fullmatch(folder.name):
            yield Interpreter(_version(match), folder / "bin" / "python")
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    managed = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    for folder in _under(managed):
        if match := _MANAGED.match(folder.name):
            yield Interpreter(_version(match), folder / "bin" / f"python3.{match[1]}")
    places = [Path(place) for place in os.environ.get("PATH", "").split(os.pathsep) if place]
    places += [Path(place) for place in ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")]
    for place in dict.fromkeys(places):
        # The shims of pyenv answer for whichever version a folder chose, and often for none.
        if place.name == "shims" or (place.parent / "pyvenv.cfg").exists():
            continue
        for file in _under(place):
            if match := _NAMED.fullmatch(file.name):
                yield Interpreter((3, int(match[1]), -1), file)
    # sys.executable may lie in a virtual environment; the one it was made from outlives it.
    own = getattr(sys, "_base_executable", "") or sys.executable
    yield Interpreter((3, sys.version_info[1], sys.version_info[2]), Path(own))


def _version(match: re.Match[str]) -> tuple[int, int, int]:
    return 3, int(match[1]), int(match[2])


def _under(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _ask(python: Path) -> tuple[int, int, int] | None:
    try:
        done = subprocess.run(
            [str(python), "-I", "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
            stdin=subprocess.DEVNULL,
        )
        major, minor, patch = (int(part) for part in done.stdout.split("."))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return major, minor, patch
