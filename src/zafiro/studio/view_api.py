"""The addresses of saved views."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session

from zafiro.core.caller import Caller
from zafiro.core.context import Context
from zafiro.studio import service, view_wire
from zafiro.studio.rooms import Asked, Rooms, room
from zafiro.workspaces.domain import Workspace

_WRITE = "studio/views/write"


def listed(db: Session, workspace: Workspace, list: str, caller: Caller) -> view_wire.Views:
    found = service.views(db, workspace.guid, list, caller.oid)
    return view_wire.Views(views=[view_wire.view(one, caller.oid) for one in found])


def routes(ctx: Context, rooms: Rooms) -> APIRouter:
    router = APIRouter()
    Reading = Annotated[Asked, Depends(rooms.may("jobs/read"))]

    def asker(request: Request) -> Caller:
        return rooms.cookies.caller(request)

    Asking = Annotated[Caller, Depends(asker)]

    @router.get("/views")
    def views(at: Reading, list: str) -> view_wire.Views:
        """The asker's own and the shared ones; the workspace's default first."""
        return listed(at.db, at.workspace, list, at.caller)

    @router.get("/views/{id}")
    def view(at: Reading, id: str) -> view_wire.View:
        found = service.view(at.db, at.workspace.guid, id, at.caller.oid)
        return view_wire.view(found, at.caller.oid)

    @router.post("/views", status_code=201)
    def save_view(workspace: str, asked: view_wire.NewView, caller: Asking) -> view_wire.View:
        with ctx.db.begin() as db:
            at = room(db, workspace)
            rooms.authorise(caller, _WRITE, at.id)
            made = service.save(
                db,
                at.guid,
                asked.list,
                asked.name,
                asked.scope,
                asked.state,
                owner=caller.oid,
                by=caller.name,
                id=asked.id,
            )
        return view_wire.view(made, caller.oid)

    @router.put("/views/{id}")
    def change_view(
        workspace: str, id: str, asked: view_wire.ViewChange, caller: Asking
    ) -> view_wire.View:
        with ctx.db.begin() as db:
            at = room(db, workspace)
            rooms.authorise(caller, _WRITE, at.id)
            made = service.change(db, at.guid, id, owner=caller.oid, **asked.model_dump())
        return view_wire.view(made, caller.oid)

    @router.delete("/views/{id}", status_code=204)
    def delete_view(workspace: str, id: str, caller: Asking) -> None:
        with ctx.db.begin() as db:
            at = room(db, workspace)
            rooms.authorise(caller, _WRITE, at.id)
            service.remove(db, at.guid, id, owner=caller.oid)

    return router
