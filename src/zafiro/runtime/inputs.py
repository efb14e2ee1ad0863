"""Puts the job's inputs where the command can read them."""

from __future__ import annotations

import os
import re

from . import files
from .failure import INPUT, USER, JobFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

LITERAL, DIRECT = "literal", "direct"
_NAME = re.compile(r"[A-Za-z0-9_][\w.\-]*\Z")


def checked(name: str, what: str) -> str:
    """`name`, which becomes the name of a folder, or JobFailed."""
    if not _NAME.match(name):
        raise JobFailed(USER, f"{what} '{name}': use letters, digits, '_', '-' and '.' in names")
    return name


def prepare(
    described: Mapping[str, Any], folder: str, ca: str, stopped: Callable[[], bool]
) -> dict[str, str]:
    """The value of each input, as it stands in the command: a text, a uri or an absolute path.

    Data lie at `folder`/{name}, or `folder`/{name}/{file name} so that a file keeps its suffix.
    An input whose value is null was not given. JobFailed names the input that is not there.
    """
    values = {}
    for name, entry in described.items():
        if entry["type"] == LITERAL:
            if entry.get("value") is not None:
                values[name] = str(entry["value"])
        elif entry.get("mode") == DIRECT:
            values[name] = str(entry["uri"])
        else:
            target = os.path.join(folder, checked(name, "input"))
            values[name] = _bring(name, entry, target, ca, stopped)
    return values


def _bring(
    name: str, entry: Mapping[str, Any], target: str, ca: str, stopped: Callable[[], bool]
) -> str:
    path = entry.get("path")
    uri = str(entry.get("uri") or "").partition("?")[0]  # what follows may be a signature
    if path:
        source = os.path.normpath(path)
        if not os.path.exists(source):
            raise JobFailed(INPUT, f"input '{name}' is not there: {uri or path} does not exist")
        place = target
        if not os.path.isdir(source):
            os.makedirs(target, exist_ok=True)
            place = os.path.join(target, os.path.basename(source))
        if entry.get("mode") == "download":
            files.copy(os.path.realpath(source), place, stopped)
        else:
            os.symlink(source, place)
        return place
    if entry.get("url"):
        from .download import download  # its imports cost 20 ms

        if entry["type"] != "uri_file":
            raise JobFailed(
                INPUT,
                f"input '{name}' is a {entry['type']} at {uri}: a folder cannot be "
                "fetched over https by this version of Zafiro; use a uri_file or a datastore",
            )
        return download(name, entry, target, ca, stopped)
    raise JobFailed(INPUT, f"input '{name}' is not there: {uri or 'no uri'} cannot be read here")
