"""The files of a model or a data asset: listed, looked into, never outside of it."""

import os
from pathlib import Path

from sqlalchemy.orm import Session

from zafiro.assets import service as assets
from zafiro.assets.domain import Asset
from zafiro.core.context import Context
from zafiro.core.errors import Invalid, NotFound, Unsupported
from zafiro.studio import file_wire as wire
from zafiro.studio import tables
from zafiro.workspaces.domain import Workspace

LISTED = 1000
_IMAGES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"}


def root(ctx: Context, db: Session, workspace: Workspace, asset: Asset) -> Path:
    """Where its bytes lie on this machine: a folder or a file.

    Raises Unsupported for what lies elsewhere, NotFound when nothing is there.
    """
    if not asset.uri:
        raise Unsupported(f"files of {asset.kind}")
    if "*" in asset.uri:
        raise Unsupported(f"listing a pattern ({asset.uri})")
    found = assets.look(ctx, db, workspace)(asset.uri)
    if found is None:
        raise Unsupported(f"listing what is not on this machine ({asset.uri.partition('?')[0]})")
    if not found.exists():
        raise NotFound("files of", f"{asset.name}:{asset.version}", f"nothing is at {asset.uri}")
    return found


def inside(base: Path, path: str) -> Path:
    """A file or folder of the asset. Raises Invalid for a path that leaves it, NotFound."""
    if base.is_file():
        if path.strip("/") not in ("", base.name):
            raise NotFound("file", path, f"the asset is one file, {base.name}")
        return base
    if "\0" in path or path.startswith("/") or ".." in path.split("/"):
        raise Invalid("path", f"'{path}' is no path inside the asset")
    here = base.resolve()
    found = (here / path).resolve()
    if not found.is_relative_to(here):
        raise Invalid("path", f"'{path}' leads out of the asset by a symbolic link")
    if not found.exists():
        raise NotFound("file", path, "the asset has no file of that name")
    return found


def listing(base: Path, path: str) -> wire.AssetFiles:
    """What lies directly in a folder; of an asset that is one file, that file."""
    if base.is_file() and not path:
        one = wire.AssetFile(path=base.name, folder=False, size_bytes=base.stat().st_size)
        return wire.AssetFiles(path="", files=[one], more=0)
    folder = inside(base, path)
    if not folder.is_dir():
        raise Invalid("path", f"'{path}' is no folder")
    below = f"{path.strip('/')}/" if path.strip("/") else ""
    found: list[wire.AssetFile] = []
    more = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(found) >= LISTED:
                more += 1
            elif entry.is_dir():
                found.append(wire.AssetFile(path=below + entry.name, folder=True, size_bytes=0))
            elif entry.is_file():
                size = entry.stat().st_size
                found.append(wire.AssetFile(path=below + entry.name, folder=False, size_bytes=size))
    found.sort(key=lambda one: (not one.folder, one.path))
    return wire.AssetFiles(path=path, files=found, more=more)


def file(base: Path, path: str) -> Path:
    """Raises Invalid for a folder."""
    found = inside(base, path)
    if not found.is_file():
        raise Invalid("path", f"'{path}' is a folder")
    return found


def preview(place: Path, path: str, *, begin: int = 0) -> wire.Preview:
    """What can be shown of a file: 256 KiB of it from `begin`, or the first rows of a table."""
    size = place.stat().st_size
    made = wire.Preview(path=path, size_bytes=size, shown="binary")
    if place.suffix.lower() in _IMAGES:
        made.shown = "image"
        return made
    if begin == 0 and tables.is_table(place):
        try:
            made.table = tables.table(place)
            made.shown = "table"
            return made
        except tables.Unreadable as e:
            made.error = str(e)
    with place.open("rb") as opened:
        opened.seek(begin)
        raw = opened.read(tables.HEAD_BYTES)
    if b"\0" in raw:
        return made
    cut = begin + len(raw) < size
    if cut:  # not in the middle of a letter
        for _ in range(3):
            if raw and raw[-1] >= 0x80 and not _whole(raw):
                raw = raw[:-1]
    made.shown, made.begin = "text", begin
    made.text = raw.decode("utf-8", "replace")
    made.next = begin + len(raw) if cut else None
    return made


def _whole(raw: bytes) -> bool:
    try:
        raw[-4:].decode("utf-8")
    except UnicodeDecodeError as e:
        return e.reason != "unexpected end of data"
    return True
