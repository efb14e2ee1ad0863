"""The operations on accounts and containers."""

from collections.abc import Callable
from urllib.parse import unquote

from zafiro.blobs import wire
from zafiro.blobs.auth import Grant, Need
from zafiro.blobs.call import Call, run
from zafiro.blobs.containers import Container
from zafiro.blobs.domain import Clash, Conditions, Wrong, check_container
from zafiro.blobs.service import Store
from zafiro.core.errors import NotFound, Unsupported

LIST = Need("l", "c", "blobs/read")
LIST_CONTAINERS = Need("l", "s", "read", service=False)
READ = Need("rl", "c", "read")
CREATE = Need("cw", "c", "write", service=False)
WRITE = Need("w", "c", "write", service=False)
DELETE = Need("d", "c", "delete", service=False)
INFO = Need("racwdl", "sco", "read")
SERVICE = Need("r", "s", "read", service=False)

_MOST = 5000
_NOT_LISTED = {"uncommittedblobs"}


def _most(call: Call) -> int:
    text = call.query.get("maxresults", "")
    if not text:
        return _MOST
    if not text.isdecimal() or len(text) > 18 or int(text) == 0:
        raise Wrong("OutOfRangeQueryParameterValue", "maxresults must be 1 or more")
    return min(int(text), _MOST)


def _endpoint(call: Call) -> str:
    """The account's URL, as the client spelled it."""
    path = call.raw_path
    if call.container:
        path = path[: path.rstrip("/").rfind("/")]
    scheme = "https" if call.secure else "http"
    return f"{scheme}://{call.headers.get('host', '')}{path.rstrip('/')}/"


# -- accounts -------------------------------------------------------------------------------------


async def account_info(store: Store, call: Call, grant: Grant) -> None:
    await call.answer(
        200,
        {
            "x-ms-sku-name": "Standard_LRS",
            "x-ms-account-kind": "StorageV2",
            "x-ms-is-hns-enabled": "false",
        },
    )


async def service_properties(store: Store, call: Call, grant: Grant) -> None:
    await call.answer(200, {"content-type": "application/xml"}, wire.service_properties())


async def list_containers(store: Store, call: Call, grant: Grant) -> None:
    prefix, most = call.query.get("prefix", ""), _most(call)
    marker = call.query.get("marker", "")
    found = [
        container
        for container in await run(store.containers, call.account)
        if container.name.startswith(prefix) and container.name >= marker
    ]
    following = found[most].name if len(found) > most else ""
    body = wire.container_list(
        _endpoint(call),
        call.query,
        found[:most],
        following,
        metadata="metadata" in call.query.get("include", "").split(","),
    )
    await call.answer(200, {"content-type": "application/xml"}, body)


# -- containers -----------------------------------------------------------------------------------


async def create(store: Store, call: Call, grant: Grant) -> None:
    if call.headers.get("x-ms-blob-public-access"):
        raise Clash(
            "PublicAccessNotPermitted",
            "Public access is not permitted on this storage account.",
        )
    if not store.has_account(call.account):
        raise NotFound("storage account", call.account)
    metadata = call.metadata
    container = await run(
        lambda: store.create_container(call.account, call.container, metadata, exist_ok=False)
    )
    await call.answer(201, _version(container))


async def properties(store: Store, call: Call, grant: Grant) -> None:
    found = await run(store.container, call.account, call.container)
    headers = wire.container_headers(found)
    headers |= {"x-ms-default-encryption-scope": "$account-encryption-key"}
    await call.answer(200, headers)


async def set_metadata(store: Store, call: Call, grant: Grant) -> None:
    metadata, check = call.metadata, _check(call)
    found = await run(
        lambda: store.set_container_metadata(call.account, call.container, metadata, check=check)
    )
    await call.answer(200, _version(found))


async def delete(store: Store, call: Call, grant: Grant) -> None:
    check = _check(call)
    await run(lambda: store.delete_container(call.account, call.container, check=check))
    await call.answer(202)


async def get_acl(store: Store, call: Call, grant: Grant) -> None:
    """No container has stored access policies, and none is public."""
    found = await run(store.container, call.account, call.container)
    headers = _version(found) | {"content-type": "application/xml"}
    await call.answer(200, headers, wire.no_policies())


async def list_blobs(store: Store, call: Call, grant: Grant) -> None:
    query, most = call.query, _most(call)
    include = {word.lower() for word in query.get("include", "").split(",") if word}
    if include & _NOT_LISTED:
        raise Unsupported("listing uncommitted blobs")

    def work() -> bytes:
        page = store.page(
            call.account,
            check_container(call.container),
            query.get("prefix", ""),
            delimiter=query.get("delimiter", ""),
            start=unquote(query.get("marker", "")),  # as `NextMarker` quoted it
            at_most=most,
        )
        metadata = "metadata" in include
        return wire.blob_list(_endpoint(call), call.container, query, page, metadata=metadata)

    await call.answer(200, {"content-type": "application/xml"}, await run(work))


def _version(container: Container) -> dict[str, str]:
    return {
        "etag": container.etag,
        "last-modified": wire.http_date(container.modified_ns),
    }


def _check(call: Call) -> Callable[[Container], None]:
    """Containers know two conditions only."""
    conditions = Conditions.of(call.headers)

    def check(container: Container) -> None:
        seconds = container.modified_ns // 1_000_000_000
        since, until = conditions.modified_since, conditions.unmodified_since
        if (since and seconds <= since.timestamp()) or (until and seconds > until.timestamp()):
            raise Clash("ConditionNotMet", "The condition is not met.", precondition=True)

    return check
