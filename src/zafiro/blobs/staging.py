"""Blocks that are not committed yet: one file per blob, in which every block has a slot.

    .zafiro/{container}/blocks/{hash of the name}/data      the bytes, slots in order of arrival
                                                 /slots     journal: where the next slot begins,
                                                            then a line per block that is complete

Blocks mostly arrive in the order in which they are committed, so the file is nearly the blob
already: committing it moves the few blocks that came out of turn and renames the file, instead of
writing every byte a second time.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zafiro.blobs.domain import Clash
from zafiro.blobs.layout import Place, transfer

_HEADER = 20  # digits of the next free offset


@dataclass(frozen=True)
class Staged:
    """Where a complete block lies in the data file, in bytes."""

    offset: int
    size: int


class Slot:
    """Room for one block of `length` bytes: write, then `done`; discard it in any case."""

    def __init__(self, place: Place, blob: str, length: int, *, digest: bool) -> None:
        folder = place.blocks(blob)
        self.size, self._length = 0, length
        self._md5 = hashlib.md5(usedforsecurity=False) if digest else None
        while True:
            os.makedirs(folder, exist_ok=True)
            try:
                self._path = f"{folder}/slots"
                self._journal = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except FileNotFoundError:  # committed between the two steps
                continue
            try:
                # The folder may go at any moment until we hold the lock, hence the suppress.
                with contextlib.suppress(FileNotFoundError), _locked(self._journal):
                    if _is_current(self._path, self._journal):
                        self._offset = _next(self._journal)
                        self._data = os.open(
                            f"{folder}/data", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644
                        )
                        os.pwrite(self._journal, b"%020d" % (self._offset + length), 0)
                        return
            except BaseException:
                os.close(self._journal)
                raise
            os.close(self._journal)

    def write(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            if self.size + len(piece) > self._length:
                raise ValueError("more bytes than the block has room for")
            view = memoryview(piece)
            while view:
                n = os.pwrite(self._data, view, self._offset + self.size)
                view, self.size = view[n:], self.size + n
            if self._md5 is not None:
                self._md5.update(piece)

    @property
    def md5(self) -> str:
        return "" if self._md5 is None else b64encode(self._md5.digest()).decode()

    def done(self, block: bytes) -> None:
        """The block is complete; another of the same id is replaced."""
        with _locked(self._journal):
            if not _is_current(self._path, self._journal):
                raise Clash("OperationAborted", "The blob was committed while a block arrived.")
            os.lseek(self._journal, 0, os.SEEK_END)
            os.write(self._journal, b"%s %d %d\n" % (block.hex().encode(), self._offset, self.size))

    def discard(self) -> None:
        """May be called twice. Room that was never filled stays a hole until the commit."""
        if self._data >= 0:
            os.close(self._data)
            os.close(self._journal)
            self._data = self._journal = -1


class Area:
    """All blocks staged for one blob, held still: nobody stages while it is open."""

    def __init__(self, place: Place, blob: str) -> None:
        self._place, self._folder = place, place.blocks(blob)
        self.blocks: dict[bytes, Staged] = {}
        self.data = -1
        self._reserved = 0

    def __enter__(self) -> "Area":
        try:
            self._journal = os.open(f"{self._folder}/slots", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            self._journal = -1
            return self
        fcntl.flock(self._journal, fcntl.LOCK_EX)
        if _is_current(f"{self._folder}/slots", self._journal):
            self._reserved = _next(self._journal)
            self.blocks = _complete(self._journal)
            with contextlib.suppress(FileNotFoundError):
                self.data = os.open(f"{self._folder}/data", os.O_RDWR | os.O_CLOEXEC)
        return self

    def __exit__(self, *_: object) -> None:
        for fd in (self.data, self._journal):
            if fd >= 0:
                os.close(fd)
        self.data = self._journal = -1

    def fits(self, wanted: Sequence[Staged]) -> bool:
        """Whether the data file can become the blob by moving few blocks of one size.

        Every slot that was ever given out must be complete and wanted, once: so nobody can still
        be writing to the file when it is a blob.
        """
        if sum(block.size for block in wanted) != self._reserved:
            return False
        if sorted(block.offset for block in wanted) != _starts(
            sorted(wanted, key=lambda b: b.offset)
        ):
            return False
        moved = [
            (block, at)
            for block, at in zip(wanted, _starts(wanted), strict=True)
            if block.offset != at
        ]
        return (
            len({block.size for block, _ in moved}) <= 1
            and {block.offset for block, _ in moved} == {at for _, at in moved}
            and len(moved) * 4 <= len(wanted) * 3
        )

    def become(self, wanted: Sequence[Staged]) -> str:
        """Arrange the data file in the order `wanted`; the path it has then.

        The area is gone from here on. A crash loses the blocks; it cannot mix them up.
        """
        path, trash = self._place.temp(), self._place.temp()
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.rename(self._folder, trash)  # from here on nobody finds it
        os.rename(f"{trash}/data", path)
        shutil.rmtree(trash, ignore_errors=True)
        source = {
            at: block.offset
            for block, at in zip(wanted, _starts(wanted), strict=True)
            if block.offset != at
        }
        size = next((block.size for block in wanted if block.offset in source), 0)
        while source:  # one cycle of the permutation after the other
            hole, first = next(iter(source.items()))
            start, kept = hole, os.pread(self.data, size, hole)
            if len(kept) != size:
                raise OSError("a staged block is not whole")
            while first != start:
                _move(self.data, first, hole, size)
                del source[hole]
                hole, first = first, source[first]
            del source[hole]
            if os.pwrite(self.data, kept, hole) != size:
                raise OSError("a block could not be written back")
        return path


def drop(place: Place, blob: str) -> None:
    """Forget all staged blocks, at one stroke. Who is staging one now is told so."""
    if os.path.isdir(place.blocks(blob)):
        trash = place.temp()
        os.makedirs(os.path.dirname(trash), exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.rename(place.blocks(blob), trash)
        shutil.rmtree(trash, ignore_errors=True)


def _move(fd: int, source: int, target: int, size: int) -> None:
    done = 0
    while done < size:
        n = transfer(fd, fd, size - done, source + done, target + done)
        if n == 0:
            raise OSError("a staged block is not whole")
        done += n


def _starts(blocks: Sequence[Staged]) -> list[int]:
    """Where each begins when they follow each other."""
    starts, at = [], 0
    for block in blocks:
        starts.append(at)
        at += block.size
    return starts


@contextlib.contextmanager
def _locked(fd: int) -> Iterator[None]:
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(fd, fcntl.LOCK_UN)


def _is_current(path: str, fd: int) -> bool:
    try:
        return os.stat(path).st_ino == os.fstat(fd).st_ino
    except FileNotFoundError:
        return False


def _next(journal: int) -> int:
    return int(os.pread(journal, _HEADER, 0) or b"0")


def _complete(journal: int) -> dict[bytes, Staged]:
    size = os.fstat(journal).st_size
    text, found = os.pread(journal, size, 0)[_HEADER:], dict[bytes, Staged]()
    for line in text.split(b"\n")[:-1]:  # what stands behind the last line's end was torn
        block, offset, count = line.split()
        found[bytes.fromhex(block.decode())] = Staged(int(offset), int(count))
    return found
