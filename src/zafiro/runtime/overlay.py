"""A virtual environment of a job's own, laid over one that many jobs share.

What the job installs, upgrades or removes happens in the overlay; the shared environment is only
read. The overlay is a real virtual environment (PEP 405) whose site-packages holds one .pth file
that adds the shared site-packages behind it. It takes milliseconds, as nothing is copied but the
small scripts in bin/, whose first line names the Python they run under.

pip leaves alone what lies outside its sys.prefix ("Not uninstalling ..., outside environment"),
so an upgrade lands in the overlay and hides what is below.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# Sorted behind every other .pth of the overlay: what a job installs with `pip install -e` comes
# before what it shares.
_LINK = "zzzz_shared.pth"
_SCRIPT_BYTES = 256 * 1024
_OWN = {"bin", "lib", "lib64", "pyvenv.cfg", ".gitignore", "CACHEDIR.TAG"}


def lay(shared: Path, folder: Path) -> None:
    """Make `folder` (absent, or left over from a killed attempt) an overlay of `shared`."""
    shared = shared.resolve()
    library = _library(shared)
    bin, packages = folder / "bin", folder / library / "site-packages"
    bin.mkdir(parents=True, exist_ok=True)
    packages.mkdir(parents=True, exist_ok=True)
    _symlink("lib", folder / "lib64")
    (folder / "pyvenv.cfg").write_bytes((shared / "pyvenv.cfg").read_bytes())
    line = f"import site; site.addsitedir({str(shared / library / 'site-packages')!r})\n"
    (packages / _LINK).write_text(line, encoding="utf-8")
    _programs(shared, folder)
    for entry in _entries(shared):
        if entry.name not in _OWN and not entry.name.startswith(".zafiro"):
            _mirror(entry, folder / entry.name)
    for entry in _entries(shared / "lib"):
        if entry.name != library.name:
            _mirror(entry, folder / "lib" / entry.name)


def _library(shared: Path) -> Path:
    for entry in _entries(shared / "lib"):
        if entry.name.startswith("python3.") and entry.is_dir():
            return Path("lib") / entry.name
    raise FileNotFoundError(f"{shared} is not a virtual environment: it has no lib/python3.*")


def _programs(shared: Path, folder: Path) -> None:
    old, new = os.fsencode(shared), os.fsencode(folder)
    for entry in _entries(shared / "bin"):
        mine = folder / "bin" / entry.name
        if entry.is_symlink():  # python, python3, python3.10: relative ones, or to the real one
            target = os.readlink(entry.path)
            _symlink(target.replace(str(shared), str(folder)), mine)
        elif entry.stat().st_size > _SCRIPT_BYTES:
            _symlink(entry.path, mine)
        else:
            body = Path(entry.path).read_bytes()
            if old not in body or b"\0" in body:
                _symlink(entry.path, mine)
                continue
            mode = entry.stat().st_mode & 0o777 | 0o200
            # A file written over, or a link written through, could be the shared one.
            mine.unlink(missing_ok=True)
            with open(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(_moved(body, old, new))


def _moved(script: bytes, old: bytes, new: bytes) -> bytes:
    first, _, rest = script.partition(b"\n")
    if first.startswith(b"#!" + old + b"/bin/python"):
        return _shebang(new + first[2 + len(old) :]) + rest
    return script.replace(old, new)


def _shebang(python: bytes) -> bytes:
    """The kernel takes neither a space nor more than 127 bytes in a shebang, so that such a path
    goes through sh: the line is a string to Python and a command to sh."""
    if len(python) < 120 and b" " not in python:
        return b"#!" + python + b"\n"
    quoted = re.sub(rb'(["$`\\])', rb"\\\1", python)
    return b"#!/bin/sh\n'''exec' \"" + quoted + b'" "$0" "$@"\n\' \'\'\'\n'


def _mirror(entry: os.DirEntry[str], mine: Path) -> None:
    """Folders are made, files are links: an installer may add a file or replace one, and only
    the overlay's folder changes."""
    if entry.is_dir(follow_symlinks=False):
        mine.mkdir(exist_ok=True)
        for below in _entries(Path(entry.path)):
            _mirror(below, mine / below.name)
    else:
        _symlink(entry.path, mine)


def _symlink(target: str, at: Path) -> None:
    try:
        at.symlink_to(target)
    except FileExistsError:
        at.unlink()
        at.symlink_to(target)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except FileNotFoundError:
        return
