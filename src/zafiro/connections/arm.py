"""The ARM face of connections."""

from typing import Any

from zafiro.arm.resource import Call, Documents, Page, ResourceType
from zafiro.connections import service
from zafiro.connections.wire import ConnectionShape
from zafiro.core import documents
from zafiro.core.documents import Record


class Connections(Documents):
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
        """Of one category or target when asked. `includeAll` changes nothing: azure-ai-ml 1.35.2
        says false whatever its user asked for, and would never see connections to data."""
        category = call.query.get("category", "").lower()
        target = call.query.get("target")
        found = []
        for record in documents.under(call.db, f"{call.id}/{collection}"):
            one = service.of_record(record)
            if category in ("", one.category.lower()) and target in (None, one.target):
                found.append(record)
        return Page(found)


def _reply(call: Call, record: Record) -> dict[str, Any]:
    return {"properties": {**record.properties, "createdByWorkspaceArmId": call.id.workspace}}


def _list_secrets(call: Call, record: Record, body: dict[str, Any]) -> dict[str, Any]:
    found = service.secrets(call.ctx, record)
    said = {**record.properties, **({"credentials": found} if found else {})}
    return {"id": record.id, "name": record.name, "properties": said}


TYPES = [
    ResourceType(
        path="workspaces/connections",
        shape=ConnectionShape,
        keeper=Connections(),
        reply=_reply,
        actions={"listsecrets": _list_secrets},
        created=200,  # azure-ai-ml 1.35.2 takes nothing else
    )
]
