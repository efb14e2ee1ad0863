"""Block blobs in pieces: staged blocks, and the list that makes a blob of them."""

import binascii
import contextlib
import os
from collections.abc import Iterable
from dataclasses import dataclass

from zafiro.blobs.domain import BLOCK, Blob, Traits, Wrong, block_id, check_blob
from zafiro.blobs.store import Blobs, Check, Opened, Upload, copy_range
from zafiro.core.errors import NotFound

MOST_BLOCKS = 50_000


@dataclass(frozen=True)
class BlockLists:
    """Block ids (base64) and sizes in bytes; `blob` is None while nothing is committed."""

    committed: list[tuple[str, int]]
    uncommitted: list[tuple[str, int]]
    blob: Blob | None


def stage(upload: Upload, blob: str, block: str) -> None:
    """Keep a block for a later `commit`. The same id again replaces it."""
    folder = upload.place.blocks(check_blob(blob))
    path = f"{folder}/{block_id(block).hex()}"
    try:
        os.rename(upload.path, path)
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)
        os.rename(upload.path, path)
    upload.discard()


def lists(store: Blobs, account: str, container: str, blob: str) -> BlockLists:
    """Raises NotFound("blob") when there is neither a blob nor a staged block."""
    place = store.place(account, container)
    staged = []
    try:
        for entry in sorted(os.scandir(place.blocks(check_blob(blob))), key=lambda e: e.name):
            staged.append((_text(entry.name), entry.stat().st_size))
    except FileNotFoundError:
        pass
    try:
        found = store.head(account, container, blob)
    except NotFound as e:
        if not staged or e.kind != "blob":
            raise
        return BlockLists([], staged, None)
    return BlockLists(list(found.blocks), staged, found)


def commit(
    store: Blobs,
    account: str,
    container: str,
    blob: str,
    wanted: Iterable[tuple[str, str]],
    traits: Traits,
    *,
    check: Check,
) -> Blob:
    """Make the blob of blocks, in the order given, each (where from, id).

    Where from is "Committed", "Uncommitted" or "Latest" (uncommitted first). Blocks that are not
    listed are forgotten. Raises Wrong InvalidBlockList for an id that is not there.
    """
    place = store.place(account, container)
    store.need(place)
    folder = place.blocks(check_blob(blob))
    with contextlib.ExitStack() as stack:
        upload = stack.enter_context(Upload(place, digest=False))
        old: Opened | None = None
        with contextlib.suppress(NotFound):
            old = stack.enter_context(store.open(account, container, blob))
        spans = _spans(old)
        blocks = []
        for source, text in wanted:
            size = -1
            if source in ("Uncommitted", "Latest"):
                size = _append_staged(f"{folder}/{block_id(text).hex()}", upload)
            if size < 0 and source in ("Committed", "Latest") and old and text in spans:
                start, size = spans[text]
                copy_range(old.fd, start, upload, size)
            if size < 0:
                raise Wrong("InvalidBlockList", "The specified block list is invalid.")
            blocks.append((text, size))
        return store.take(upload, blob, traits, BLOCK, check, tuple(blocks))


def _append_staged(path: str, upload: Upload) -> int:
    """The size of the staged block that was appended; -1 when there is none."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return -1
    try:
        size = os.fstat(fd).st_size
        copy_range(fd, 0, upload, size)
        return size
    finally:
        os.close(fd)


def _spans(old: Opened | None) -> dict[str, tuple[int, int]]:
    spans, start = {}, 0
    for text, size in old.blob.blocks if old else ():
        spans[text] = (start, size)
        start += size
    return spans


def _text(hexed: str) -> str:
    return binascii.b2a_base64(bytes.fromhex(hexed), newline=False).decode()
