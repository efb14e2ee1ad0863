"""What people change of assets from their pages. Each act says how it was, to be undone."""

import difflib

from sqlalchemy.orm import Session

from zafiro.assets import service as assets
from zafiro.assets.domain import section, text
from zafiro.core.errors import Conflict
from zafiro.registry import service as registry
from zafiro.studio import asset_wire as wire
from zafiro.studio import reading
from zafiro.workspaces.domain import Workspace

_CONTEXT = 3


def version(
    db: Session, workspace: Workspace, kind: str, name: str, version: str, asked: wire.Change
) -> wire.Before:
    """One version's description, tags, or whether it is put away. Raises NotFound."""
    found = reading.find(db, workspace, kind, name, version)
    before = wire.Before(
        description=text(found.properties, "description") or None,
        tags={str(k): str(v) for k, v in section(found.properties, "tags").items()},
        archived=found.is_archived,
    )
    properties = {
        "description": asked.description,
        "tags": asked.tags,
        "isArchived": asked.archived,
    }
    body = {"properties": properties}
    assets.put(db, workspace, kind, found.name, found.version, body)
    return before


def container(
    db: Session, workspace: Workspace, kind: str, name: str, asked: wire.Change
) -> wire.Before:
    """The same of all versions of a name together. Raises NotFound."""
    found = assets.container(db, workspace, reading.check(kind), name)
    before = wire.Before(
        description=found.description,
        tags={str(k): str(v) for k, v in found.tags.items()},
        archived=found.is_archived,
    )
    said = {"description": asked.description, "tags": asked.tags, "isArchived": asked.archived}
    assets.put_container(db, workspace, kind, found.name, said)
    return before


def move_alias(db: Session, workspace: Workspace, name: str, asked: wire.Move) -> None:
    """Raises NotFound; Invalid for what is no alias; Conflict when somebody else moved it."""
    found = assets.container(db, workspace, "models", name)
    before = registry.move_alias(db, workspace, found.name, asked.alias, asked.version)
    if before != asked.was:
        there = f"at version {before}" if before else "on no version"
        raise Conflict(f"the alias '{asked.alias}' is {there} by now; look again before moving it")


def difference(
    db: Session, workspace: Workspace, kind: str, name: str, a: str, b: str
) -> wire.Difference:
    """The definitions of two versions, line by line. Raises NotFound."""
    old, new = (reading.find(db, workspace, kind, name, version) for version in (a, b))
    before, after = (reading.definition(one).splitlines() for one in (old, new))
    lines = []
    for line in difflib.unified_diff(before, after, n=_CONTEXT, lineterm=""):
        if line.startswith(("---", "+++")):
            continue
        sign = "@" if line.startswith("@@") else line[:1]
        lines.append(wire.Edit(sign=sign, text=line if sign == "@" else line[1:]))
    return wire.Difference(a=old.version, b=new.version, lines=lines)
