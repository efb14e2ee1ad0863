"""ARM's verbs for every declared type."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from zafiro.arm import errors as spelling
from zafiro.arm import versions
from zafiro.arm.ids import ResourceId, parse
from zafiro.arm.resource import ArmRoute, Call, Envelope, ResourceType, RouteCall
from zafiro.core import errors
from zafiro.core.body import parse_object, receive
from zafiro.core.caller import Caller, Gate
from zafiro.core.clock import iso
from zafiro.core.context import Context
from zafiro.core.documents import Record
from zafiro.core.names import ML

After = list[Callable[[], None]]
_SECRET_READS = ("listkeys", "listsecrets", "token", "regeneratekeys")


def routes(
    ctx: Context, gate: Gate, types: Iterable[ResourceType], paths: Iterable[ArmRoute]
) -> list[BaseRoute]:
    """One endpoint for everything below /subscriptions, and /subscriptions and /tenants."""
    router = Router(ctx, gate, types, paths)
    verbs = ["GET", "PUT", "PATCH", "POST", "DELETE"]
    return [
        Route("/subscriptions", router.endpoint, methods=["GET"]),
        Route("/tenants", router.endpoint, methods=["GET"]),
        Route("/subscriptions/{rest:path}", router.endpoint, methods=verbs),
    ]


class Router:
    def __init__(
        self, ctx: Context, gate: Gate, types: Iterable[ResourceType], paths: Iterable[ArmRoute]
    ) -> None:
        self._ctx, self._gate = ctx, gate
        self._types = {t.path.lower(): t for t in types}
        self._paths = [(r.method, _pattern(r.path), r) for r in paths]

    async def endpoint(self, request: Request) -> Response:
        try:
            versions.check(request.query_params)
            caller = self._gate.authenticate(request.headers.get("authorization"))
            body = parse_object(await receive(request))
            return await run_in_threadpool(self._answer, request, caller, body)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody is there to read it
        except (errors.ZafiroError, ValidationError) as e:
            return spelling.response(e)
        except Exception as e:  # noqa: BLE001 the edge
            return spelling.unexpected(e, f"{request.method} {request.scope['path']}")

    def _answer(self, request: Request, caller: Caller, body: dict[str, Any]) -> Response:
        try:
            return self._once(request, caller, body)
        except IntegrityError:  # two made the same at once: the second finds what the first made
            return self._once(request, caller, body)

    def _once(self, request: Request, caller: Caller, body: dict[str, Any]) -> Response:
        after: After = []
        # GETs do not queue behind writers; all else may write.
        opened = self._ctx.db.read if request.method == "GET" else self._ctx.db.begin
        with opened() as db:
            answer = self._route(request, caller, db, body, after)
        for then in after:
            then()
        return answer

    def _route(
        self, request: Request, caller: Caller, db: Session, body: dict[str, Any], after: After
    ) -> Response:
        # Not of request.url, which is put together with the Host header.
        path, method = request.scope["path"].rstrip("/"), request.method
        if "\0" in path:
            raise errors.Invalid("path", "holds a NUL character")
        query = {name.lower(): value for name, value in request.query_params.items()}
        for wanted, pattern, route in self._paths:
            if wanted == method and (match := pattern.fullmatch(path)):
                self._authorise(caller, method, route.path.strip("/"), path)
                call = RouteCall(self._ctx, db, caller, match.groupdict(), query, body, after)
                return _response(route.act(call))
        try:
            id, odd = parse(path)
        except ValueError as e:
            raise errors.Unsupported(f"{method} {path}") from e
        call_ = Call(self._ctx, db, caller, id, query, request.headers, after)
        if odd is None:
            return self._item(request, call_, body)
        if method == "GET":
            return self._list(request, call_, odd)
        if method == "POST":
            return self._act(call_, odd, body)
        raise errors.Unsupported(f"{method} {call_.id.type}/{odd}")

    def _item(self, request: Request, call: Call, body: dict[str, Any]) -> Response:
        of = self._kind(call.id.type)
        self._authorise(call.caller, request.method, of.path, str(call.id))
        self._needs_holder(call)
        match request.method:
            case "GET":
                return self._shown(of, call, of.keeper.get(call), 200)
            case "PUT":
                return self._put(of, call, body)
            case "PATCH":
                kept = of.keeper.get(call)
                return self._put(of, call, _merged(kept.body, body))
            case "DELETE":
                return Response(status_code=of.deleted if of.keeper.delete(call) else 204)
        raise errors.Unsupported(f"{request.method} {of.path}")

    def _put(self, of: ResourceType, call: Call, body: dict[str, Any]) -> Response:
        properties = body.get("properties")
        if not isinstance(properties, dict):
            raise errors.Invalid("properties", 'a resource is sent as {"properties": {...}}')
        Envelope.model_validate({k: v for k, v in body.items() if k in Envelope.model_fields})
        of.shape.model_validate(properties)
        envelope = {k: v for k, v in body.items() if k not in _OURS}
        record, new = of.keeper.put(call, of.prepare(call, envelope))
        return self._shown(of, call, record, of.created if new else 200)

    def _list(self, request: Request, call: Call, collection: str) -> Response:
        kind = self._kind(f"{call.id.type.strip('/')}/{collection}".strip("/"))
        self._authorise(call.caller, "GET", kind.path, str(call.id))
        holder = self._kind(call.id.type) if call.id.segments else None
        if holder is not None and collection.lower() != "versions":  # these come with their holder
            holder.keeper.get(call)
        page = kind.keeper.under(call, collection)
        shown: dict[str, Any] = {"value": [self._show(kind, call, r) for r in page.records]}
        if page.next is not None:
            kept = {k: v for k, v in request.query_params.items() if k.lower() != "$skiptoken"}
            again = urlencode({**kept, "$skipToken": page.next})
            shown["nextLink"] = f"{self._ctx.url}{quote(request.scope['path'])}?{again}"
        return JSONResponse(shown)

    def _act(self, call: Call, action: str, body: dict[str, Any]) -> Response:
        of = self._kind(call.id.type)
        act = of.actions.get(action.lower())
        if act is None:
            raise errors.Unsupported(f"{of.path}/{action}")
        self._authorise(call.caller, "POST", f"{of.path}/{action}", str(call.id))
        return _response(act(call, of.keeper.get(call), body))

    def _needs_holder(self, call: Call) -> None:
        """What lies in something that is not there is not there, and cannot be put there."""
        if len(call.id.segments) < 4:
            return
        holder = self._types.get(call.id.parent.type.lower())
        workspace = ResourceId(
            call.id.subscription, call.id.group, call.id.provider, call.id.segments[:2]
        )
        room = self._types[workspace.type.lower()]
        room.keeper.get(_at(call, workspace))
        versioned = call.id.segments[-2].lower() == "versions"  # made together with the first
        if holder is not None and holder is not room and not versioned:
            holder.keeper.get(_at(call, call.id.parent))

    def _authorise(self, caller: Caller, method: str, type: str, scope: str) -> None:
        verb = {"GET": "read", "DELETE": "delete", "POST": "action"}.get(method, "write")
        name = type if "." in type.split("/")[0] else f"{ML}/{type}"
        self._gate.authorise(caller, f"{name}/{verb}", scope)

    def _kind(self, type: str) -> ResourceType:
        try:
            return self._types[type.lower()]
        except KeyError:
            raise errors.Unsupported(f"the resource type '{type}'") from None

    def _shown(self, of: ResourceType, call: Call, record: Record, status: int) -> Response:
        headers = {"ETag": record.etag} if record.etag else {}
        return JSONResponse(self._show(of, call, record), status, headers)

    def _show(self, of: ResourceType, call: Call, record: Record) -> dict[str, Any]:
        return {
            "id": record.id,
            "name": record.name,
            "type": of.path if "." in of.path.split("/")[0] else f"{ML}/{of.path}",
            "etag": record.etag,
            "systemData": {
                "createdAt": iso(record.created_at),
                "createdBy": record.created_by,
                "createdByType": "User",
                "lastModifiedAt": iso(record.modified_at),
                "lastModifiedBy": record.created_by,
                "lastModifiedByType": "User",
            },
            **of.reply(call, record),
        }


_OURS = {"id", "name", "type", "etag", "systemData"}


def _at(call: Call, id: ResourceId) -> Call:
    return Call(call.ctx, call.db, call.caller, id, call.query, {}, call.after)


def _merged(kept: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON merge patch (RFC 7396), but `tags` are replaced as ARM replaces them."""
    merged = dict(kept)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict) and key != "tags":
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    return merged


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    spelled = "".join(f"(?P<{p}>[^/]+)" if n % 2 else re.escape(p) for n, p in enumerate(parts))
    return re.compile(spelled, re.IGNORECASE)


def _response(said: "dict[str, Any] | Response | None") -> Response:
    if isinstance(said, Response):
        return said
    return JSONResponse(said) if said is not None else Response()
