"""Copy Blob, within this server."""

import uuid
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from zafiro.blobs import wire
from zafiro.blobs.addresses import Address, at_root, under_storage
from zafiro.blobs.auth import Grant, Keys, Need, spellings
from zafiro.blobs.blob_calls import READ, write_check
from zafiro.blobs.call import Call, run
from zafiro.blobs.domain import Blob, Conditions, Refused, Wrong, check_blob
from zafiro.blobs.sas import verify_sas
from zafiro.blobs.service import Store
from zafiro.core.errors import NotFound, Unsupported

SOURCE: Need = READ


async def copy(store: Store, call: Call, grant: Grant, keys: Keys) -> None:
    """Done when it answers: x-ms-copy-status is always `success`.

    A source on another server, and Put Blob From URL of one, are Unsupported.
    """
    try:
        url = urlsplit(call.headers["x-ms-copy-source"])
    except ValueError as e:
        raise Wrong("InvalidHeaderValue", f"x-ms-copy-source is no URL: {e}") from e
    found = await run(_sources, store, call, url.netloc, url.path)
    query = {
        unquote(name): unquote(value)
        for name, _, value in (part.partition("=") for part in url.query.split("&") if part)
    }
    if query.get("snapshot") or query.get("versionid"):
        raise Unsupported("copying a snapshot or a version")
    source = await run(_readable, call, grant, keys, found, query)
    metadata = call.metadata
    conditions = Conditions.of(call.headers, "x-ms-source-")
    check = write_check(call, grant)

    def work() -> Blob:
        where = (source.account, source.container, check_blob(source.blob))
        traits = None
        if metadata:
            traits = replace(store.head(*where).traits, metadata=metadata)
        return store.copy(
            where,
            (call.account, call.container, call.blob),
            traits,
            source_check=conditions.check_write,
            check=check,
        )

    try:
        blob = await run(work)
    except NotFound as e:
        if e.name == source.blob and e.kind == "blob":
            raise NotFound("source of the copy", e.name) from e
        raise
    headers = wire.version_headers(blob) | {
        "x-ms-copy-id": str(uuid.uuid4()),
        "x-ms-copy-status": "success",
    }
    if call.headers.get("x-ms-requires-sync", "").lower() == "true" or (
        "x-ms-blob-type" in call.headers
    ):
        await call.answer(201 if "x-ms-blob-type" in call.headers else 202, headers)
    else:
        await call.answer(202, headers)


def _sources(store: Store, call: Call, netloc: str, path: str) -> list[Address]:
    """The addresses a source's URL may mean, when it leads to this server."""
    user, _, host = netloc.rpartition("@")
    if host.lower() != call.headers.get("host", "").lower():
        raise Unsupported(f"copying from another server ({host})")
    if path.startswith("/storage/"):
        return under_storage(store, path)
    return at_root(store, path, {"host": user or host})


def _readable(
    call: Call, grant: Grant, keys: Keys, found: list[Address], query: dict[str, str]
) -> Address:
    """The one of the addresses that the caller may read; raises Denied."""
    if "sig" not in query:
        if "sig" in call.query:  # a SAS of the target says nothing about the source
            raise Refused("CannotVerifyCopySource", "The source's URL carries no SAS.")
        mine = [address for address in found if address.account == call.account]
        if not mine:
            raise Refused("CannotVerifyCopySource", "The source is in another account.")
        grant.may(SOURCE, mine[0].account, mine[0].container, mine[0].blob)
        return mine[0]
    for source in found:
        names = spellings(source.account, call.headers.get("host", ""))
        try:
            signed = verify_sas(
                keys[source.account],
                query,
                names,
                source.container,
                source.blob,
                secure=call.secure,
                client=call.client,
            )
        except Refused:
            continue
        if "r" in signed.permissions and (not signed.resources or "o" in signed.resources):
            return source
    raise Refused("CannotVerifyCopySource", "The source's SAS does not allow reading it.")
