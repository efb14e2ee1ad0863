"""Block blobs in pieces: the list that makes a blob of staged blocks."""

import contextlib
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from zafiro.blobs.domain import BLOCK, Blob, Traits, Wrong, block_id, check_blob
from zafiro.blobs.staging import Area, Slot, Staged
from zafiro.blobs.store import Blobs, Check, Opened
from zafiro.blobs.upload import Upload, copy_range
from zafiro.core.errors import NotFound

MOST_BLOCKS = 50_000


@dataclass(frozen=True)
class BlockLists:
    """Block ids (base64) and sizes in bytes; `blob` is None while nothing is committed."""

    committed: list[tuple[str, int]]
    uncommitted: list[tuple[str, int]]
    blob: Blob | None


def slot(
    store: Blobs, account: str, container: str, blob: str, length: int, *, digest: bool
) -> Slot:
    """Room for one block of exactly `length` bytes, for a later `commit`."""
    place = store.place(account, container)
    store.need(place)
    return Slot(place, check_blob(blob), length, digest=digest)


def lists(store: Blobs, account: str, container: str, blob: str) -> BlockLists:
    """Raises NotFound("blob") when there is neither a blob nor a staged block."""
    place = store.place(account, container)
    with Area(place, check_blob(blob)) as area:
        staged = [(b64encode(key).decode(), area.blocks[key].size) for key in sorted(area.blocks)]
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
    with contextlib.ExitStack() as stack:
        area = stack.enter_context(Area(place, check_blob(blob)))
        old: Opened | None = None
        with contextlib.suppress(NotFound):
            old = stack.enter_context(store.open(account, container, blob))
        parts = _parts(wanted, area, old)
        blocks = tuple((text, part.size) for text, part, _ in parts)
        staged = [part for _, part, fresh in parts if fresh]
        if staged and len(staged) == len(parts) and area.fits(staged):
            with place.lock(blob):
                check(store.current(place, blob))
                upload = stack.enter_context(Upload.of(place, area.become(staged)))
                return store.install(upload, blob, traits, BLOCK, blocks)
        upload = stack.enter_context(Upload(place, digest=False))
        for _, part, fresh in parts:
            source = area.data if fresh or old is None else old.fd
            copy_range(source, part.offset, upload, part.size)
        return store.take(upload, blob, traits, BLOCK, check, blocks)


def _parts(
    wanted: Iterable[tuple[str, str]], area: Area, old: Opened | None
) -> list[tuple[str, Staged, bool]]:
    """(id, where its bytes are, whether they are staged and not of the blob there is)."""
    spans, start = dict[str, Staged](), 0
    for text, size in old.blob.blocks if old else ():
        spans[text] = Staged(start, size)
        start += size
    parts = []
    for source, text in wanted:
        staged = None if source == "Committed" else area.blocks.get(block_id(text))
        part = staged or (None if source == "Uncommitted" else spans.get(text))
        if part is None:
            raise Wrong("InvalidBlockList", "The specified block list is invalid.")
        parts.append((text, part, staged is not None))
    return parts
