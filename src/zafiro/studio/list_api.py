"""The addresses of the home page and of the list of jobs."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from zafiro.core.context import Context
from zafiro.core.errors import NotFound
from zafiro.jobs import service as jobs
from zafiro.studio import list_wire, lists
from zafiro.studio.rooms import Asked, Rooms, room
from zafiro.tracking import overview as runs

_VERBS = {"cancel": "jobs/cancel/action", "archive": "jobs/write", "restore": "jobs/write"}


def routes(ctx: Context, rooms: Rooms) -> APIRouter:
    router = APIRouter()
    Reading = Annotated[Asked, Depends(rooms.may("jobs/read"))]

    @router.get("/home")
    def home(at: Reading) -> list_wire.Home:
        return lists.home(ctx, at.db, at.workspace)

    @router.post("/jobs/query")
    def query_jobs(at: Reading, asked: list_wire.JobsQuery) -> list_wire.Jobs:
        return lists.query(ctx, at.db, at.workspace, asked, me=at.caller.name)

    @router.post("/jobs/histogram")
    def histogram(at: Reading, asked: list_wire.HistogramQuery) -> list_wire.Histogram:
        return lists.histogram(at.db, at.workspace, asked, me=at.caller.name)

    @router.get("/jobs/columns")
    def columns(at: Reading, like: str = "") -> list_wire.Columns:
        return list_wire.Columns(columns=runs.keys(at.db, at.workspace.guid, like))

    @router.post("/jobs/change/{verb}")
    def change(
        workspace: str, verb: str, asked: list_wire.Names, request: Request
    ) -> list_wire.Done:
        caller = rooms.cookies.caller(request)
        if verb not in _VERBS:
            raise NotFound("verb", verb, f"there are {', '.join(_VERBS)}")
        with ctx.db.begin() as db:
            found = room(db, workspace)
            for name in asked.names:
                rooms.authorise(caller, _VERBS[verb], f"{found.id}/jobs/{name}")
            done = lists.change(ctx, db, found, verb, asked.names)
        ctx.wakes.wake(jobs.LOOP)
        return done

    return router
