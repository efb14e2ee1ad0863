"""The operations on one blob."""

import base64
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import replace

from zafiro.blobs import wire
from zafiro.blobs.auth import Grant, Need
from zafiro.blobs.call import Call, run
from zafiro.blobs.domain import (
    APPEND,
    BLOCK,
    Blob,
    Clash,
    Conditions,
    Refused,
    Traits,
    Unchanged,
    Wrong,
    block_id,
    span,
)
from zafiro.blobs.service import Opened, Store, Upload, commit, lists, slot
from zafiro.blobs.store import Check
from zafiro.core.errors import NotFound, Unsupported

READ = Need("r", "o", "blobs/read")
WRITE = Need("w", "o", "blobs/write")
CREATE = Need("wc", "o", "blobs/write")
APPEND_TO = Need("aw", "o", "blobs/write")
DELETE = Need("d", "o", "blobs/delete")

MOST_IN_ONE_PUT = 5000 << 20
MOST_IN_A_BLOCK = 4000 << 20
MOST_IN_AN_APPEND = 100 << 20
_SMALL = 1 << 20
_AT_ONCE = 256 << 10
# Put Blob keeps an MD5 of its own of content up to this size. Of larger content it keeps what the
# client sends: computing it costs as much as all the rest of a large upload.
_OWN_MD5 = 4 << 20
_MD5S = ("content-md5", "x-ms-blob-content-md5")
# Conditions every request may carry that this store cannot judge.
_NOT_HERE = {
    "x-ms-if-tags": "a condition on blob tags",
    "x-ms-tags": "blob tags",
    "x-ms-encryption-key": "a key of the customer's own",
    "x-ms-encryption-scope": "encryption scopes",
    "x-ms-immutability-policy-until-date": "immutability policies",
    "x-ms-legal-hold": "legal holds",
    "x-ms-structured-body": "structured messages",
    "x-ms-content-crc64": "a CRC64 of the content (send Content-MD5)",
}


def check_request(call: Call) -> None:
    """Raises for what would change the meaning of a request and is not here."""
    for parameter in ("snapshot", "versionid"):
        if call.query.get(parameter):
            raise Unsupported(f"{parameter} of a blob")
    for header, what in _NOT_HERE.items():
        if call.headers.get(header):
            raise Unsupported(what)
    if call.headers.get("x-ms-lease-id"):
        raise Clash(
            "LeaseNotPresentWithBlobOperation",
            "There is currently no lease on the blob.",
            precondition=True,
        )


def write_check(call: Call, grant: Grant) -> Check:
    conditions = Conditions.of(call.headers)
    creates_only = grant.creates_only

    def check(blob: Blob | None) -> None:
        conditions.check_write(blob)
        if blob is not None and creates_only:
            raise Refused(
                "UnauthorizedBlobOverwrite",
                "This request is not authorized to perform blob overwrites.",
            )

    return check


# -- reading --------------------------------------------------------------------------------------


async def get(store: Store, call: Call, grant: Grant) -> None:
    opened, content = await run(_open, store, call)
    try:
        blob = opened.blob
        headers = wire.blob_headers(blob, call.query if "sig" in call.query else {})
        try:
            Conditions.of(call.headers).check_read(blob)
        except Unchanged:
            return await call.answer(304, wire.version_headers(blob))
        if call.method == "HEAD":
            headers["content-length"] = str(blob.size)
            if blob.traits.md5:
                headers["content-md5"] = blob.traits.md5
            return await call.answer(200, headers)
        asked = call.headers.get("x-ms-range") or call.headers.get("range", "")
        part = span(asked, blob.size) if asked else None
        if part is None:
            if blob.traits.md5:
                headers["content-md5"] = blob.traits.md5
            headers["content-length"] = str(blob.size)
            if content is not None:
                return await call.answer(200, headers, content)
            return await call.send_file(200, headers, opened, 0, blob.size)
        first, count = part
        headers["content-length"] = str(count)
        headers["content-range"] = f"bytes {first}-{first + count - 1}/{blob.size}"
        if blob.traits.md5:
            headers["x-ms-blob-content-md5"] = blob.traits.md5
        if call.headers.get("x-ms-range-get-content-crc64", "").lower() == "true":
            raise Unsupported("a CRC64 of a range (ask for its MD5)")
        if call.headers.get("x-ms-range-get-content-md5", "").lower() == "true":
            headers["content-md5"] = await run(_range_md5, opened.fd, first, count)
        if content is not None:
            return await call.answer(206, headers, content[first : first + count])
        await call.send_file(206, headers, opened, first, count)
    finally:
        opened.close()


