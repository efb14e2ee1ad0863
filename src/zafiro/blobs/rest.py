"""The Blob protocol as a face: which operation a request means, and how refusals are spelled.

Operations are matched by what the URL names (account, container, blob), the method and `comp`.
Source: Blob service REST API, x-ms-version 2025-11-05, as azure-storage-blob 12.31 uses it.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from zafiro.blobs import blob_calls, container_calls, copying, wire
from zafiro.blobs.addresses import Address, at_root, under_storage
from zafiro.blobs.auth import Grant, Keys, Need, authenticate
from zafiro.blobs.call import Call, Gone, run
from zafiro.blobs.domain import check_account, check_blob, check_container
from zafiro.blobs.service import Store
from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.core.errors import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    Unsupported,
    ZafiroError,
)
from zafiro.core.names import TENANT

log = logging.getLogger(__name__)

Operation = Callable[[Store, Call, Grant], Awaitable[None]]
_METHODS = ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH", "OPTIONS"]

_ACCOUNT: dict[tuple[str, str], tuple[Need, Operation]] = {
    ("GET", "list"): (container_calls.LIST_CONTAINERS, container_calls.list_containers),
    ("GET", "service/properties"): (container_calls.SERVICE, container_calls.service_properties),
}
_CONTAINER: dict[tuple[str, str], tuple[Need, Operation]] = {
    ("PUT", ""): (container_calls.CREATE, container_calls.create),
    ("GET", ""): (container_calls.READ, container_calls.properties),
    ("GET", "metadata"): (container_calls.READ, container_calls.properties),
    ("PUT", "metadata"): (container_calls.WRITE, container_calls.set_metadata),
    ("DELETE", ""): (container_calls.DELETE, container_calls.delete),
    ("GET", "acl"): (container_calls.READ, container_calls.get_acl),
    ("GET", "list"): (container_calls.LIST, container_calls.list_blobs),
}
_BLOB: dict[tuple[str, str], tuple[Need, Operation]] = {
    ("GET", ""): (blob_calls.READ, blob_calls.get),
    ("GET", "metadata"): (blob_calls.READ, blob_calls.get_metadata),
    ("GET", "blocklist"): (blob_calls.READ, blob_calls.get_block_list),
    ("PUT", ""): (blob_calls.CREATE, blob_calls.put),
    ("PUT", "block"): (blob_calls.CREATE, blob_calls.put_block),
    ("PUT", "blocklist"): (blob_calls.CREATE, blob_calls.put_block_list),
    ("PUT", "appendblock"): (blob_calls.APPEND_TO, blob_calls.append_block),
    ("PUT", "metadata"): (blob_calls.WRITE, blob_calls.set_metadata),
    ("PUT", "properties"): (blob_calls.WRITE, blob_calls.set_properties),
    ("PUT", "tier"): (blob_calls.WRITE, blob_calls.set_tier),
    ("DELETE", ""): (blob_calls.DELETE, blob_calls.delete),
}
# What Azure has and this server has not, by `comp`.
_MISSING = {
    "acl": "setting access policies of a container",
    "batch": "batches of requests",
    "blobs": "finding blobs by tags",
    "copy": "aborting a copy (copies are done when they are answered)",
    "expiry": "expiry of blobs",
    "immutabilitypolicies": "immutability policies",
    "incrementalcopy": "incremental copies",
    "lease": "leases",
    "legalhold": "legal holds",
    "page": "page blobs",
    "pagelist": "page blobs",
    "properties": "setting properties of the service",
    "query": "querying the contents of a blob",
    "rename": "renaming containers",
    "seal": "sealing append blobs",
    "service/properties": "setting properties of the service",
    "service/stats": "statistics of the service",
    "service/userdelegationkey": "user delegation keys",
    "snapshot": "snapshots",
    "stats": "statistics of the service",
    "tags": "blob tags",
    "undelete": "undeleting",
}


def routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    """For the main listener: /storage/{account}.blob.core.windows.net/{container}/{blob}."""
    store = Store(ctx.home.storage)
    face = Face(ctx, gate, store, lambda call: under_storage(store, call.raw_path))
    return [Route("/storage/{rest:path}", face, methods=_METHODS)]


def storage_routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    """For a listener of its own: /{container}/{blob}, the account being the user name of the URL
    (https://ACCOUNT.blob.core.windows.net@HOST:PORT/...); /storage/... works there too."""
    store = Store(ctx.home.storage)

    def locate(call: Call) -> list[Address]:
        return at_root(store, call.raw_path, call.headers)

    face = Face(ctx, gate, store, locate)
    return [*routes(ctx, gate), Route("/{rest:path}", face, methods=_METHODS)]


class Face:
    """An ASGI application: no request or response objects on this path, it is hot."""

    def __init__(
        self, ctx: Context, gate: Gate, store: Store, locate: Callable[[Call], list[Address]]
    ) -> None:
        self._store, self._gate, self._locate = store, gate, locate
        self._keys = Keys(ctx.secrets)
        self._challenge = (
            f'Bearer authorization_uri="{ctx.url}/{TENANT}/oauth2/authorize" '
            "resource_id=https://storage.azure.com"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(scope, receive, send)
        try:
            await self._serve(call)
        except Gone:
            if call.started:
                raise  # so that the server breaks the connection: the answer is not whole
        except ZafiroError as e:
            if call.started:
                raise
            await self._refuse(call, e)
        except Exception:
            log.exception("%s %s failed", call.method, call.raw_path)  # no query: it may sign
            if call.started:
                raise
            await self._say(call, 500, "InternalError", "The server failed; its log says why.")

    async def _serve(self, call: Call) -> None:
        bearer = call.headers.get("authorization", "").startswith("Bearer ")
        if bearer:
            grant = await run(self._admit, call)
        else:
            grant = self._admit(call)
        need, operation = self._operation(call)
        where = (call.account, call.container, call.blob)
        if bearer:
            await run(grant.may, need, *where)
        else:
            grant.may(need, *where)
        if call.blob:
            blob_calls.check_request(call)
        await operation(self._store, call, grant)

    def _admit(self, call: Call) -> Grant:
        """Finds out which account, container and blob are meant, and who asks."""
        found = self._locate(call)
        if not found:
            raise NotFound("storage account", "", "there is none yet")
        if len(found) > 1 and "sig" not in call.query:
            raise Conflict("several storage accounts may be meant: name the account in the URL")
        for address in found:
            call.account, call.container = check_account(address.account), address.container
            call.blob = address.blob
            if call.container:
                check_container(call.container)
            if call.blob:
                check_blob(call.blob)
            try:
                return authenticate(call, self._keys, self._gate)
            except Denied:
                if address is found[-1]:
                    raise
        raise AssertionError("unreachable")

    def _operation(self, call: Call) -> tuple[Need, Operation]:
        comp = call.query.get("comp", "").lower()
        method = "GET" if call.method == "HEAD" else call.method
        kind = call.query.get("restype", "").lower()
        if kind == "account" and comp == "properties" and method == "GET":
            return container_calls.INFO, container_calls.account_info
        if kind in ("directory", "file") or call.query.get("resource"):
            raise Unsupported("the Data Lake Gen2 (dfs) protocol")
        if call.blob:
            if "x-ms-copy-source" in call.headers and (method, comp) == ("PUT", ""):
                return blob_calls.CREATE, partial(copying.copy, keys=self._keys)
            found = _BLOB.get((method, comp))
        elif call.container and kind == "container":
            found = _CONTAINER.get((method, comp))
        elif call.container:
            raise Unsupported("the root container (a blob's URL names its container)")
        else:
            comp = f"service/{comp}" if kind == "service" else comp
            found = _ACCOUNT.get((method, comp))
        if found is None:
            if comp in _MISSING:
                raise Unsupported(_MISSING[comp])
            raise Unsupported(f"{call.method} with comp={comp or '(none)'} on this resource")
        return found

    # -- refusing -----------------------------------------------------------------------------

    async def _refuse(self, call: Call, e: ZafiroError) -> None:
        code, message = getattr(e, "code", ""), str(e)
        if isinstance(e, Denied):
            await self._deny(call, e, code or "AuthorizationFailure")
        elif isinstance(e, NotFound):
            name = {"blob": "BlobNotFound", "container": "ContainerNotFound"}.get(e.kind)
            await self._say(call, 404, name or "ResourceNotFound", message)
        elif isinstance(e, Conflict):
            status = 412 if e.precondition else 409
            default = "ConditionNotMet" if e.precondition else "Conflict"
            await self._say(call, status, code or default, message)
        elif isinstance(e, Invalid):
            status = getattr(e, "status", 400)
            await self._say(call, status, code or "InvalidInput", message)
        elif isinstance(e, Unsupported):
            await self._say(call, 501, "NotImplemented", message)
        else:
            await self._say(call, 400, "InvalidInput", message)

    async def _deny(self, call: Call, e: Denied, code: str) -> None:
        if e.unknown:
            challenge = {"www-authenticate": self._challenge}
            await self._say(call, 401, code, str(e), challenge)
            return
        message = str(e)
        if code == "AuthenticationFailed":
            message = (
                "Server failed to authenticate the request. Make sure the value of Authorization "
                f"header is formed correctly including the signature. {e}"
            )
        await self._say(call, 403, code, message)

    async def _say(
        self,
        call: Call,
        status: int,
        code: str,
        message: str,
        headers: dict[str, str] | None = None,
    ) -> None:
        if call.method in ("PUT", "POST", "PATCH"):
            with contextlib.suppress(Gone):
                await call.drain()
        lines = {"x-ms-error-code": code, "content-type": "application/xml", **(headers or {})}
        if call.method == "HEAD":
            lines["content-length"] = "0"
            await call.answer(status, lines)
        else:
            await call.answer(status, lines, wire.error(code, message))
