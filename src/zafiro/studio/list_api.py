"""The addresses of the home page and of the list of jobs."""

import itertools
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from zafiro.core.context import Context
from zafiro.core.errors import NotFound
from zafiro.jobs import service as jobs
from zafiro.studio import exporting, job_wire, list_wire, lists, sample
from zafiro.studio.rooms import Asked, Rooms, room
from zafiro.tracking import overview as runs

_VERBS = {
    "cancel": "jobs/cancel/action",
    "archive": "jobs/write",
    "restore": "jobs/write",
    "delete": "jobs/delete",
    "undelete": "jobs/write",
}


def routes(ctx: Context, rooms: Rooms) -> APIRouter:
    router = APIRouter()
    Reading = Annotated[Asked, Depends(rooms.may("jobs/read"))]

    @router.get("/home")
    def home(at: Reading) -> list_wire.Home:
        return lists.home(ctx, at.db, at.workspace)

    @router.post("/sample")
    def sample_job(workspace: str, request: Request) -> job_wire.Again:
        """Sends a job of a few seconds, for those who have none."""
        caller = rooms.cookies.caller(request)
        with ctx.db.begin() as db:
            found = room(db, workspace)
            for action in ("jobs/write", "environments/versions/write"):
                rooms.authorise(caller, action, found.id)
            made = sample.send(ctx, db, found, by=caller.name)
        ctx.wakes.wake(jobs.LOOP)
        return job_wire.Again(name=made)

    @router.post("/jobs/query")
    def query_jobs(at: Reading, asked: list_wire.JobsQuery) -> list_wire.Jobs:
        return lists.query(ctx, at.db, at.workspace, asked, me=at.caller.name)

    @router.post("/jobs/groups")
    def groups(at: Reading, asked: list_wire.GroupsQuery) -> list_wire.Groups:
        return lists.groups(at.db, at.workspace, asked, me=at.caller.name)

    @router.post("/jobs/around")
    def around(at: Reading, asked: list_wire.AroundQuery) -> list_wire.Around:
        """The jobs before and after one in a list."""
        return lists.around(at.db, at.workspace, asked, me=at.caller.name)

    @router.get("/jobs/export", response_class=StreamingResponse)
    def export(
        request: Request,
        workspace: str,
        filter: str = "",
        sort: str = "-created",
        columns: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006 - FastAPI's own way
    ) -> StreamingResponse:
        """Every job of a list, as CSV."""
        caller = rooms.cookies.caller(request)
        asked = list_wire.JobsQuery(filter=filter, sort=sort, columns=columns, offset=0, limit=1)
        lines = exporting.lines(ctx, rooms, caller, workspace, asked)
        first = next(lines)  # what cannot be asked is refused before an answer begins
        return StreamingResponse(
            itertools.chain([first], lines),
            media_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": 'attachment; filename="jobs.csv"',
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )

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
