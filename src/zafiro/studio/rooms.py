"""Which workspace a request is about, who asks, and whether they may."""

from collections.abc import Callable
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session

from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.errors import Invalid, NotFound
from zafiro.core.names import ML
from zafiro.studio.signin import Cookies
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace


def path_of(workspace: Workspace, among: list[Workspace]) -> str:
    """How URLs call it: by name, and where that is not enough by all of its names."""
    same = [w for w in among if w.name.lower() == workspace.name.lower()]
    if len(same) == 1:
        return workspace.name
    return f"{workspace.subscription}~{workspace.group}~{workspace.name}"


def room(db: Session, path: str) -> Workspace:
    """The workspace a URL calls so. Raises NotFound, Invalid when several bear that name."""
    if path.count("~") == 2:
        subscription, group, name = path.split("~")
        return workspaces.find(db, subscription, group, name)
    found = [w for w in workspaces.all_of(db) if w.name.lower() == path.lower()]
    if not found:
        raise NotFound("workspace", path)
    if len(found) > 1:
        raise Invalid("workspace", f"{len(found)} are called '{path}'; write sub~group~name")
    return found[0]


class Asked:
    """One request about a workspace: an open reading session, and who asks."""

    def __init__(self, db: Session, workspace: Workspace, caller: Caller) -> None:
        self.db, self.workspace, self.caller = db, workspace, caller


class Rooms:
    """The door to a workspace's pages."""

    def __init__(self, ctx: Context, gate: Gate, cookies: Cookies) -> None:
        self._ctx, self._gate, self.cookies = ctx, gate, cookies

    def may(self, action: str) -> Callable[..., Any]:
        """A dependency: an open reading session for those who may do `action` there."""

        def asked(request: Request, workspace: str) -> Any:
            caller = self.cookies.caller(request)
            with self._ctx.db.read() as db:
                found = room(db, workspace)
                self.authorise(caller, action, found.id)
                yield Asked(db, found, caller)

        return asked

    def authorise(self, caller: Caller, action: str, scope: str) -> None:
        """Raises Denied."""
        self._gate.authorise(caller, f"{ML}/workspaces/{action}", scope)
