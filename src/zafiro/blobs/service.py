"""What other slices use: the store of blobs, and signatures that open it for a while."""

import os
from collections.abc import Iterator

from zafiro.blobs import listing
from zafiro.blobs.blocks import BlockLists, commit, lists, slot
from zafiro.blobs.containers import Container
from zafiro.blobs.domain import Blob, Traits, check_blob
from zafiro.blobs.listing import Page
from zafiro.blobs.sas import mint_account_sas, mint_sas
from zafiro.blobs.staging import drop
from zafiro.blobs.store import Blobs, Opened
from zafiro.blobs.upload import Upload
from zafiro.core.errors import NotFound

__all__ = [
    "Blob",
    "BlockLists",
    "Container",
    "Opened",
    "Page",
    "Store",
    "Traits",
    "Upload",
    "commit",
    "lists",
    "mint_account_sas",
    "mint_sas",
    "slot",
]


class Store(Blobs):
    """The object store over `Home.storage`. Cheap to make; threads and processes may share it."""

    def list(self, account: str, container: str, prefix: str = "") -> Iterator[Blob]:
        """Every blob whose name begins with `prefix`, in order of names, lazily."""
        place = self.place(account, container)
        self.need(place)
        return listing.walk(place, prefix)

    def page(
        self,
        account: str,
        container: str,
        prefix: str = "",
        *,
        delimiter: str = "",
        start: str = "",
        at_most: int = 5000,
    ) -> Page:
        """One page of names; pass its `next` as `start` for the following one."""
        place = self.place(account, container)
        self.need(place)
        return listing.page(place, prefix, delimiter=delimiter, start=start, at_most=at_most)

    def copy_tree(self, source: tuple[str, str, str], target: tuple[str, str, str]) -> int:
        """Copy all blobs below one prefix to below another, (account, container, prefix) each.

        `a/b/` to `x/` makes `x/c` of `a/b/c`. Returns how many blobs were copied. Each blob is
        copied at one stroke, the tree is not; blobs that are in the target stay or are replaced.
        """
        count = 0
        for blob in list(self.list(*source)):
            name = target[2] + blob.name[len(source[2]) :]
            self.copy((source[0], source[1], blob.name), (target[0], target[1], name))
            count += 1
        return count

    def forget_blocks(self, account: str, container: str, blob: str) -> None:
        """Staged blocks that no list has made a blob of; none there is fine."""
        drop(self.place(account, container), check_blob(blob))

    def delete_prefix(self, account: str, container: str, prefix: str) -> int:
        """Delete all blobs whose names begin with `prefix`; how many it were.

        A prefix that ends in "/" takes its empty folders along.
        """
        count = 0
        for blob in list(self.list(account, container, prefix)):
            try:
                self.delete(account, container, blob.name)
                count += 1
            except NotFound:  # somebody else was quicker
                pass
        folder = self.path(account, container, prefix)
        if prefix.endswith("/") and check_blob(prefix.rstrip("/")) and folder.is_dir():
            _remove_empty(str(folder))
        return count


def _remove_empty(folder: str) -> None:
    for path, _, files in os.walk(folder, topdown=False):
        if not files:
            try:
                os.rmdir(path)
            except OSError:
                continue
