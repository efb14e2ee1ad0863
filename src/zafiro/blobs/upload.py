"""Bytes on their way into the store, and copying them between open files."""

import contextlib
import hashlib
import os
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence

from zafiro.blobs.domain import Clash, Wrong
from zafiro.blobs.layout import Place, open_new, transfer
from zafiro.core.errors import NotFound


class Upload:
    """Bytes on their way in: write, then give it to the store, or discard it.

    The file is in a folder of the same file system that no client sees. `digest` False skips MD5.
    """

    def __init__(self, place: Place, *, digest: bool = True) -> None:
        self.place, self.path, self.size = place, place.temp(), 0
        if not place.exists():
            raise NotFound("container", os.path.basename(place.base))
        self.fd = open_new(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        self._md5 = hashlib.md5(usedforsecurity=False) if digest else None

    @classmethod
    def of(cls, place: Place, path: str) -> "Upload":
        """Take over a file that has all its bytes and a path that nobody else knows."""
        upload = cls.__new__(cls)
        upload.place, upload.path, upload._md5 = place, path, None
        upload.fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        upload.size = os.fstat(upload.fd).st_size
        return upload

    def write(self, pieces: Sequence[bytes]) -> None:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[os.write(self.fd, view) :]
            self.size += len(piece)
            if self._md5 is not None:
                self._md5.update(piece)

    @property
    def md5(self) -> str:
        """Of what was written so far, base64; "" without a digest."""
        return "" if self._md5 is None else b64encode(self._md5.digest()).decode()

    def settle(self) -> os.stat_result:
        """Stamp the file with a time of its own, which makes its etag unlike any before."""
        now = time.time_ns()
        os.utime(self.fd, ns=(now, now))
        return os.fstat(self.fd)

    def discard(self) -> None:
        """Safe to call at any time, also after the store took the file."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)

    def __enter__(self) -> "Upload":
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()


def copy_range(source: int, start: int, upload: Upload, count: int) -> None:
    """Append `count` bytes of an open file to an upload, inside the kernel. The digest is
    not kept up."""
    done = 0
    while done < count:
        n = transfer(source, upload.fd, count - done, start + done, upload.size)
        if n == 0:
            raise Clash("BlobModifiedWhileReading", "The blob became shorter while it was copied.")
        done += n
        upload.size += n


def extend(fd: int, size: int, content: bytes | Upload) -> None:
    try:
        if isinstance(content, bytes):
            view, at = memoryview(content), size
            while view:
                n = os.pwrite(fd, view, at)
                view, at = view[n:], at + n
            return
        done = 0
        while done < content.size:
            n = transfer(content.fd, fd, content.size - done, done, size + done)
            if n == 0:
                raise Wrong("InternalError", "the block ended early", 500)
            done += n
    except BaseException:
        os.ftruncate(fd, size)
        raise


def pieces(fd: int, first: int, count: int, at_most: int = 1 << 20) -> Iterator[bytes]:
    """`count` bytes of an open file from `first`, piece by piece."""
    while count > 0:
        piece = os.pread(fd, min(count, at_most), first)
        if not piece:
            return
        yield piece
        first, count = first + len(piece), count - len(piece)
