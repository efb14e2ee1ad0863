"""The studio's read API, as FastAPI describes it: `studio/openapi.json` and the TypeScript client
are generated from here, and a test compares them.

Imported when the first browser asks: FastAPI takes a quarter of a second that a server without
visitors is spared.
"""

import logging
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

import zafiro
from zafiro.arm import errors as spelling
from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.errors import Denied, Invalid, NotFound, ZafiroError
from zafiro.core.names import ML
from zafiro.jobs import service as jobs
from zafiro.studio import copying, files, reading, service, wire
from zafiro.studio.feed import Feed
from zafiro.studio.logs import Lines
from zafiro.studio.signin import Cookies
from zafiro.tracking import overview as runs
from zafiro.tracking import service as tracking
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

log = logging.getLogger(__name__)

_TEXT_BYTES = 256 * 1024
_HITS = 200
_VERBS = {"cancel": "jobs/cancel/action", "archive": "jobs/write", "restore": "jobs/write"}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": wire.Problem} for status in (400, 401, 403, 404, 409)
}


def create(ctx: Context, gate: Gate, cookies: Cookies, feed: Feed) -> FastAPI:
    app = FastAPI(
        title="Zafiro Studio",
        version="1",
        docs_url=None,  # the usual pages load their scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.add_exception_handler(ZafiroError, _zafiro)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
    app.include_router(_session(ctx, cookies))
    app.include_router(_workspace(ctx, gate, cookies, feed))
    return app


def described(ctx: Context) -> dict[str, Any]:
    """The OpenAPI document of this API."""
    gate = Gate(lambda _: Caller("", "", ""), lambda *_: None)
    return create(ctx, gate, Cookies(ctx, gate), Feed(ctx)).openapi()


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


def _session(ctx: Context, cookies: Cookies) -> APIRouter:
    router = APIRouter(responses=_PROBLEMS)

    @router.get("/session")
    def session(request: Request, response: Response) -> wire.Session:
        """Who is signed in, and where they may go. Signs in again while the cookie is good."""
        caller = cookies.caller(request)
        if "authorization" not in request.headers:
            cookies.give(response, secure=request.url.scheme == "https")
        with ctx.db.read() as db:
            among = workspaces.all_of(db)
        return wire.Session(
            user=caller.name,
            version=zafiro.__version__,
            workspaces=[
                wire.WorkspaceRef(id=w.id, name=w.name, group=w.group, path=path_of(w, among))
                for w in among
            ],
        )

    @router.post("/session", status_code=204)
    def sign_in(asked: wire.SignIn, request: Request) -> Response:
        """With the token of the link."""
        if not cookies.right(asked.token.strip()):
            raise Denied(
                "that is not the token of this server; `zafiro status` prints the link",
                unknown=True,
            )
        response = Response(status_code=204)
        cookies.give(response, secure=request.url.scheme == "https")
        return response

    @router.delete("/session", status_code=204)
    def sign_out(request: Request) -> Response:
        cookies.caller(request)
        response = Response(status_code=204)
        cookies.take(response)
        return response

    return router


class Asked:
    """One request about a workspace: an open reading session, and who asks."""

    def __init__(self, db: Session, workspace: Workspace, caller: Caller) -> None:
        self.db, self.workspace, self.caller = db, workspace, caller


def _workspace(ctx: Context, gate: Gate, cookies: Cookies, feed: Feed) -> APIRouter:
    router = APIRouter(prefix="/w/{workspace}", responses=_PROBLEMS)
    lines = Lines()

    def may(action: str) -> Callable[..., Any]:
        def asked(request: Request, workspace: str) -> Any:
            caller = cookies.caller(request)
            with ctx.db.read() as db:
                found = room(db, workspace)
                gate.authorise(caller, f"{ML}/workspaces/{action}", found.id)
                yield Asked(db, found, caller)

        return asked

    Reading = Annotated[Asked, Depends(may("jobs/read"))]

    @router.get("/home")
    def home(at: Reading) -> wire.Home:
        return service.home(ctx, at.db, at.workspace)

    @router.post("/jobs/query")
    def query_jobs(at: Reading, asked: wire.JobsQuery) -> wire.Jobs:
        return service.query(ctx, at.db, at.workspace, asked, me=at.caller.name)

    @router.post("/jobs/histogram")
    def histogram(at: Reading, asked: wire.HistogramQuery) -> wire.Histogram:
        return service.histogram(at.db, at.workspace, asked, me=at.caller.name)

    @router.get("/jobs/columns")
    def columns(at: Reading, like: str = "") -> wire.Columns:
        return wire.Columns(columns=runs.keys(at.db, at.workspace.guid, like))

    @router.post("/jobs/change/{verb}")
    def change(workspace: str, verb: str, asked: wire.Names, request: Request) -> wire.Done:
        caller = cookies.caller(request)
        if verb not in _VERBS:
            raise NotFound("verb", verb, f"there are {', '.join(_VERBS)}")
        with ctx.db.begin() as db:
            found = room(db, workspace)
            for name in asked.names:
                scope = f"{found.id}/jobs/{name}"
                gate.authorise(caller, f"{ML}/workspaces/{_VERBS[verb]}", scope)
            done = service.change(ctx, db, found, verb, asked.names)
        ctx.wakes.wake(jobs.LOOP)
        return done

    @router.get("/jobs/{name}")
    def job(at: Reading, name: str) -> wire.Job:
        return service.job(ctx, at.db, at.workspace, lines, name)

    @router.post("/curves")
    def curves(at: Reading, asked: wire.CurvesQuery) -> wire.Curves:
        return service.curves(at.db, at.workspace, asked)

    @router.post("/compare")
    def compare(at: Reading, asked: wire.Names) -> wire.Comparison:
        return service.compare(ctx, at.db, at.workspace, asked.names)

    @router.get("/jobs/{name}/files")
    def list_files(at: Reading, name: str, path: str = "") -> wire.Files:
        run = tracking.get_run(at.db, at.workspace.guid, name)
        found = runs.files(ctx.home, at.workspace, run, path)
        below = f"{path.rstrip('/')}/" if path else ""
        shown = [
            wire.File(path=below + f.path, folder=f.is_folder, size_bytes=f.size_bytes)
            for f in found
        ]
        return wire.Files(path=path, files=sorted(shown, key=lambda f: (not f.folder, f.path)))

    def file(at: Asked, name: str, path: str) -> Path:
        run = tracking.get_run(at.db, at.workspace.guid, name)
        return runs.file(ctx.home, at.workspace, run, path)

    @router.get("/jobs/{name}/text")
    def text(at: Reading, name: str, path: str) -> wire.Text:
        """The first 256 KiB of a file."""
        place = file(at, name, path)
        size = place.stat().st_size
        with place.open("rb") as opened:
            raw = opened.read(_TEXT_BYTES)
        return wire.Text(
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
    ) -> wire.Log:
        """Lines of a file from `first`; negative: so many from the end."""
        part = lines.part(file(at, name, path), first, count)
        return wire.Log(
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
    ) -> wire.Hits:
        hits, more = lines.search(file(at, name, path), q, first=first, limit=_HITS)
        return wire.Hits(hits=[wire.Hit(line=n, text=t[:500]) for n, t in hits], next=more)

    @router.get("/experiments")
    def experiments(at: Reading) -> wire.Experiments:
        return service.experiments(at.db, at.workspace)

    @router.get("/assets/{kind}")
    def assets(at: Reading, kind: str, archived: bool = False) -> wire.Assets:
        return reading.listed(at.db, at.workspace, kind, archived=archived)

    @router.get("/assets/{kind}/{name}/{version}")
    def asset(at: Reading, kind: str, name: str, version: str) -> wire.Asset:
        return reading.asset(at.db, at.workspace, kind, name, version)

    @router.get("/computes")
    def computes(at: Reading) -> list[wire.ComputeRow]:
        return service.compute_rows(at.db, at.workspace)

    @router.get("/computes/{name}")
    def compute(at: Reading, name: str) -> wire.Compute:
        return service.compute(ctx, at.db, at.workspace, name)

    @router.get("/copy")
    def copy_as(at: Reading, kind: str, name: str) -> wire.Copies:
        """The object in the words of each client."""
        return copying.of(ctx, at.db, at.workspace, kind, name)

    @router.get("/search")
    def search(at: Reading, q: Annotated[str, Query(max_length=200)]) -> wire.Search:
        return reading.search(at.db, at.workspace, q)

    @router.get("/events", response_class=StreamingResponse)
    async def events(request: Request, workspace: str, after: str = "") -> StreamingResponse:
        """Server-sent events: "run", "logged", "log" of this workspace; `hello` first."""

        def allowed() -> str:
            caller = cookies.caller(request)
            with ctx.db.read() as db:
                found = room(db, workspace)
            gate.authorise(caller, f"{ML}/workspaces/jobs/read", found.id)
            return found.guid

        guid = await run_in_threadpool(allowed)
        last = request.headers.get("last-event-id") or after or None
        return StreamingResponse(
            feed.follow(guid, last),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return router


def _problem(status: int, code: str, message: str) -> JSONResponse:
    said = wire.Problem(code=code, message=message, id=uuid.uuid4().hex[:12])
    return JSONResponse(said.model_dump(), status, {"Cache-Control": "no-store"})


async def _zafiro(request: Request, error: Exception) -> JSONResponse:
    return _problem(*spelling.spell(error))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return _problem(error.status_code, "NotFound", str(error.detail))


async def _unreadable(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
    return _problem(400, "ValidationError", said)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    made = _problem(
        500, "InternalServerError", f"the server failed ({type(error).__name__}); see its log"
    )
    log.error("%s failed: %s", request.url.path, bytes(made.body).decode(), exc_info=error)
    return made