def _open(store: Store, call: Call) -> tuple[Opened, bytes | None]:
    """The blob, and its bytes when they are few and all wanted: one visit to a thread, not two."""
    opened = store.open(call.account, call.container, call.blob)
    size, content = opened.blob.size, None
    if call.method == "GET" and size <= _AT_ONCE:
        content = os.pread(opened.fd, size, 0)
        if len(content) < size:  # somebody cut the file just now
            content = None
    return opened, content


def _range_md5(fd: int, first: int, count: int) -> str:
    if count > 4 << 20:
        raise Wrong("InvalidHeaderValue", "an MD5 is computed of at most 4 MiB")
    return _md5(os.pread(fd, count, first))


async def get_metadata(store: Store, call: Call, grant: Grant) -> None:
    blob = await run(store.head, call.account, call.container, call.blob)
    Conditions.of(call.headers).check_write(blob)
    metadata = {f"x-ms-meta-{name}": value for name, value in blob.traits.metadata.items()}
    await call.answer(200, wire.version_headers(blob) | metadata)


async def get_block_list(store: Store, call: Call, grant: Grant) -> None:
    which = call.query.get("blocklisttype", "committed").lower()
    found = await run(lists, store, call.account, call.container, call.blob)
    headers = {"content-type": "application/xml"}
    if found.blob is not None:
        headers |= wire.version_headers(found.blob)
        headers["x-ms-blob-content-length"] = str(found.blob.size)
    await call.answer(200, headers, wire.block_lists(found, which))


# -- writing --------------------------------------------------------------------------------------


async def put(store: Store, call: Call, grant: Grant) -> None:
    kind = call.headers.get("x-ms-blob-type", "")
    if kind == "PageBlob":
        raise Unsupported("page blobs")
    if kind not in (BLOCK, APPEND):
        raise Wrong("InvalidHeaderValue", f"x-ms-blob-type must be {BLOCK} or {APPEND}")
    if kind == APPEND and call.length:
        raise Wrong("InvalidHeaderValue", "an append blob is made empty: Content-Length: 0")
    if call.length > MOST_IN_ONE_PUT:
        raise Wrong("RequestBodyTooLarge", f"Put Blob takes {MOST_IN_ONE_PUT} bytes", 413)
    traits, check = wire.traits_of(call.headers, call.metadata), write_check(call, grant)
    where = (call.account, call.container, call.blob)
    if call.length <= _SMALL:
        content = await call.body(_SMALL)
        blob = await run(_put_small, store, where, content, traits, kind, check, call.headers)
    else:
        digest = call.length <= _OWN_MD5 or any(name in call.headers for name in _MD5S)
        upload = await run(lambda: store.upload(call.account, call.container, digest=digest))
        try:
            # Told before the bytes are kept, so that a hopeless upload costs no disk.
            await run(_check_now, store, where, check)
            await call.pour(upload)
            blob = await run(_put_upload, store, where, upload, traits, check, call.headers)
        finally:
            await run(upload.discard)
    headers = wire.version_headers(blob) | {"x-ms-request-server-encrypted": "false"}
    if kind == BLOCK and blob.traits.md5:
        headers["content-md5"] = blob.traits.md5
    await call.answer(201, headers)


def _check_now(store: Store, where: tuple[str, str, str], check: Check) -> None:
    try:
        check(store.head(*where))
    except NotFound as e:
        if e.kind != "blob":
            raise
        check(None)


def _put_small(
    store: Store,
    where: tuple[str, str, str],
    content: bytes,
    traits: Traits,
    kind: str,
    check: Check,
    headers: Mapping[str, str],
) -> Blob:
    with store.upload(where[0], where[1], digest=kind == BLOCK) as upload:
        upload.write([content] if content else [])
        return _put_upload(store, where, upload, traits, check, headers, kind)


def _put_upload(
    store: Store,
    where: tuple[str, str, str],
    upload: Upload,
    traits: Traits,
    check: Check,
    headers: Mapping[str, str],
    kind: str = BLOCK,
) -> Blob:
    if kind == BLOCK:
        for name in _MD5S:
            _same_md5(headers.get(name, ""), upload.md5)
    return store.put(*where, upload, traits, kind=kind, check=check)


async def put_block(store: Store, call: Call, grant: Grant) -> None:
    if "x-ms-copy-source" in call.headers:
        raise Unsupported("Put Block From URL")
    raw = block_id(call.query.get("blockid", ""))
    if not 0 < call.length <= MOST_IN_A_BLOCK:
        raise Wrong("InvalidHeaderValue", f"a block has 1 to {MOST_IN_A_BLOCK} bytes")
    asked = call.headers.get("content-md5", "")
    where = (call.account, call.container, call.blob)
    room = await run(lambda: slot(store, *where, call.length, digest=bool(asked)))
    try:
        await call.pour(room)
        if asked:
            _same_md5(asked, room.md5)
        await run(room.done, raw)
    finally:
        room.discard()
    headers = {"x-ms-request-server-encrypted": "false"}
    if asked:
        headers["content-md5"] = asked
    await call.answer(201, headers)


