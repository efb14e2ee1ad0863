"""The addresses of one job's page: itself, curves, files, log."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from zafiro.core.context import Context
from zafiro.studio import files, job_wire
from zafiro.studio import job as page
from zafiro.studio.logs import Lines
from zafiro.studio.rooms import Asked, Rooms
from zafiro.tracking import overview as runs
from zafiro.tracking import service as tracking

_TEXT_BYTES = 256 * 1024
_HITS = 200


def routes(ctx: Context, rooms: Rooms) -> APIRouter:
    router = APIRouter()
    Reading = Annotated[Asked, Depends(rooms.may("jobs/read"))]

    lines = Lines()

    @router.get("/jobs/{name}")
    def job(at: Reading, name: str) -> job_wire.Job:
        return page.job(ctx, at.db, at.workspace, lines, name)

    @router.post("/curves")
    def curves(at: Reading, asked: job_wire.CurvesQuery) -> job_wire.Curves:
        return page.curves(at.db, at.workspace, asked)

    @router.get("/jobs/{name}/files")
    def list_files(at: Reading, name: str, path: str = "") -> job_wire.Files:
        run = tracking.get_run(at.db, at.workspace.guid, name)
        found = runs.files(ctx.home, at.workspace, run, path)
        below = f"{path.rstrip('/')}/" if path else ""
        shown = [
            job_wire.File(path=below + f.path, folder=f.is_folder, size_bytes=f.size_bytes)
            for f in found
        ]
        return job_wire.Files(path=path, files=sorted(shown, key=lambda f: (not f.folder, f.path)))

    def file(at: Asked, name: str, path: str) -> Path:
        run = tracking.get_run(at.db, at.workspace.guid, name)
        return runs.file(ctx.home, at.workspace, run, path)

    @router.get("/jobs/{name}/text")
    def text(at: Reading, name: str, path: str) -> job_wire.Text:
        """The first 256 KiB of a file."""
        place = file(at, name, path)
        size = place.stat().st_size
        with place.open("rb") as opened:
            raw = opened.read(_TEXT_BYTES)
        return job_wire.Text(
            path=path,
            size_bytes=size,
            text=None if b"\0" in raw else raw.decode("utf-8", "replace"),
            truncated=size > len(raw),
        )

    @router.get("/jobs/{name}/raw", response_class=Response)
    def raw(at: Reading, name: str, path: str, download: bool = False) -> Response:
        return files.users(file(at, name, path), download=download)

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
