"""The addresses of computes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from zafiro.core.context import Context
from zafiro.jobs import service as jobs
from zafiro.studio import compute_wire, computing
from zafiro.studio.rooms import Asked, Rooms, room


def routes(ctx: Context, rooms: Rooms) -> APIRouter:
    router = APIRouter()
    Reading = Annotated[Asked, Depends(rooms.may("jobs/read"))]

    @router.get("/computes")
    def computes(at: Reading) -> list[compute_wire.ComputeRow]:
        return computing.compute_rows(ctx, at.db, at.workspace)

    @router.get("/computes/{name}")
    def compute(at: Reading, name: str) -> compute_wire.Compute:
        return computing.compute(ctx, at.db, at.workspace, name)

    @router.post("/computes/{name}/act")
    def act(
        workspace: str, name: str, asked: compute_wire.Act, request: Request
    ) -> compute_wire.Acted:
        """Start, stop or restart an instance, scale a cluster."""
        caller = rooms.cookies.caller(request)
        with ctx.db.begin() as db:
            at = room(db, workspace)
            rooms.authorise(caller, computing.action(asked.verb), f"{at.id}/computes/{name}")
            done = computing.act(ctx, db, at, name, asked)
        ctx.wakes.wake(jobs.LOOP)  # jobs may have waited for it
        return done

    return router