async def put_block_list(store: Store, call: Call, grant: Grant) -> None:
    body = await call.body(16 << 20)
    asked = call.headers.get("content-md5", "")
    if asked:
        _same_md5(asked, _md5(body))
    headers = dict(call.headers)
    for name in ("content-type", "content-encoding", "content-language"):
        headers.pop(name, None)  # here these speak of the XML
    traits, check = wire.traits_of(headers, call.metadata), write_check(call, grant)

    def work() -> Blob:
        wanted = list(wire.wanted_blocks(body))
        return commit(store, call.account, call.container, call.blob, wanted, traits, check=check)

    blob = await run(work)
    await call.answer(201, wire.version_headers(blob) | {"x-ms-request-server-encrypted": "false"})


async def append_block(store: Store, call: Call, grant: Grant) -> None:
    if "x-ms-copy-source" in call.headers:
        raise Unsupported("Append Block From URL")
    if not 0 < call.length <= MOST_IN_AN_APPEND:
        raise Wrong("InvalidHeaderValue", f"an append has 1 to {MOST_IN_AN_APPEND} bytes")
    conditions = Conditions.of(call.headers)
    position = call.number("x-ms-blob-condition-appendpos", -1)
    most = call.number("x-ms-blob-condition-maxsize", -1)

    def check(blob: Blob | None) -> None:
        conditions.check_write(blob)
        size = blob.size if blob else 0
        if 0 <= position != size:
            raise Clash(
                "AppendPositionConditionNotMet",
                "The append position condition specified was not met.",
                precondition=True,
            )
        if 0 <= most < size + call.length:
            raise Clash(
                "MaxBlobSizeConditionNotMet",
                "The max blob size condition specified was not met.",
                precondition=True,
            )

    asked = call.headers.get("content-md5", "")
    where = (call.account, call.container, call.blob)
    if call.length <= _SMALL:
        content = await call.body(_SMALL)
        if asked:
            _same_md5(asked, _md5(content))
        blob, offset = await run(lambda: store.append(*where, content, check=check))
    else:
        upload = await run(lambda: store.upload(where[0], where[1], digest=bool(asked)))
        try:
            await call.pour(upload)
            if asked:
                _same_md5(asked, upload.md5)
            blob, offset = await run(lambda: store.append(*where, upload, check=check))
        finally:
            await run(upload.discard)
    headers = wire.version_headers(blob) | {
        "x-ms-blob-append-offset": str(offset),
        "x-ms-blob-committed-block-count": str(blob.appended),
        "x-ms-request-server-encrypted": "false",
    }
    await call.answer(201, headers)


async def set_metadata(store: Store, call: Call, grant: Grant) -> None:
    metadata = call.metadata
    await _change(store, call, grant, lambda traits: replace(traits, metadata=metadata))


async def set_properties(store: Store, call: Call, grant: Grant) -> None:
    if call.headers.get("x-ms-blob-content-length"):
        raise Unsupported("changing the length of a page blob")
    said = wire.traits_of(
        {name: value for name, value in call.headers.items() if name.startswith("x-ms-blob-")}, {}
    )
    await _change(
        store, call, grant, lambda now: replace(said, metadata=now.metadata, tier=now.tier)
    )


async def set_tier(store: Store, call: Call, grant: Grant) -> None:
    tier = call.headers.get("x-ms-access-tier", "")
    if tier not in ("Hot", "Cool", "Cold"):
        raise Unsupported(f"the access tier '{tier}'")
    await _change(store, call, grant, lambda now: replace(now, tier=tier))


async def _change(
    store: Store, call: Call, grant: Grant, alter: Callable[[Traits], Traits]
) -> None:
    check = write_check(call, grant)
    where = (call.account, call.container, call.blob)
    blob = await run(lambda: store.change(*where, alter, check=check))
    await call.answer(200, wire.version_headers(blob) | {"x-ms-request-server-encrypted": "false"})


async def delete(store: Store, call: Call, grant: Grant) -> None:
    if call.headers.get("x-ms-delete-snapshots", "").lower() == "only":
        raise Unsupported("deleting the snapshots of a blob")
    check = Conditions.of(call.headers).check_write
    where = (call.account, call.container, call.blob)
    await run(lambda: store.delete(*where, check=check))
    await call.answer(202, {"x-ms-delete-type-permanent": "true"})


def _md5(content: bytes) -> str:
    digest = hashlib.md5(content, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def _same_md5(asked: str, found: str) -> None:
    if asked and asked != found:
        raise Wrong(
            "Md5Mismatch",
            "The MD5 value specified in the request did not match with the MD5 value calculated "
            f"by the server: {asked} and {found}.",
        )
