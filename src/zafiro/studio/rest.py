"""The studio's addresses: its pages, its API, the sign-in link, and Azure's and MLflow's links,
which lead to the same object here."""

import threading
from collections.abc import Callable
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from zafiro.core import names
from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.studio import files, first
from zafiro.studio.feed import Feed
from zafiro.studio.signin import Cookies
from zafiro.workspaces import service as workspaces


def routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    cookies, feed = Cookies(ctx, gate), Feed(ctx)
    ctx.stopping.append(feed.stop)

    async def page(request: Request) -> Response:
        return await run_in_threadpool(first.page, request, cookies, answers)

    async def asset(request: Request) -> Response:
        return await run_in_threadpool(files.asset, request)

    async def sign_in(request: Request) -> Response:
        """The printed link. A wrong or missing token shows the page that asks for one."""
        wanted = request.query_params.get("next", "/studio/")
        if not wanted.startswith("/studio/") or "\\" in wanted:
            wanted = "/studio/"
        token = request.query_params.get("token")
        if token is None or not cookies.right(token):
            return await page(request)
        response = RedirectResponse(wanted, 303, files.HEADERS)
        cookies.give(response, secure=request.url.scheme == "https")
        return response

    async def to_job(request: Request) -> Response:
        return await _to(ctx, request, f"jobs/{quote(request.path_params['id'])}")

    async def to_asset(request: Request) -> Response:
        at = request.path_params
        kind = "models" if request.url.path.startswith("/model/") else "data"
        return await _to(ctx, request, f"{kind}/{quote(at['name'])}/{quote(at['version'])}")

    async def root(request: Request) -> Response:
        return RedirectResponse("/studio/", 302)

    def make() -> ASGIApp:
        from zafiro.studio import api  # a quarter of a second that only visitors pay

        return api.create(ctx, gate, cookies, feed)

    def answers() -> Callable[[Request], first.Answers]:
        from zafiro.studio import api

        return api.answers(ctx, gate, cookies)

    return [
        Route("/", root),
        Mount("/studio/api", _Later(make)),
        Route("/studio/assets/{path:path}", asset),
        Route("/studio/sign-in", sign_in),
        Route("/studio", root),
        Route("/studio/{rest:path}", page),
        # As ml.azure.com spells them (seen in public logs and code, 2026-11).
        Route("/runs/{id}", to_job),
        Route("/experiments/id/{experiment}/runs/{id}", to_job),
        Route("/model/{name}:{version}/details", to_asset),
        Route("/data/{name}/{version}/details", to_asset),
    ]


async def _to(ctx: Context, request: Request, where: str) -> Response:
    """To an object of the workspace that `wsid` names, else of the first one."""
    wsid = request.query_params.get("wsid", "")
    usual = workspaces.workspace_id(names.SUBSCRIPTION, names.GROUP, names.WORKSPACE)
    parts = (wsid or usual).strip("/").split("/")
    room = parts[7] if len(parts) > 7 else names.WORKSPACE
    if wsid and wsid.lower() != usual.lower() and len(parts) > 7:
        room = f"{parts[1]}~{parts[3]}~{parts[7]}"
    kept = [(k, v) for k, v in request.query_params.multi_items() if k not in ("wsid", "tid")]
    query = f"?{urlencode(kept)}" if kept else ""
    return RedirectResponse(f"/studio/w/{quote(room)}/{where}{query}", 302)


class _Later:
    """An application that is made when it is first asked for."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._made: ASGIApp | None = None
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        made = self._made
        if made is None:
            made = await run_in_threadpool(self._get)
        await made(scope, receive, send)

    def _get(self) -> ASGIApp:
        with self._lock:
            made = self._made
            if made is None:
                made = self._made = self._make()
            return made
