"""Where things lie on disk, and opening files without ever leaving a container's folder.

    storage/{account}/{container}/{blob}            plain files; people and jobs use them directly
    storage/{account}/.zafiro/{container}/props/    what a file cannot carry, by hash of the name
                                         /odd/      blobs no plain file can stand for, likewise
                                         /blocks/   blocks not committed yet
                                         /tmp/      uploads under way
    storage/{account}/.zafiro/locks/                one writer at a time per blob

A name is odd when the file system cannot hold it beside the others: `a/b` where `a` is a file,
an empty segment, a segment of more than 255 bytes. Odd blobs need no encoding inside the
container's folder, so every file there means exactly its own name.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import sys
from collections.abc import Iterator

from zafiro.blobs.domain import Refused

SIDE = ".zafiro"
_STRIPES = 256
_COPY_BYTES = 1 << 30
_IN_KERNEL = hasattr(os, "copy_file_range")


def hashed(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=20).hexdigest()


class Place:
    """One container's folders. `base` is free of symbolic links down to the account."""

    __slots__ = ("base", "locks", "side")

    def __init__(self, account_root: str, container: str) -> None:
        self.base = f"{account_root}/{container}"
        self.side = f"{account_root}/{SIDE}/{container}"
        self.locks = f"{account_root}/{SIDE}/locks"

    def plain(self, name: str) -> str:
        return f"{self.base}/{name}"

    def props(self, name: str) -> str:
        key = hashed(name)
        return f"{self.side}/props/{key[:2]}/{key[2:]}"

    def odd(self, name: str) -> str:
        return f"{self.side}/odd/{hashed(name)}"

    def blocks(self, name: str) -> str:
        return f"{self.side}/blocks/{hashed(name)}"

    def temp(self) -> str:
        return f"{self.side}/tmp/{os.urandom(12).hex()}"

    def exists(self) -> bool:
        return os.path.isdir(self.base) and not os.path.islink(self.base)

    @contextlib.contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """One writer of this blob at a time, in all processes on this machine."""
        stripe = int(hashed(f"{self.base}/{name}")[:8], 16) % _STRIPES
        fd = open_new(f"{self.locks}/{stripe:02x}", os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def open_new(path: str, flags: int) -> int:
    """os.open of a file of our own, its folder made when it is missing."""
    try:
        return os.open(path, flags | os.O_CLOEXEC, 0o644)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags | os.O_CLOEXEC, 0o644)


def real_path(fd: int) -> str:
    """Where an open file lies, as the kernel says: nothing can be swapped behind our back."""
    if sys.platform == "darwin":
        found: bytes = fcntl.fcntl(fd, fcntl.F_GETPATH, bytes(1024))
        return os.fsdecode(found.rstrip(b"\0"))
    return os.readlink(f"/proc/self/fd/{fd}")


def beneath(fd: int, base: str) -> int:
    """`fd`, when it lies in `base`; else it is closed and Refused is raised."""
    real = real_path(fd)
    if real != base and not real.startswith(f"{base}/"):
        os.close(fd)
        raise Refused(
            "AuthorizationFailure", "a symbolic link leads out of the container; it is not followed"
        )
    return fd


def open_blob(place: Place, path: str, flags: int = os.O_RDONLY) -> int | None:
    """The file at `path`, or None. The caller sees to it that it is a regular file."""
    try:
        # O_NONBLOCK: a FIFO in the folder must not hang us.
        fd = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as e:
        if e.errno in (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENXIO, errno.ELOOP):
            return None
        raise
    return beneath(fd, place.side if path.startswith(f"{place.side}/") else place.base)


def open_folder(place: Place, relative: str, *, create: bool) -> int:
    """The folder `relative` ("" is the container's own). Raises as os.open does."""
    path = f"{place.base}/{relative}" if relative else place.base
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    try:
        return beneath(os.open(path, flags), place.base)
    except FileNotFoundError:
        if not create or not relative:
            raise
    above, _, last = relative.rpartition("/")
    up = open_folder(place, above, create=True)
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(last, dir_fd=up)
        return beneath(os.open(last, flags, dir_fd=up), place.base)
    finally:
        os.close(up)


def prune(place: Place, name: str) -> None:
    """Remove the folders that `name` leaves empty, as there are no empty folders in a store."""
    folder = os.path.dirname(place.plain(name))
    while len(folder) > len(place.base):
        try:
            os.rmdir(folder)
        except OSError:
            return
        folder = os.path.dirname(folder)


def transfer(source: int, target: int, count: int, source_at: int, target_at: int) -> int:
    """Copy at most `count` bytes between open files; how many it were, 0 at the source's end.

    Inside the kernel where it can, which shares the bytes on file systems with reflinks.
    """
    if _IN_KERNEL:
        try:
            return os.copy_file_range(source, target, min(count, _COPY_BYTES), source_at, target_at)
        except OSError as e:
            if e.errno not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
    return os.pwrite(target, os.pread(source, min(count, 1 << 20), source_at), target_at)
