"""What is kept beside a file: the properties of a blob that the file itself cannot carry.

A sidecar names the very file it describes (inode, size, time). When somebody replaced or changed
the file without us the sidecar no longer fits, and the blob is a plain block blob again.
"""

import contextlib
import os

import msgspec

from zafiro.blobs.domain import APPEND, BLOCK, OCTETS, Blob, Traits, etag
from zafiro.blobs.layout import Place, open_new


class Sidecar(msgspec.Struct, omit_defaults=True):
    name: str
    inode: int
    size: int
    mtime_ns: int
    created_ns: int
    touched_ns: int = 0  # when something changed that is not in the file
    kind: str = BLOCK
    content_type: str = OCTETS
    md5: str = ""
    encoding: str = ""
    language: str = ""
    disposition: str = ""
    cache_control: str = ""
    tier: str = ""
    metadata: dict[str, str] = {}
    blocks: list[tuple[str, int]] = []
    appended: int = 0

    def fits(self, stat: os.stat_result) -> bool:
        if self.inode != stat.st_ino:
            return False
        # A crash between an append and its note must not turn the blob into another kind.
        return self.kind == APPEND or (
            self.size == stat.st_size and self.mtime_ns == stat.st_mtime_ns
        )

    @property
    def traits(self) -> Traits:
        return Traits(
            self.content_type,
            self.md5,
            self.encoding,
            self.language,
            self.disposition,
            self.cache_control,
            self.tier,
            self.metadata,
        )


_decode = msgspec.json.Decoder(Sidecar).decode
_encode = msgspec.json.Encoder().encode


def load(path: str) -> Sidecar | None:
    """None when there is none, or when it cannot be read as one."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        content = os.read(fd, 1 << 16)
        while more := os.read(fd, 1 << 20):
            content += more
    finally:
        os.close(fd)
    try:
        return _decode(content)
    except msgspec.DecodeError:
        return None


def save(place: Place, path: str, sidecar: Sidecar) -> None:
    """Write or replace it. The caller holds the blob's lock."""
    content, new = _encode(sidecar), os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        # Who reads half of it finds a blob that nothing was said about, as it was before.
        return _write(open_new(path, new), content)
    except FileExistsError:
        temp = place.temp()
        _write(open_new(temp, new), content)
        os.rename(temp, path)


def _write(fd: int, content: bytes) -> None:
    try:
        os.write(fd, content)
    finally:
        os.close(fd)


def remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def describe(
    name: str,
    stat: os.stat_result,
    traits: Traits,
    *,
    kind: str = BLOCK,
    created_ns: int,
    touched_ns: int = 0,
    blocks: tuple[tuple[str, int], ...] = (),
    appended: int = 0,
) -> Sidecar:
    return Sidecar(
        name=name,
        inode=stat.st_ino,
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        created_ns=created_ns,
        touched_ns=touched_ns,
        kind=kind,
        content_type=traits.content_type or OCTETS,
        md5=traits.md5,
        encoding=traits.encoding,
        language=traits.language,
        disposition=traits.disposition,
        cache_control=traits.cache_control,
        tier=traits.tier,
        metadata=dict(traits.metadata),
        blocks=list(blocks),
        appended=appended,
    )


def blob_of(name: str, stat: os.stat_result, sidecar: Sidecar | None) -> Blob:
    """The blob that a file and its fitting sidecar (or none) make."""
    modified = stat.st_mtime_ns
    if sidecar is None:
        tag = etag(modified, stat.st_size, stat.st_ino)
        return Blob(name, stat.st_size, tag, modified, modified)
    tag = etag(modified, stat.st_size, stat.st_ino, sidecar.touched_ns)
    return Blob(
        name,
        stat.st_size,
        tag,
        max(modified, sidecar.touched_ns),
        sidecar.created_ns,
        sidecar.kind,
        sidecar.traits,
        tuple(sidecar.blocks),
        sidecar.appended,
    )
