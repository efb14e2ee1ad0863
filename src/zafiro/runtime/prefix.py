"""A built environment, how it is recognised, and what can go wrong on the way to one."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False  # importing `typing` takes 3 ms of every job
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MARKER = ".zafiro.json"
LAYOUT = 1  # count up when a folder built by an older version must not be used any more


class EnvironmentFailed(Exception):
    """The message is one sentence for people; `tail` the last lines of the build."""

    def __init__(self, message: str, tail: str = "") -> None:
        super().__init__(message)
        self.tail = tail


class Cancelled(EnvironmentFailed):
    """Somebody asked for the end while the environment was being built."""

    def __init__(self) -> None:
        super().__init__("cancelled while the environment was being built")


class Prefix:
    """A Python environment ready to be used.

    root       the folder of the virtual environment
    version    of its Python: "3.10.13"
    variables  for the process that runs in it: PATH, VIRTUAL_ENV and those of the recipe
    """

    def __init__(self, root: Path, version: str, variables: Mapping[str, str]) -> None:
        own = {
            "PATH": f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "VIRTUAL_ENV": str(root),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
        }
        self.root, self.version = root, version
        self.variables: dict[str, str] = {**variables, **own}

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    @property
    def python(self) -> Path:
        return self.root / "bin" / "python"


def built(root: Path) -> str | None:
    """The Python version of the finished environment in `root`, or None."""
    try:
        marker = json.loads((root / MARKER).read_bytes())
        # Follows the link: the Python it was made from may have been removed since.
        os.stat(root / "bin" / "python")
    except (OSError, ValueError):
        return None
    return str(marker["python"]) if marker.get("layout") == LAYOUT else None
