"""Where the outputs of jobs lie, as the download of azure-ai-ml 1.35.2 asks for it."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from zafiro.arm import errors as spelling
from zafiro.assets import service as assets
from zafiro.core.body import parse_object, receive
from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.core.errors import Invalid, NotFound, ZafiroError
from zafiro.core.names import ML
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

_DATASTORE = "azureml://datastores/"


def routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    def resolve(request: Request, raw: bytes) -> dict[str, object]:
        caller = gate.authenticate(request.headers.get("authorization"))
        at = request.path_params
        with ctx.db.read() as db:
            workspace = workspaces.find(db, at["s"], at["g"], at["w"])
            gate.authorise(caller, f"{ML}/workspaces/data/versions/read", workspace.id)
            asked = parse_object(raw).get("values")
            if not isinstance(asked, list) or not all(isinstance(id, str) for id in asked):
                raise Invalid("values", 'is missing; send {"values": [asset ids]}')
            found = {}
            for id in asked:
                try:
                    uri = (
                        id if id.startswith("azureml://") else assets.resolve(db, workspace, id).uri
                    )
                except NotFound:
                    continue  # the client tells which it did not get
                found[id] = {"uri": long(workspace, uri)}
        return {"values": found}

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(resolve, request, await receive(request)))
        except ZafiroError as e:
            return spelling.response(e)
        except Exception as e:  # noqa: BLE001 the edge
            return spelling.unexpected(e, f"POST {request.scope['path']}")

    path = (
        "/data/v1.0/subscriptions/{s}/resourceGroups/{g}/providers/"
        f"{ML}/workspaces/{{w}}/dataversion/batchGetResolvedUris"
    )
    return [Route(path, endpoint, methods=["POST"])]


def long(workspace: Workspace, uri: str) -> str:
    """A datastore URI with its workspace in it: the only form the client's download parses."""
    if not uri.startswith(_DATASTORE):
        return uri
    return (
        f"azureml://subscriptions/{workspace.subscription}/resourcegroups/{workspace.group}"
        f"/workspaces/{workspace.name}/datastores/{uri.removeprefix(_DATASTORE)}"
    )
