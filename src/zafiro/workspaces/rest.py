"""What clients read without signing in: the clouds, and where a workspace's services are."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.workspaces import wire


def routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    clouds, services = wire.clouds(ctx.url), wire.services(ctx.url)
    # The metadata is fetched about ten times per client start (azure-ai-ml 1.35.2).
    cached = {"Cache-Control": "max-age=60"}

    async def metadata(request: Request) -> JSONResponse:
        return JSONResponse(clouds, headers=cached)

    async def discovery(request: Request) -> JSONResponse:
        return JSONResponse(services, headers=cached)

    return [
        Route("/metadata/endpoints", metadata),
        Route("/discovery", discovery),
        Route("/discovery/{rest:path}", discovery),
    ]
