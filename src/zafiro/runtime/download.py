"""Fetches an input over http or https, with retries, in pieces, onto the disk."""

from __future__ import annotations

import http.client
import io
import os
import ssl
import time
import urllib.error
import urllib.request
from urllib.parse import unquote, urlsplit, urlunsplit

from .failure import INPUT, Canceled, JobFailed
from .files import PARTIAL, remove

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_TRIES = 5
_PIECE_BYTES = 1 << 20
_TIMEOUT_S = 60.0
_WORTH_ANOTHER_TRY = (408, 429, 500, 502, 503, 504)


def download(
    name: str, entry: Mapping[str, Any], folder: str, ca: str, stopped: Callable[[], bool]
) -> str:
    """The path of the file, below `folder`, under the name that the URL gives it.

    JobFailed when it cannot be had; its message never holds the query (a signature may be in it).
    """
    url = str(entry["url"])
    parts = urlsplit(url)
    shown = urlunsplit((parts.scheme, parts.hostname or "", parts.path, "", ""))
    if parts.scheme not in ("http", "https"):
        raise JobFailed(INPUT, f"input '{name}': {shown} is neither http nor https")
    os.makedirs(folder, exist_ok=True)
    leaf = os.path.basename(unquote(parts.path).rstrip("/")) or name
    target = os.path.join(folder, leaf if leaf not in (".", "..") else name)
    why = ""
    for tried in range(_TRIES):
        if tried:
            _rest(0.2 * 2**tried, stopped)
        try:
            _fetch(url, entry.get("headers") or {}, target + PARTIAL, _trust(ca), stopped)
        except urllib.error.HTTPError as error:
            why = f"HTTP {error.code} {error.reason}"
            if error.code not in _WORTH_ANOTHER_TRY:
                break
        except urllib.error.URLError as error:
            why = str(error.reason)
        except http.client.HTTPException as error:
            why = str(error) or type(error).__name__
        except OSError as error:
            if error.filename:  # a trouble of the disk, not of the network
                remove(target + PARTIAL)
                raise
            why = str(error) or type(error).__name__
        else:
            os.replace(target + PARTIAL, target)
            return target
    raise JobFailed(INPUT, f"input '{name}' is not there: {shown} could not be fetched: {why}")


def _fetch(
    url: str,
    headers: Mapping[str, str],
    target: str,
    trust: ssl.SSLContext,
    stopped: Callable[[], bool],
) -> None:
    request = urllib.request.Request(url)
    for header, value in headers.items():  # a redirect to another host must not get them
        request.add_unredirected_header(header, value)
    opened = urllib.request.urlopen(request, timeout=_TIMEOUT_S, context=trust)
    with opened as answer, open(target, "wb", buffering=0) as file:
        wanted, got = answer.headers.get("Content-Length"), 0
        while True:
            if stopped():
                raise Canceled
            piece = answer.read(_PIECE_BYTES)
            if not piece:
                break
            _write(file, piece)
            got += len(piece)
        if wanted is not None and got != int(wanted):
            raise http.client.IncompleteRead(b"", int(wanted) - got)


def _write(file: io.FileIO, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        try:
            left = left[file.write(left) :]
        except OSError as error:
            error.filename = file.name
            raise


def _trust(ca: str) -> ssl.SSLContext:
    """The system's authorities, and ours: an input may lie on the server itself."""
    context = ssl.create_default_context()
    if ca:
        context.load_verify_locations(cafile=ca)
    return context


def _rest(seconds: float, stopped: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if stopped():
            raise Canceled
        time.sleep(min(0.1, seconds))
