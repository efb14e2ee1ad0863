"""The ARM face of datastores."""

from typing import Any

from zafiro.arm.resource import Call, Documents, Page, ResourceType
from zafiro.core import documents
from zafiro.core.documents import Record
from zafiro.datastores import service, wire

_MOST_HOURS = 24 * 7


class Datastores(Documents):
    page_size = 30  # what Azure answers at once

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

    def under(self, call: Call, collection: str) -> Page:
        asked = call.query.get("isdefault")
        names = {n for n in call.query.get("names", "").lower().split(",") if n}
        if asked is None and not names:
            return super().under(call, collection)
        wanted = [
            record
            for record in documents.under(call.db, f"{call.id}/{collection}")
            if (asked is None or bool(record.properties["isDefault"]) == (asked.lower() == "true"))
            and (not names or record.name.lower() in names)
        ]
        return Page(wanted)

    def delete(self, call: Call) -> bool:
        return service.delete(call.db, str(call.id))


def _reply(call: Call, record: Record) -> dict[str, Any]:
    store = service.of_record(call.ctx, record)
    properties = wire.shown(call.ctx.url, store, record.properties)
    return {"properties": {**properties, "provisioningState": "Succeeded"}}


def _list_secrets(call: Call, record: Record, body: dict[str, Any]) -> dict[str, Any]:
    hours = body.get("expireAfterHours")
    asked = float(hours) if isinstance(hours, int | float) and hours > 0 else 24.0
    return service.secrets(call.ctx, record, hours=min(asked, _MOST_HOURS))


TYPES = [
    ResourceType(
        path="workspaces/datastores",
        shape=wire.DatastoreShape,
        keeper=Datastores(),
        reply=_reply,
        actions={"listsecrets": _list_secrets},
    )
]
