"""The addresses of assets: lists, pages, files, lineage, and what may be changed of them."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.jobs import service as jobs
from zafiro.registry import service as registry
from zafiro.studio import (
    asset_files,
    asset_wire,
    building,
    changing,
    file_wire,
    files,
    job_wire,
    lineage,
    lineage_wire,
    reading,
)
from zafiro.studio.logs import Lines
from zafiro.studio.rooms import Asked, Rooms, room
from zafiro.workspaces.domain import Workspace

_PAGE = "/assets/{kind}/{name}/{version}"


def routes(ctx: Context, rooms: Rooms) -> APIRouter:
    router = APIRouter()
    Reading = Annotated[Asked, Depends(rooms.may("jobs/read"))]
    lines = Lines()

    def bytes_of(at: Asked, kind: str, name: str, version: str) -> Path:
        """Where the asset lies, for those who may read it."""
        found = reading.find(at.db, at.workspace, kind, name, version)
        rooms.authorise(at.caller, f"{kind}/versions/read", found.id)
        return asset_files.root(ctx, at.db, at.workspace, found)

    def changed(
        request: Request, db: Session, workspace: str, kind: str, name: str, what: str
    ) -> Workspace:
        """The workspace, for those who may do `what` to that asset."""
        found = room(db, workspace)
        scope = f"{found.id}/{reading.check(kind)}/{name}"
        rooms.authorise(rooms.cookies.caller(request), f"{kind}/{what}", scope)
        return found

    @router.get("/assets/{kind}")
    def assets(at: Reading, kind: str, archived: bool = False) -> asset_wire.Assets:
        return reading.listed(ctx, at.db, at.workspace, kind, archived=archived)

    @router.get("/assets/{kind}/{name}")
    def versions(at: Reading, kind: str, name: str) -> asset_wire.Versions:
        return reading.versions(at.db, at.workspace, kind, name)

    @router.get("/assets/{kind}/{name}/difference")
    def difference(at: Reading, kind: str, name: str, a: str, b: str) -> asset_wire.Difference:
        """The definitions of two versions, line by line."""
        return changing.difference(at.db, at.workspace, kind, name, a, b)

    @router.get(_PAGE)
    def asset(at: Reading, kind: str, name: str, version: str) -> asset_wire.Asset:
        return reading.asset(ctx, at.db, at.workspace, kind, name, version)

    @router.get("/lineage")
    def show_lineage(at: Reading, kind: str, name: str, version: str = "") -> lineage_wire.Lineage:
        """What it came of and what came of it, some steps both ways."""
        return lineage.lineage(at.db, at.workspace, kind, name, version)

    @router.get(f"{_PAGE}/files")
    def asset_listing(
        at: Reading, kind: str, name: str, version: str, path: str = ""
    ) -> file_wire.AssetFiles:
        return asset_files.listing(bytes_of(at, kind, name, version), path)

    @router.get(f"{_PAGE}/preview")
    def preview(
        at: Reading,
        kind: str,
        name: str,
        version: str,
        path: str,
        begin: Annotated[int, Query(ge=0)] = 0,
    ) -> file_wire.Preview:
        """The beginning of a file: a table, or 256 KiB of text from byte `begin`."""
        place = asset_files.file(bytes_of(at, kind, name, version), path)
        return asset_files.preview(place, path, begin=begin)

    @router.get(f"{_PAGE}/raw", response_class=Response)
    def raw_asset(
        at: Reading, kind: str, name: str, version: str, path: str, download: bool = False
    ) -> Response:
        place = asset_files.file(bytes_of(at, kind, name, version), path)
        return files.users(place, download=download)

    @router.get("/environments/{name}/{version}/build")
    def build(at: Reading, name: str, version: str) -> asset_wire.Build:
        found = reading.find(at.db, at.workspace, "environments", name, version)
        return building.build(ctx, at.db, at.workspace, found)

    @router.get("/environments/{name}/{version}/log")
    def build_log(
        at: Reading,
        name: str,
        version: str,
        first: int = 1,
        count: Annotated[int, Query(ge=1, le=2000)] = 2000,
    ) -> job_wire.Log:
        """Lines of the log of the last build from `first`; negative: so many from the end."""
        found = reading.find(at.db, at.workspace, "environments", name, version)
        rooms.authorise(at.caller, "environments/versions/read", found.id)
        part = lines.part(building.log(ctx, at.db, at.workspace, found), first, count)
        return job_wire.Log(
            path="",
            size_bytes=part.size_bytes,
            lines=part.lines,
            first=part.first,
            text=part.text,
        )

    @router.post("/environments/{name}/{version}/build")
    def send_build(workspace: str, name: str, version: str, request: Request) -> asset_wire.Sent:
        """Have it built now, by a job that does nothing else."""
        caller = rooms.cookies.caller(request)
        with ctx.db.begin() as db:
            at = room(db, workspace)
            rooms.authorise(caller, "jobs/write", at.id)
            found = reading.find(db, at, "environments", name, version)
            sent = building.send(ctx, db, at, found, by=caller.name)
        ctx.wakes.wake(jobs.LOOP)
        return asset_wire.Sent(job=sent)

    @router.post(f"{_PAGE}/change")
    def change_version(
        workspace: str,
        kind: str,
        name: str,
        version: str,
        asked: asset_wire.Change,
        request: Request,
    ) -> asset_wire.Before:
        with ctx.db.begin() as db:
            at = changed(request, db, workspace, kind, name, "versions/write")
            return changing.version(db, at, kind, name, version, asked)

    @router.post("/assets/{kind}/{name}/change")
    def change_asset(
        workspace: str, kind: str, name: str, asked: asset_wire.Change, request: Request
    ) -> asset_wire.Before:
        """What is said of all versions together."""
        with ctx.db.begin() as db:
            at = changed(request, db, workspace, kind, name, "write")
            return changing.container(db, at, kind, name, asked)

    @router.post("/models/{name}/alias", status_code=204)
    def move_alias(workspace: str, name: str, asked: asset_wire.Move, request: Request) -> Response:
        """Give an alias to a version, or take it away: one step, refused when it moved since."""
        with ctx.db.begin() as db:
            at = changed(request, db, workspace, "models", name, "write")
            changing.move_alias(db, at, name, asked)
        ctx.wakes.wake(registry.LOOP)
        return Response(status_code=204)

    return router
