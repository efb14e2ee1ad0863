"""The ARM face: five kinds of containers, their versions and labels, and places to upload to."""

from dataclasses import dataclass
from typing import Any

from zafiro.arm.errors import Spelled
from zafiro.arm.resource import Call, Page, ResourceType
from zafiro.assets import service, wire
from zafiro.assets.domain import COMPONENT_DEFAULT, KINDS, PathFixed, check_name
from zafiro.core.documents import Record
from zafiro.core.errors import Invalid, Unsupported
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
        size = wire.size(call.query)
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
            made, new = service.put(
                call.db, _workspace(call), self.kind, name, version, body, by=call.caller.name
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
        after = query.get("$skiptoken") or query.get("$skip") or ""
        if after and not after.isdecimal():
            raise Invalid("$skipToken", f"'{after}' was not given by this server")
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
            after=int(after) if after else None,
            limit=wire.size(query),
        )
        return Page([wire.version(one) for one in found], None if more is None else str(more))

    def _same(self, call: Call, workspace: Workspace) -> Page:
        """Code with the same content, under any name: the client asks below one it made up."""
        asked = call.query.get("hashversion", "")
        found = [
            code
            for code in service.find_by_hash(call.db, workspace, self.kind, call.query["hash"])
            if asked in ("", wire.hash_version(code))
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
