"""The ARM face: five kinds of containers, their versions and labels, and places to upload to."""

from dataclasses import dataclass
from typing import Any

from zafiro.arm.errors import Spelled
from zafiro.arm.resource import ArmRoute, Call, Page, ResourceType, RouteCall, after, rows
from zafiro.assets import service, uploads, wire
from zafiro.assets.domain import COMPONENT_DEFAULT, KINDS, PathFixed, check_name
from zafiro.assets.sources import is_there
from zafiro.core.documents import Record
from zafiro.core.errors import Unsupported
from zafiro.core.names import ML
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace


def _workspace(call: Call) -> Workspace:
    return workspaces.by_id(call.db, str(call.id))


@dataclass(frozen=True)
class Containers:
    kind: str

    def put(self, call: Call, body: dict[str, Any]) -> tuple[Record, bool]:
        check_name("name", call.id.name)
        asked = body["properties"]
        made, new = service.put_container(
            call.db, _workspace(call), self.kind, call.id.name, asked, by=call.caller.name
        )
        return wire.container(made), new

    def get(self, call: Call) -> Record:
        return wire.container(service.container(call.db, _workspace(call), self.kind, call.id.name))

    def under(self, call: Call, collection: str) -> Page:
        size = rows(call.query, wire.ROWS)
        found = service.containers(
            call.db,
            _workspace(call),
            self.kind,
            archived=wire.archived(call.query),
            after=call.query.get("$skiptoken") or call.query.get("$skip") or "",
            limit=size + 1,
        )
        more = found[size - 1].name if len(found) > size else None
        return Page([wire.container(one) for one in found[:size]], more)

    def delete(self, call: Call) -> bool:
        return service.delete(call.db, _workspace(call), self.kind, call.id.name)


@dataclass(frozen=True)
class Versions:
    kind: str

    def put(self, call: Call, body: dict[str, Any]) -> tuple[Record, bool]:
        name, version = call.id.parent.name, call.id.name
        check_name("name", name)
        check_name("version", version)
        try:
            workspace = _workspace(call)
            made, new = service.put(
                call.db,
                workspace,
                self.kind,
                name,
                version,
                body,
                look=uploads.look(call.ctx, call.db, workspace),
                by=call.caller.name,
            )
        except PathFixed as e:
            # The words azure-ai-ml 1.35.2 knows this by; why, stands beside them.
            why = [{"code": "AssetPathFixed", "message": str(e)}]
            raise Spelled(409, "UserError", "Asset paths cannot be updated.", why) from e
        return wire.version(made), new

    def get(self, call: Call) -> Record:
        workspace, name = _workspace(call), call.id.parent.name
        if self.kind == "components" and call.id.name == COMPONENT_DEFAULT:
            return wire.version(service.latest(call.db, workspace, self.kind, name))
        return wire.version(service.get(call.db, workspace, self.kind, name, call.id.name))

    def under(self, call: Call, collection: str) -> Page:
        workspace, query = _workspace(call), call.query
        if self.kind == "codes" and query.get("hash"):
            return self._same(call, workspace)
        by, descending = wire.order(query)
        found, more = service.versions(
            call.db,
            workspace,
            self.kind,
            call.id.name,
            by=by,
            descending=descending,
            archived=wire.archived(query),
            stage=query.get("stage", ""),
            wanted=wire.wanted(query),
            after=after(query, "$skip"),
            limit=rows(query, wire.ROWS),
        )
        return Page([wire.version(one) for one in found], None if more is None else str(more))

    def _same(self, call: Call, workspace: Workspace) -> Page:
        """Code with the same content, under any name: the client asks below one it made up."""
        asked, look = call.query.get("hashversion", ""), uploads.look(call.ctx, call.db, workspace)
        found = [
            code
            for code in service.find_by_hash(call.db, workspace, self.kind, call.query["hash"])
            if asked in ("", wire.hash_version(code)) and is_there(code.uri, look)
        ]
        return Page([wire.version(one) for one in found[:1]])

    def delete(self, call: Call) -> bool:
        return service.delete(
            call.db, _workspace(call), self.kind, call.id.parent.name, call.id.name
        )


@dataclass(frozen=True)
class Labels:
    kind: str

    def get(self, call: Call) -> Record:
        name, label = call.id.parent.name, call.id.name
        return wire.version(service.labelled(call.db, _workspace(call), self.kind, name, label))

    def put(self, call: Call, body: dict[str, Any]) -> tuple[Record, bool]:
        raise Unsupported("setting labels of assets")

    def under(self, call: Call, collection: str) -> Page:
        raise Unsupported("listing labels of assets")

    def delete(self, call: Call) -> bool:
        raise Unsupported("deleting labels of assets")


TYPES = [
    made
    for kind in KINDS
    for made in (
        ResourceType(f"workspaces/{kind}", wire.ContainerShape, Containers(kind)),
        ResourceType(f"workspaces/{kind}/versions", wire.SHAPES[kind], Versions(kind)),
        ResourceType(f"workspaces/{kind}/labels", keeper=Labels(kind)),
    )
]


def _upload_place(call: RouteCall) -> dict[str, Any]:
    check_name("name", call.names["n"])
    check_name("version", call.names["v"])
    workspace = workspaces.find(call.db, call.names["s"], call.names["g"], call.names["w"])
    return uploads.place(call.ctx, workspace)


_BASE = f"/subscriptions/{{s}}/resourceGroups/{{g}}/providers/{ML}/workspaces/{{w}}"

# Asked before there is such a version, so it is no action of one.
ROUTES = [
    ArmRoute("POST", f"{_BASE}/{kind}/{{n}}/versions/{{v}}/startPendingUpload", _upload_place)
    for kind in KINDS
]
