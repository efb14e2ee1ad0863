"""Blobs as plain files: one writer per blob, every change at one stroke."""

import contextlib
import errno
import os
import stat as modes
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from zafiro.blobs import sidecar
from zafiro.blobs.containers import Containers
from zafiro.blobs.domain import APPEND, BLOCK, Blob, Clash, Traits, check_blob, is_plain
from zafiro.blobs.layout import Place, open_blob, open_folder, prune
from zafiro.blobs.sidecar import blob_of, describe
from zafiro.blobs.staging import drop
from zafiro.blobs.upload import Upload, copy_range, extend, pieces
from zafiro.core.errors import NotFound

# Sees the blob there is (None: there is none) under the writer's lock; raises to forbid.
Check = Callable[[Blob | None], None]


def _any(blob: Blob | None) -> None:
    return None


@dataclass
class Opened:
    """A blob and its open file. Close it, or use it as a context manager."""

    blob: Blob
    fd: int

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """May be called twice."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class Blobs(Containers):
    """Blobs in containers in accounts, below one folder. Threads and processes may share it.

    Every method that names a blob raises NotFound("blob"/"container"), Wrong for a name that
    cannot be, and Refused when a symbolic link leads out of the container.
    """

    # -- looking ------------------------------------------------------------------------------

    def path(self, account: str, container: str, blob: str = "") -> Path:
        """Where a blob lies as a plain local file, or where a folder (`a/b/`) would.

        The answer is a place, not a promise that something is there. It may be read, written and
        mounted; what appears there is a blob at once.
        """
        place = self.place(account, container)
        name = blob.rstrip("/")
        if not name:
            return Path(place.base)
        check_blob(name)
        if not is_plain(name) or (
            not blob.endswith("/")
            and not os.path.isfile(place.plain(name))
            and os.path.isfile(place.odd(name))
        ):
            return Path(place.odd(name))
        return Path(place.plain(name))

    def exists(self, account: str, container: str, blob: str) -> bool:
        try:
            self.head(account, container, blob)
        except NotFound:
            return False
        return True

    def head(self, account: str, container: str, blob: str) -> Blob:
        with self.open(account, container, blob) as opened:
            return opened.blob

    def open(self, account: str, container: str, blob: str) -> Opened:
        place = self.place(account, container)
        check_blob(blob)
        found = self._find(place, blob)
        if found is None:
            self.need(place)
            raise NotFound("blob", blob)
        return found

    def read(self, account: str, container: str, blob: str) -> bytes:
        with self.open(account, container, blob) as opened:
            return b"".join(pieces(opened.fd, 0, opened.blob.size))

    def _find(self, place: Place, name: str, *, locked: bool = False) -> Opened | None:
        fd = open_blob(place, place.plain(name)) if is_plain(name) else None
        stat = None if fd is None else os.fstat(fd)
        if fd is None or stat is None or not modes.S_ISREG(stat.st_mode):
            if fd is not None:
                os.close(fd)
            fd = open_blob(place, place.odd(name))
            if fd is None:
                return None
            stat = os.fstat(fd)
        beside = sidecar.load(place.props(name))
        if beside is not None and not beside.fits(stat):
            if not locked:  # perhaps a writer stands between its two steps: look again behind it
                os.close(fd)
                with place.lock(name):
                    return self._find(place, name, locked=True)
            beside = None
        return Opened(blob_of(name, stat, beside), fd)

    def current(self, place: Place, name: str) -> Blob | None:
        """The blob there is, for who holds its lock."""
        found = self._find(place, name, locked=True)
        if found is None:
            return None
        with found:
            return found.blob

    # -- writing ------------------------------------------------------------------------------

    def upload(self, account: str, container: str, *, digest: bool = True) -> Upload:
        return Upload(self.place(account, container), digest=digest)

    def put(
        self,
        account: str,
        container: str,
        blob: str,
        content: bytes | Upload,
        traits: Traits = Traits(),
        *,
        kind: str = BLOCK,
        check: Check = _any,
    ) -> Blob:
        """Create or replace. An md5 given in `traits` is kept; else the content's own is."""
        place = self.place(account, container)
        check_blob(blob)
        if isinstance(content, bytes):
            with Upload(place) as upload:
                upload.write([content])
                return self.take(upload, blob, traits, kind, check, ())
        return self.take(content, blob, traits, kind, check, ())

    def take(
        self,
        upload: Upload,
        name: str,
        traits: Traits,
        kind: str,
        check: Check,
        blocks: tuple[tuple[str, int], ...],
    ) -> Blob:
        with upload.place.lock(name):
            check(self.current(upload.place, name))
            return self.install(upload, name, traits, kind, blocks)

    def install(
        self,
        upload: Upload,
        name: str,
        traits: Traits,
        kind: str,
        blocks: tuple[tuple[str, int], ...],
    ) -> Blob:
        """Let the upload be the blob. The caller holds the lock and has checked."""
        place, now = upload.place, self.current(upload.place, name)
        if not traits.md5 and kind == BLOCK:
            traits = replace(traits, md5=upload.md5)
        stat = upload.settle()
        created = stat.st_mtime_ns if now is None else now.created_ns
        beside = describe(name, stat, traits, kind=kind, created_ns=created, blocks=blocks)
        # The sidecar first: a reader of the old file sees that it does not fit and waits for the
        # lock; with a new blob everything is there once the name is.
        sidecar.save(place, place.props(name), beside)
        self._place_file(upload, name)
        drop(place, name)
        upload.discard()
        return blob_of(name, stat, beside)

    def _place_file(self, upload: Upload, name: str) -> None:
        place = upload.place
        if is_plain(name):
            above, _, last = name.rpartition("/")
            for _ in range(100):
                try:
                    folder = open_folder(place, above, create=True)
                    try:
                        os.rename(upload.path, last, dst_dir_fd=folder)
                    finally:
                        os.close(folder)
                    sidecar.remove(place.odd(name))
                    return
                except FileNotFoundError:  # its folder was just pruned, or the container is gone
                    self.need(place)
                except OSError as e:
                    if e.errno not in (errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY, errno.EEXIST):
                        raise
                    break  # a file stands where a folder must, or the reverse
        self.need(place)
        os.makedirs(f"{place.side}/odd", exist_ok=True)
        os.rename(upload.path, place.odd(name))

    def change(
        self,
        account: str,
        container: str,
        blob: str,
        alter: Callable[[Traits], Traits],
        *,
        check: Check = _any,
    ) -> Blob:
        """Change what is known about a blob, not its bytes."""
        place = self.place(account, container)
        check_blob(blob)
        with place.lock(blob):
            found = self._find(place, blob, locked=True)
            if found is None:
                self.need(place)
                raise NotFound("blob", blob)
            with found:
                now, stat = found.blob, os.fstat(found.fd)
            check(now)
            beside = describe(
                blob,
                stat,
                alter(now.traits),
                kind=now.kind,
                created_ns=now.created_ns,
                touched_ns=time.time_ns(),
                blocks=now.blocks,
                appended=now.appended,
            )
            sidecar.save(place, place.props(blob), beside)
            return blob_of(blob, stat, beside)

    def set_metadata(
        self, account: str, container: str, blob: str, metadata: Mapping[str, str]
    ) -> Blob:
        return self.change(account, container, blob, lambda t: replace(t, metadata=dict(metadata)))

    def append(
        self,
        account: str,
        container: str,
        blob: str,
        content: bytes | Upload,
        *,
        check: Check = _any,
    ) -> tuple[Blob, int]:
        """Add to an append blob, all or nothing. Returns the blob and where the bytes begin."""
        place = self.place(account, container)
        check_blob(blob)
        with place.lock(blob):
            found = self._find(place, blob, locked=True)
            if found is None:
                self.need(place)
                raise NotFound("blob", blob)
            with found:
                now = found.blob
                check(now)
                if now.kind != APPEND:
                    raise Clash("InvalidBlobType", "The blob type is invalid for this operation.")
                if now.appended >= 50_000:
                    raise Clash("BlockCountExceedsLimit", "An append blob takes 50,000 blocks.")
                path = place.plain(blob) if is_plain(blob) else place.odd(blob)
                fd = open_blob(place, path, os.O_WRONLY)
                if fd is None or os.fstat(fd).st_ino != os.fstat(found.fd).st_ino:
                    fd = open_blob(place, place.odd(blob), os.O_WRONLY)
            if fd is None:
                raise NotFound("blob", blob)
            try:
                extend(fd, now.size, content)
                stamp = time.time_ns()
                os.utime(fd, ns=(stamp, stamp))
                stat = os.fstat(fd)
            finally:
                os.close(fd)
            traits = replace(now.traits, md5="")
            beside = describe(
                blob,
                stat,
                traits,
                kind=APPEND,
                created_ns=now.created_ns,
                appended=now.appended + 1,
            )
            sidecar.save(place, place.props(blob), beside)
            return blob_of(blob, stat, beside), now.size

    def delete(self, account: str, container: str, blob: str, *, check: Check = _any) -> None:
        place = self.place(account, container)
        check_blob(blob)
        with place.lock(blob):
            now = self.current(place, blob)
            if now is None:
                self.need(place)
                raise NotFound("blob", blob)
            check(now)
            self._unlink(place, blob)
            sidecar.remove(place.props(blob))
            drop(place, blob)

    def _unlink(self, place: Place, name: str) -> None:
        if is_plain(name):
            above, _, last = name.rpartition("/")
            with contextlib.suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
                folder = open_folder(place, above, create=False)
                try:
                    os.unlink(last, dir_fd=folder)
                finally:
                    os.close(folder)
                prune(place, name)
        sidecar.remove(place.odd(name))

    # -- copying ------------------------------------------------------------------------------

    def copy(
        self,
        source: tuple[str, str, str],
        target: tuple[str, str, str],
        traits: Traits | None = None,
        *,
        source_check: Check = _any,
        check: Check = _any,
    ) -> Blob:
        """Copy (account, container, blob) to another; properties come along unless given.

        The kernel copies the bytes, and shares them where the file system can.
        """
        with self.open(*source) as opened:
            source_check(opened.blob)
            with self.upload(target[0], target[1], digest=False) as upload:
                copy_range(opened.fd, 0, upload, opened.blob.size)
                return self.take(
                    upload,
                    check_blob(target[2]),
                    opened.blob.traits if traits is None else traits,
                    opened.blob.kind,
                    check,
                    (),
                )
