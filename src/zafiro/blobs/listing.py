"""The names in a container, in order, page by page.

Blobs are listed in the order of their full names, as Azure does, while walking folders lazily:
in each folder a subfolder `a` is taken at the place of `a/`.
"""

import heapq
import os
import stat as modes
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from zafiro.blobs import sidecar
from zafiro.blobs.domain import Blob
from zafiro.blobs.layout import Place
from zafiro.blobs.sidecar import blob_of


@dataclass(frozen=True)
class Page:
    """`prefixes` are the groups that a delimiter makes. `next` is the first name not listed."""

    blobs: list[Blob]
    prefixes: list[str]
    next: str = ""


@dataclass(frozen=True)
class _Seen:
    name: str
    stat: os.stat_result | None  # None: a prefix


def page(
    place: Place,
    prefix: str = "",
    *,
    delimiter: str = "",
    start: str = "",
    at_most: int = 5000,
) -> Page:
    """At most `at_most` blobs and prefixes together, from the name `start` on (inclusive)."""
    names = _merged(place, prefix, delimiter, start)
    seen = list(islice(names, at_most + 1))
    following = seen.pop().name if len(seen) > at_most else ""
    return Page(
        [_blob(place, s.name, s.stat) for s in seen if s.stat is not None],
        [s.name for s in seen if s.stat is None],
        following,
    )


def walk(place: Place, prefix: str = "") -> Iterator[Blob]:
    """Every blob whose name begins with `prefix`, in order."""
    for seen in _merged(place, prefix, "", ""):
        if seen.stat is not None:
            yield _blob(place, seen.name, seen.stat)


def _blob(place: Place, name: str, stat: os.stat_result) -> Blob:
    beside = sidecar.load(place.props(name))
    return blob_of(name, stat, beside if beside is not None and beside.fits(stat) else None)


def _merged(place: Place, prefix: str, delimiter: str, start: str) -> Iterator[_Seen]:
    files = _files(place, prefix, delimiter, start)
    odd = _odd(place, prefix)
    last = ""
    for seen in heapq.merge(files, odd, key=lambda s: s.name) if odd else files:
        if delimiter and seen.stat is not None:
            end = seen.name.find(delimiter, len(prefix))
            if end >= 0:
                seen = _Seen(seen.name[: end + len(delimiter)], None)
        if seen.name >= start and seen.name != last:
            last = seen.name
            yield seen


def _odd(place: Place, prefix: str) -> list[_Seen]:
    folder, found = f"{place.side}/odd", []
    try:
        entries = os.listdir(folder)
    except FileNotFoundError:
        return []
    for entry in entries:
        beside = sidecar.load(f"{place.side}/props/{entry[:2]}/{entry[2:]}")
        if beside is not None and beside.name.startswith(prefix):
            found.append(_Seen(beside.name, os.stat(f"{folder}/{entry}")))
    return sorted(found, key=lambda s: s.name)


def _files(place: Place, prefix: str, delimiter: str, start: str) -> Iterator[_Seen]:
    above = prefix.rpartition("/")[0]
    if above and any(part in ("", ".", "..") for part in above.split("/")):
        return iter(())
    folder = f"{place.base}/{above}" if above else place.base
    real = os.path.realpath(folder)
    if not f"{real}/".startswith(f"{place.base}/"):
        return iter(())
    relative = f"{above}/" if above else ""
    return _walk(place, folder, relative, prefix, delimiter == "/", start, (real,))


def _walk(
    place: Place,
    folder: str,
    relative: str,
    prefix: str,
    grouped: bool,
    start: str,
    inside: tuple[str, ...],
) -> Iterator[_Seen]:
    for key, entry in _entries(place, folder):
        name = relative + key
        if not name.startswith(prefix):
            continue
        if not key.endswith("/"):
            if name >= start:
                try:
                    stat = entry.stat()
                except OSError:
                    continue  # gone since, or a link to nothing
                if modes.S_ISREG(stat.st_mode):
                    yield _Seen(name, stat)
            continue
        if name < start and not start.startswith(name):
            continue  # everything in there was listed before
        within = (*inside, os.path.realpath(entry.path)) if entry.is_symlink() else inside
        if within is not inside and within[-1] in _line(inside, folder):
            continue  # a link to a folder we are in
        below = _walk(place, entry.path, name, prefix, False, "" if grouped else start, within)
        if grouped:
            if next(below, None) is not None:  # an empty folder is nothing to Azure
                yield _Seen(name, None)
        else:
            yield from below


def _line(inside: tuple[str, ...], folder: str) -> set[str]:
    """The real folders between where we began and `folder`."""
    real, line = os.path.realpath(folder), set(inside)
    while len(real) > 1:
        line.add(real)
        real = os.path.dirname(real)
    return line


def _entries(place: Place, folder: str) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    entry.name.encode()
                except UnicodeEncodeError:
                    continue  # no URL could name it
                if entry.is_symlink() and not os.path.realpath(entry.path).startswith(
                    f"{place.base}/"
                ):
                    continue
                found.append((f"{entry.name}/" if entry.is_dir() else entry.name, entry))
    except (FileNotFoundError, NotADirectoryError):
        return iter(())
    return iter(sorted(found, key=lambda pair: pair[0]))
