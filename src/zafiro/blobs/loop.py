"""Frees what was left behind: uploads that never ended, blocks that were never committed."""

import contextlib
import os
import shutil
import time

from zafiro.blobs.layout import SIDE
from zafiro.blobs.service import Store
from zafiro.core.context import Context
from zafiro.core.loops import Loop

UPLOAD_S = 24 * 3600  # no request lasts this long
BLOCKS_S = 7 * 24 * 3600  # as Azure keeps uncommitted blocks


def loops(ctx: Context) -> list[Loop]:
    return [Loop("blobs", step, every_s=3600)]


def step(ctx: Context) -> bool:
    sweep(Store(ctx.home.storage), time.time())
    return False


def sweep(store: Store, now_s: float) -> int:
    """How many leftovers were removed. `now_s` in seconds since 1970."""
    count = 0
    for account in store.accounts():
        side = f"{store.account_root(account)}/{SIDE}"
        for container in _names(side):
            for name in _names(f"{side}/{container}/tmp"):
                count += _remove(f"{side}/{container}/tmp/{name}", now_s - UPLOAD_S)
            for name in _names(f"{side}/{container}/blocks"):
                count += _remove(f"{side}/{container}/blocks/{name}", now_s - BLOCKS_S)
    return count


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _remove(path: str, older_than_s: float) -> int:
    with contextlib.suppress(FileNotFoundError):
        folder = os.path.isdir(path)
        # A folder's own time stands still while the files in it grow.
        times = [os.stat(f"{path}/{name}").st_mtime for name in (_names(path) if folder else ())]
        if max(times, default=os.stat(path).st_mtime) >= older_than_s:
            return 0
        if folder:
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
        return 1
    return 0
