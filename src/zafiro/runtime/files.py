"""Copies and moves files and folders, so that an error names the file and nothing is half there."""

from __future__ import annotations

import errno
import os
import shutil

from .failure import FULL, Canceled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PARTIAL = ".zafiro-partial"


def copy(source: str, target: str, stopped: Callable[[], bool]) -> None:
    """Copies a file or a folder with its modes; links inside a folder stay links.

    A folder that exists already gets the new files added. Raises OSError, or Canceled once
    `stopped()` is true.
    """
    if stopped():
        raise Canceled
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
    elif os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
        for entry in os.listdir(source):
            copy(os.path.join(source, entry), os.path.join(target, entry), stopped)
    else:
        copy_file(source, target)


def copy_file(source: str, target: str) -> None:
    """Raises OSError. Half a file that filled the disk is removed: with no space left, nobody
    could even say so."""
    try:
        shutil.copyfile(source, target)
        shutil.copymode(source, target)
    except OSError as error:
        if error.errno in FULL:
            remove(target)
        raise


def move(source: str, target: str) -> None:
    """Moves a file or a folder to `target`, adding to a folder that is there already.

    Each file appears whole or not at all. A link becomes what it points to: a store of bytes
    has no links. Raises OSError; what points nowhere or in a circle is left out.
    """
    if os.path.isdir(source):
        if not os.path.islink(source) and not _has_links(source) and _rename(source, target):
            return
        os.makedirs(target, exist_ok=True)
        for entry in os.listdir(source):
            inside = os.path.join(source, entry)
            if os.path.islink(inside) and os.path.realpath(source).startswith(
                os.path.realpath(inside) + os.sep
            ):
                continue
            move(inside, os.path.join(target, entry))
    elif os.path.isfile(source):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.islink(source) or not _rename(source, target):
            partial = target + PARTIAL
            try:
                copy_file(source, partial)
                os.replace(partial, target)
            except OSError:
                remove(partial)
                raise


def remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def _rename(source: str, target: str) -> bool:
    """Moves by renaming; False when that cannot be (another file system, a folder in the way)."""
    if os.path.isdir(source) and os.path.isdir(target) and os.listdir(target):
        return False
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True


def _has_links(folder: str) -> bool:
    return any(
        os.path.islink(os.path.join(place, name))
        for place, folders, names in os.walk(folder)
        for name in folders + names
    )
