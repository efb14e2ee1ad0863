"""TensorBoard behind our own listener, with our own sign-in.

    GET  /tensorboard/{subscription}/{group}/{workspace}/{run}/link   {"url": a link that signs in}
    *    /tensorboard/{subscription}/{group}/{workspace}/{run}/…      TensorBoard's own page and API

A caller is known by the Authorization header, as everywhere. A browser sends none: it comes with a
link, good for some minutes, and gets a cookie, good for this run's TensorBoard only and for hours.
Both are sealed with the installation's key, so any server of the installation knows them.
"""

import html
import logging
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import BaseRoute, Route

from zafiro.arm import errors as spelling
from zafiro.core import clock
from zafiro.core.body import receive
from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.core.errors import Denied, Invalid, NotFound, ZafiroError
from zafiro.core.names import ML
from zafiro.tensorboards import installation, service
from zafiro.tensorboards.boards import Board, Boards
from zafiro.tensorboards.domain import HOME
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

log = logging.getLogger(__name__)

LINK_S, COOKIE_S = 300, 12 * 3600
_COOKIE, _TICKET = "zafiro-tensorboard", "ticket"
_MOST_BYTES = 1 << 20  # TensorBoard's own page sends lists of names


def routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    idle_s = ctx.settings.tensorboard_idle_s
    boards = Boards(lambda: installation.python(ctx.home), idle_s=idle_s)

    def workspace_of(request: Request) -> Workspace:
        at = request.path_params
        with ctx.db.read() as db:
            return workspaces.find(db, at["s"], at["g"], at["w"])

    def admit(request: Request, *, by_cookie: bool = True) -> None:
        """Raises Denied. A cookie gives no new link, or it would be good for ever."""
        if by_cookie and _opens(ctx, request.cookies.get(_COOKIE), "cookie", _place(request)):
            return
        caller = gate.authenticate(request.headers.get("authorization"))
        scope = f"{workspace_of(request).id}/jobs/{request.path_params['run']}"
        gate.authorise(caller, f"{ML}/workspaces/experiments/runs/read", scope)

    def board(request: Request) -> Board:
        """Raises NotFound for a run without event files, Conflict without TensorBoard."""
        place, run = _place(request), request.path_params["run"]
        found = boards.running(place)
        if found is not None:
            return found
        workspace = workspace_of(request)
        with ctx.db.read() as db:
            shown = service.shown(ctx, db, workspace, run)
        if shown.why_none:
            raise _NoEvents(shown.why_none)
        return boards.open(place, shown.folders)

    def link(request: Request) -> Response:
        admit(request, by_cookie=False)
        workspace = workspace_of(request)
        with ctx.db.read() as db:
            service.shown(ctx, db, workspace, request.path_params["run"])
        place = _place(request)
        ticket = _sealed(ctx, "link", place, LINK_S)
        return JSONResponse(
            {"url": f"{ctx.url}{quote(place)}/?{_TICKET}={ticket}"},
            headers={"Cache-Control": "no-store"},
        )

    def sign_in(request: Request) -> Response | None:
        """The answer to a link that signs in: a cookie, and the same page without the ticket."""
        ticket, place = request.query_params.get(_TICKET), _place(request)
        if ticket is None:
            return None
        if not _opens(ctx, ticket, "link", place):
            raise Denied(
                "this link is too old or for another run; ask for a new one: "
                f"zafiro job tensorboard --name {request.path_params['run']}",
                unknown=True,
            )
        answer = RedirectResponse(f"{quote(place)}/", 303, {"Referrer-Policy": "no-referrer"})
        answer.set_cookie(
            _COOKIE,
            _sealed(ctx, "cookie", place, COOKIE_S),
            max_age=COOKIE_S,
            path=quote(place),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return answer

    async def endpoint(request: Request) -> Response:
        try:
            rest = request.path_params["rest"]
            if rest == "link":
                return await run_in_threadpool(link, request)
            if request.method == "GET" and (made := await run_in_threadpool(sign_in, request)):
                return made
            await run_in_threadpool(admit, request)
            body = await receive(request, _MOST_BYTES)
            # 0.2 s of imports that a server is spared until somebody looks.
            from zafiro.tensorboards import passing

            for again in (True, False):
                found = await run_in_threadpool(board, request)
                try:
                    return await passing.passed_on(request, found.socket, rest, body)
                except passing.Gone:  # it ended this very moment
                    if not again:
                        raise
            raise AssertionError("unreachable")
        except ZafiroError as e:
            return _refusal(request, e)
        except Exception as e:  # noqa: BLE001 the edge
            return spelling.unexpected(e, f"{request.method} {request.scope['path']}")

    async def slash(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{quote(_place(request))}/{query}", 307)

    base = f"{HOME}/{{s}}/{{g}}/{{w}}/{{run}}"
    return [
        Route(base, slash),
        Route(f"{base}/{{rest:path}}", endpoint, methods=["GET", "HEAD", "POST"]),
    ]


class _NoEvents(NotFound):
    """Nothing to be shown, which is no mistake of the asker's."""

    def __init__(self, why: str) -> None:
        ZafiroError.__init__(self, why)
        self.kind, self.name = "event file", "*tfevents*"


def _place(request: Request) -> str:
    at = request.path_params
    return f"{HOME}/{at['s']}/{at['g']}/{at['w']}/{at['run']}"


def _sealed(ctx: Context, kind: str, place: str, good_for_s: float) -> str:
    until = clock.now().timestamp() + good_for_s
    return ctx.secrets.seal({"tensorboard": kind, "place": place, "until": until})


def _opens(ctx: Context, sealed: str | None, kind: str, place: str) -> bool:
    if not sealed:
        return False
    try:
        said = ctx.secrets.open(sealed)
    except (Invalid, ValueError):
        return False
    if not isinstance(said, dict) or said.get("tensorboard") != kind:
        return False
    return bool(said["place"] == place and said["until"] > clock.now().timestamp())


def _refusal(request: Request, error: ZafiroError) -> Response:
    """As ARM spells it; to a browser as a page, which looks again when there may be more soon."""
    if "text/html" not in request.headers.get("accept", ""):
        return spelling.response(error)
    status, _, message = spelling.spell(error)
    again = '<meta http-equiv="refresh" content="10">' if isinstance(error, _NoEvents) else ""
    if status == 401:
        message = (
            "You are not signed in. This command prints a link that signs in: zafiro job "
            f"tensorboard --name {request.path_params['run']}"
        )
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><title>TensorBoard</title>{again}</head>'
        f"<body><p>{html.escape(message)}</p></body></html>",
        status,
        {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'"},
    )
