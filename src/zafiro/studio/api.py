"""The studio's read API, as FastAPI describes it: `studio/openapi.json` and the TypeScript client
are generated from here, and a test compares them.

Imported when the first browser asks: FastAPI takes a quarter of a second that a server without
visitors is spared.
"""

import logging
import re
import uuid
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import unquote

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
from zafiro.core.errors import Denied, ZafiroError
from zafiro.studio import (
    asset_api,
    compare_api,
    compute_api,
    copying,
    experiment_api,
    file_api,
    first,
    job_api,
    list_api,
    lists,
    reading,
    view_api,
    wire,
)
from zafiro.studio.feed import Feed
from zafiro.studio.rooms import Asked, Rooms, path_of, room
from zafiro.studio.signin import Cookies
from zafiro.workspaces import service as workspaces

log = logging.getLogger(__name__)

_TEXT_BYTES = 256 * 1024
_HITS = 200
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
    app.include_router(_workspace(ctx, Rooms(ctx, gate, cookies), feed))
    return app


def described(ctx: Context) -> dict[str, Any]:
    """The OpenAPI document of this API."""
    gate = Gate(lambda _: Caller("", "", ""), lambda *_: None)
    return create(ctx, gate, Cookies(ctx, gate), Feed(ctx)).openapi()


def answers(ctx: Context, gate: Gate, cookies: Cookies) -> Callable[[Request], first.Answers]:
    """What the page of an address begins with, by the keys of `studio/src/api/queries.ts`."""
    rooms = Rooms(ctx, gate, cookies)

    def of(request: Request) -> first.Answers:
        caller = cookies.caller(request)
        with ctx.db.read() as db:
            found: first.Answers = [(["session"], _session_of(db, caller))]
            match = re.fullmatch(r"/studio/w/([^/]+)/(home|jobs)", request.url.path)
            if match is not None:
                name = unquote(match[1])
                at = room(db, name)
                rooms.authorise(caller, "jobs/read", at.id)
                if match[2] == "home":
                    found.append((["home", name], lists.home(ctx, db, at)))
                else:
                    kept = view_api.listed(db, at, "jobs", caller)
                    found.append((["views", name, "jobs"], kept))
        return found

    return of


def _session_of(db: Session, caller: Caller) -> wire.Session:
    among = workspaces.all_of(db)
    return wire.Session(
        user=caller.name,
        version=zafiro.__version__,
        workspaces=[
            wire.WorkspaceRef(id=w.id, name=w.name, group=w.group, path=path_of(w, among))
            for w in among
        ],
    )


def _session(ctx: Context, cookies: Cookies) -> APIRouter:
    router = APIRouter(responses=_PROBLEMS)

    @router.get("/session")
    def session(request: Request, response: Response) -> wire.Session:
        """Who is signed in, and where they may go. Signs in again while the cookie is good."""
        caller = cookies.caller(request)
        if "authorization" not in request.headers:
            cookies.give(response, secure=request.url.scheme == "https")
        with ctx.db.read() as db:
            return _session_of(db, caller)

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


def _workspace(ctx: Context, rooms: Rooms, feed: Feed) -> APIRouter:
    router = APIRouter(prefix="/w/{workspace}", responses=_PROBLEMS)
    for pages in (
        list_api,
        view_api,
        job_api,
        file_api,
        compare_api,
        experiment_api,
        asset_api,
        compute_api,
    ):
        router.include_router(pages.routes(ctx, rooms))
    Reading = Annotated[Asked, Depends(rooms.may("jobs/read"))]

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
            caller = rooms.cookies.caller(request)
            with ctx.db.read() as db:
                found = room(db, workspace)
            rooms.authorise(caller, "jobs/read", found.id)
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
