"""The addresses of one job's page: itself, curves, log, changes."""

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from zafiro.core.context import Context
from zafiro.jobs import service as jobs
from zafiro.studio import curve_bytes, editing, job_wire
from zafiro.studio import job as page
from zafiro.studio.logs import Lines
from zafiro.studio.rooms import Asked, Rooms, room
from zafiro.tracking import overview as runs
from zafiro.tracking import service as tracking

_HITS = 200
_JSON_NUMBERS = 2000


def routes(ctx: Context, rooms: Rooms) -> APIRouter:
    router = APIRouter()
    Reading = Annotated[Asked, Depends(rooms.may("jobs/read"))]

    lines = Lines()

    @router.get("/jobs/{name}")
    def job(at: Reading, name: str) -> job_wire.Job:
        return page.job(ctx, at.db, at.workspace, lines, name)

    @router.post("/curves", response_model=job_wire.Curves)
    def curves(at: Reading, asked: job_wire.CurvesQuery, request: Request) -> Any:
        """As JSON; more than 2,000 numbers as bytes (curve_bytes.py) to who accepts them."""
        found = page.curves(at.db, at.workspace, asked)
        if sum(4 * len(one.x) for one in found.curves) > _JSON_NUMBERS:
            if curve_bytes.TYPE in request.headers.get("accept", ""):
                return Response(curve_bytes.packed(found), media_type=curve_bytes.TYPE)
            # Checked when it was made; to check half a million numbers again takes longer.
            return Response(found.model_dump_json(), media_type="application/json")
        return found

    @router.patch("/jobs/{name}", status_code=204)
    def change_job(workspace: str, name: str, asked: job_wire.JobChange, request: Request) -> None:
        caller = rooms.cookies.caller(request)
        with ctx.db.begin() as db:
            found = room(db, workspace)
            rooms.authorise(caller, "jobs/write", f"{found.id}/jobs/{name}")
            editing.change(db, found, name, asked)

    @router.post("/jobs/{name}/rerun")
    def rerun(workspace: str, name: str, request: Request) -> job_wire.Again:
        """Sends it again with the rights of who asks."""
        caller = rooms.cookies.caller(request)
        with ctx.db.begin() as db:
            found = room(db, workspace)
            rooms.authorise(caller, "jobs/write", f"{found.id}/jobs/{name}")
            made = editing.rerun(ctx, db, found, name, by=caller.name)
        ctx.wakes.wake(jobs.LOOP)
        return job_wire.Again(name=made)

    def file(at: Asked, name: str, path: str) -> Path:
        run = tracking.get_run(at.db, at.workspace.guid, name)
        return runs.file(ctx.home, at.workspace, run, path)

    @router.get("/jobs/{name}/log")
    def read_log(
        at: Reading,
        name: str,
        path: str,
        first: int = 1,
        count: Annotated[int, Query(ge=1, le=2000)] = 500,
    ) -> job_wire.Log:
        """Lines of a file from `first`; negative: so many from the end."""
        part = lines.part(file(at, name, path), first, count)
        return job_wire.Log(
            path=path,
            size_bytes=part.size_bytes,
            lines=part.lines,
            first=part.first,
            text=part.text,
        )

    @router.get("/jobs/{name}/log/search")
    def search_log(
        at: Reading,
        name: str,
        path: str,
        q: Annotated[str, Query(min_length=1, max_length=500)],
        first: int = 1,
    ) -> job_wire.Hits:
        hits, more = lines.search(file(at, name, path), q, first=first, limit=_HITS)
        return job_wire.Hits(hits=[job_wire.Hit(line=n, text=t[:500]) for n, t in hits], next=more)

    return router
