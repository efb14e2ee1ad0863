"""The ARM face of computes."""

from typing import Any

from starlette.responses import Response

from zafiro.arm import operations
from zafiro.arm.resource import ArmRoute, Call, Documents, ResourceType, RouteCall
from zafiro.computes import service, wire
from zafiro.computes.sizes import SIZES
from zafiro.core.documents import Record
from zafiro.core.errors import Invalid
from zafiro.core.names import ML


class Computes(Documents):
    def put(self, call: Call, body: dict[str, Any]) -> tuple[Record, bool]:
        return service.put(
            call.ctx,
            call.db,
            str(call.id),
            body,
            if_match=call.headers.get("if-match"),
            if_none_match=call.headers.get("if-none-match"),
            by=call.caller.name,
        )

    def delete(self, call: Call) -> bool:
        asked = call.query.get("underlyingresourceaction", "Delete").lower()
        if asked not in ("delete", "detach"):
            raise Invalid("underlyingResourceAction", f"'{asked}' is not Delete or Detach")
        return service.delete(call.db, str(call.id), detach=asked == "detach")


def _reply(call: Call, record: Record) -> dict[str, Any]:
    return wire.shown(record, service.nodes(call.db, service.of_record(record)))


def _start(call: Call, record: Record, body: dict[str, Any]) -> Response:
    return _operate(call, record, "Start")


def _stop(call: Call, record: Record, body: dict[str, Any]) -> Response:
    return _operate(call, record, "Stop")


def _restart(call: Call, record: Record, body: dict[str, Any]) -> Response:
    return _operate(call, record, "Restart")


def _operate(call: Call, record: Record, operation: str) -> Response:
    service.operate(call.db, record, operation)
    return _done(call)


def _resize(call: Call, record: Record, body: dict[str, Any]) -> Response:
    service.resize(call.db, record, str(body.get("targetVMSize") or ""))
    return _done(call)


def _done(call: Call) -> Response:
    return operations.accepted(call.ctx, operations.record(call.db, call.id.subscription))


def _enable_sso(call: Call, record: Record, body: dict[str, Any]) -> None:
    service.enable_sso(call.db, record, bool(body.get("enableSSO", True)))


def _idle(call: Call, record: Record, body: dict[str, Any]) -> None:
    service.set_idle(call.db, record, str(body.get("idleTimeBeforeShutdown") or ""))


def _nodes(call: Call, record: Record, body: dict[str, Any]) -> dict[str, Any]:
    found = service.nodes(call.db, service.of_record(record))
    return {"nodes": [wire.node(node, call.ctx.settings.host) for node in found]}


def _sizes(call: RouteCall) -> dict[str, Any]:
    wanted = call.query.get("computetype", "").lower()
    shown = [wire.size(size) for size in SIZES]
    if not wanted:
        return {"value": shown}
    return {
        "value": [
            s for s in shown if wanted in (kind.lower() for kind in s["supportedComputeTypes"])
        ]
    }


def _usages(call: RouteCall) -> dict[str, Any]:
    subscription, location = call.names["s"], call.names["l"]
    id = f"/subscriptions/{subscription}/providers/{ML}/locations/{location}/usages"
    used, limit = service.usage(call.ctx, call.db, subscription)
    return {"value": [wire.usage(id, location, used, limit)]}


_LOCATION = f"/subscriptions/{{s}}/providers/{ML}/locations/{{l}}"

ROUTES = [
    ArmRoute("GET", f"{_LOCATION}/vmSizes", _sizes),
    ArmRoute("GET", f"{_LOCATION}/usages", _usages),
]

TYPES = [
    ResourceType(
        path="workspaces/computes",
        shape=wire.ComputeShape,
        keeper=Computes(),
        reply=_reply,
        actions={
            "start": _start,
            "stop": _stop,
            "restart": _restart,
            "resize": _resize,
            "enablesso": _enable_sso,
            "updateidleshutdownsetting": _idle,
            "listnodes": _nodes,
        },
    )
]
