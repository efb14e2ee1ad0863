"""The addresses of what a job left and what it was sent with: files, tables, pictures, code."""

import json
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from zafiro.core.context import Context
from zafiro.jobs import overview as jobs
from zafiro.studio import files, job_wire, pictures, snapshot, tabling
from zafiro.studio.job import git_of
from zafiro.studio.rooms import Asked, Rooms
from zafiro.tracking import overview as runs
from zafiro.tracking import service as tracking

_TEXT_BYTES = 256 * 1024
_PRETTY_BYTES = 32 * 1024 * 1024
_FILES = 20_000  # looked at for pictures


def routes(ctx: Context, rooms: Rooms) -> APIRouter:
    router = APIRouter()
    Reading = Annotated[Asked, Depends(rooms.may("jobs/read"))]

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
    def text(
        at: Reading,
        name: str,
        path: str,
        first: Annotated[int, Query(ge=0)] = 0,
        pretty: bool = False,
    ) -> job_wire.Text:
        """256 KiB of a file from the byte `first`. `pretty`: of JSON, indented, up to 32 MiB."""
        return _text(file(at, name, path), path, first, pretty=pretty)

    @router.get("/jobs/{name}/raw", response_class=Response)
    def raw(
        at: Reading, name: str, path: str, download: bool = False, page: bool = False
    ) -> Response:
        """`page`: HTML to look at, in a sandbox."""
        return files.users(file(at, name, path), download=download, page=page)

    @router.get("/jobs/{name}/table")
    def table(
        at: Reading,
        name: str,
        path: str,
        first: Annotated[int, Query(ge=0)] = 0,
        count: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> job_wire.Table:
        return tabling.table(file(at, name, path), first, count)

    @router.get("/jobs/{name}/images")
    def images(at: Reading, name: str) -> job_wire.Images:
        run = tracking.get_run(at.db, at.workspace.guid, name)
        paths, more = runs.paths(ctx.home, at.workspace, run, at_most=_FILES)
        return job_wire.Images(series=pictures.series(paths), more=more)

    @router.get("/jobs/{name}/code")
    def code(at: Reading, name: str) -> job_wire.Code:
        run = tracking.get_run(at.db, at.workspace.guid, name)
        kept = jobs.find(at.db, at.workspace.guid, run.run_id)
        found = snapshot.of(ctx, at.db, at.workspace, name)
        listed, more = snapshot.tree(found)
        source = run.tags.get("mlflow.source.name")
        return job_wire.Code(
            why=found.why,
            files=listed,
            more=more,
            entry=kept.body["properties"].get("command") if kept else source,
            git=git_of(run),
        )

    @router.get("/jobs/{name}/code/text")
    def code_text(
        at: Reading, name: str, path: str, first: Annotated[int, Query(ge=0)] = 0
    ) -> job_wire.Text:
        found = snapshot.of(ctx, at.db, at.workspace, name)
        return _text(snapshot.file(found, path), path, first, pretty=False)

    @router.get("/jobs/{name}/code/raw", response_class=Response)
    def code_raw(at: Reading, name: str, path: str) -> Response:
        found = snapshot.of(ctx, at.db, at.workspace, name)
        return files.users(snapshot.file(found, path), download=True)

    return router


def _text(place: Path, path: str, first: int, *, pretty: bool) -> job_wire.Text:
    size = place.stat().st_size
    whole = size
    if pretty and size <= _PRETTY_BYTES:
        raw = _indented(place.read_bytes())
        whole = len(raw)
        raw = raw[first : first + _TEXT_BYTES]
    else:
        with place.open("rb") as opened:
            opened.seek(first)
            raw = opened.read(_TEXT_BYTES)
    end = first + len(raw)
    if end < whole:  # not in the middle of a letter
        cut = len(raw) - 1
        while cut > len(raw) - 4 and cut > 0 and raw[cut] & 0xC0 == 0x80:
            cut -= 1
        if raw[cut] & 0x80:
            raw = raw[:cut]
            end = first + cut
    return job_wire.Text(
        path=path,
        size_bytes=size,
        text=None if b"\0" in raw else raw.decode("utf-8", "replace"),
        next=end if end < whole else None,
    )


def _indented(raw: bytes) -> bytes:
    """As it is when it is no JSON."""
    try:
        return json.dumps(json.loads(raw), indent=2, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return raw
