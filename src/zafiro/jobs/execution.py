"""The execution API, version 1: what a runner asks and tells, with a token good for its job only."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from zafiro.arm import errors as spelling
from zafiro.core.body import parse_object, receive
from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.errors import Conflict, ZafiroError
from zafiro.core.names import ML
from zafiro.jobs import description, service, store, wire
from zafiro.workspaces import service as workspaces


def routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    def describe(guid: str, name: str, authorization: str | None) -> dict[str, Any]:
        caller = gate.authenticate(authorization)
        with ctx.db.read() as db:
            kept = store.get(db, guid, name)
            allow(caller, kept.job.workspace, name)
            if kept.job.ended:  # there are signed URLs in it, and nobody is to start it again
                raise Conflict(f"job '{kept.job.name}' is {kept.job.status.value} already")
            workspace = workspaces.by_id(db, kept.job.workspace)
            asked = wire.command(kept.body["properties"])
            token = (authorization or "").partition(" ")[2]
            return description.build(ctx, db, workspace, kept.job, asked, token=token)

    def report(guid: str, name: str, authorization: str | None, raw: bytes) -> dict[str, Any]:
        caller = gate.authenticate(authorization)
        said = parse_object(raw)
        with ctx.db.read() as db:
            kept = store.get(db, guid, name)
        allow(caller, kept.job.workspace, name)
        if said.get("phase") == "alive":
            return {"cancel": kept.job.ended or _unwanted(kept.job.status.value)}
        with ctx.db.begin() as db:
            job = service.report(ctx, db, kept.job.key, said)
        if job.ended:
            ctx.wakes.wake(service.LOOP)  # its slot is free
        return {"cancel": job.ended or _unwanted(job.status.value)}

    def allow(caller: Caller, workspace: str, name: str) -> None:
        gate.authorise(caller, f"{ML}/workspaces/jobs/execution/action", f"{workspace}/jobs/{name}")

    async def endpoint(request: Request) -> Response:
        guid, name = request.path_params["guid"], request.path_params["name"]
        authorization = request.headers.get("authorization")
        try:
            if request.method == "GET":
                said = await run_in_threadpool(describe, guid, name, authorization)
            else:
                raw = await receive(request)
                said = await run_in_threadpool(report, guid, name, authorization, raw)
        except ZafiroError as e:
            return spelling.response(e)
        except Exception as e:  # noqa: BLE001 the edge
            return spelling.unexpected(e, f"{request.method} {request.scope['path']}")
        return JSONResponse(said)

    base = "/execution/v1/workspaces/{guid}/jobs/{name}"
    return [
        Route(base, endpoint, methods=["GET"]),
        Route(f"{base}/reports", endpoint, methods=["POST"]),
    ]


def _unwanted(status: str) -> bool:
    return status == "CancelRequested"
