"""Gives each output of the job a place to write to, and brings it to the store at the end."""

from __future__ import annotations

import os

from . import files
from .inputs import DIRECT, checked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

_FILE = "uri_file"
_KEPT = ("outputs", "logs")


def prepare(described: Mapping[str, Any], folder: str) -> dict[str, str]:
    """The value of each output, as it stands in the command: an absolute path, or a uri (direct).

    A folder exists already; a file does not, but its parent does. Raises OSError.
    """
    values = {}
    for name, entry in described.items():
        if entry.get("mode") == DIRECT:
            values[name] = str(entry["uri"])
            continue
        place = os.path.join(folder, checked(name, "output"))
        path = os.path.normpath(entry["path"])
        is_file = entry["type"] == _FILE
        if entry.get("mode") == "upload":
            os.makedirs(place, exist_ok=True)
        else:
            shared = os.path.dirname(path) if is_file else path
            os.makedirs(shared, exist_ok=True)
            os.symlink(shared, place)
        values[name] = os.path.join(place, os.path.basename(path)) if is_file else place
    return values


def deliver(described: Mapping[str, Any], values: Mapping[str, str]) -> None:
    """Moves to the store what was written locally. Raises OSError."""
    for name, entry in described.items():
        if entry.get("mode") == "upload" and os.path.exists(values[name]):
            files.move(values[name], os.path.normpath(entry["path"]))


def present(described: Mapping[str, Any]) -> dict[str, Any]:
    """{name: {"path", "exists"}} as the last report says it. An empty folder counts as nothing
    written: stores of bytes have no empty folders, and we made it ourselves."""
    return {
        name: {"path": entry.get("path"), "exists": _written(entry.get("path") or "")}
        for name, entry in described.items()
    }


def _written(path: str) -> bool:
    try:
        with os.scandir(path) as entries:
            return next(entries, None) is not None
    except NotADirectoryError:
        return True
    except OSError:
        return False


def keep(folder: str, artifacts: str, code: str | None, more: Sequence[str] = ()) -> None:
    """Makes ./outputs and ./logs of the working directory part of the job's artifacts, and `more`
    folders below it.

    Before the code is copied there: what it has in a folder of that name is kept as well. A file
    of that name is left to be one.
    """
    os.makedirs(folder, exist_ok=True)
    for name in (*_KEPT, *more):
        given = os.path.join(code, name) if code else ""
        if code and os.path.lexists(given) and (os.path.islink(given) or not os.path.isdir(given)):
            continue
        kept = os.path.join(artifacts, name)
        os.makedirs(kept, exist_ok=True)
        place = os.path.join(folder, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.symlink(kept, place)
