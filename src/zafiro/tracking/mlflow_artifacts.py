"""MLflow's proxied artifacts: bytes up and down through the server, streamed.

Source: mlflow/protos/mlflow_artifacts.proto; handlers _download_artifact … , mlflow 3.17.
"""

import mimetypes
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from zafiro.core.errors import NotFound
from zafiro.mlflow_rest.call import Call
from zafiro.mlflow_rest.router import AnyVerb, Asked, Stream, Verb
from zafiro.tracking import artifacts, shelves
from zafiro.tracking.mlflow_models import may, readable
from zafiro.tracking.mlflow_runs import file_info
from zafiro.tracking.service import find_run

_BUFFER = 1 << 20
# The words MLflow's client looks for; it then uploads in one piece instead of failing
# (_UnsupportedMultipartUploadException.MESSAGE, mlflow 3.17).
NO_MULTIPART = "Multipart upload is not supported for the current artifact repository"


def allowed(call: Call, path: str, what: str) -> str:
    """The path, cleaned, once the caller may do that with whose artifacts it is about."""
    whose = artifacts.owner(path)
    if whose.run is not None:
        with call.ctx.db.read() as db:
            run = find_run(db, call.guid, whose.run)
        if run is None:
            raise NotFound("run", whose.run, "its artifacts have nowhere to go")
        call.may(f"experiments/runs/{what}", run.owner)
    else:
        may(call, f"experiments/runs/{what}", readable(call, whose.model or ""))
    return artifacts.safe(path)


async def upload(asked: Asked) -> Response:
    call = await run_in_threadpool(asked.enter)
    path = await run_in_threadpool(allowed, call, call.groups[0], "write")
    written = artifacts.part(call.ctx.home)
    try:
        await _receive(asked.request, written)
        await run_in_threadpool(artifacts.publish, call.ctx.home, call.workspace, written, path)
    finally:
        written.unlink(missing_ok=True)
    return JSONResponse({})


async def _receive(request: Request, into: Path) -> None:
    """Bytes to disk in pieces of a megabyte, off the event loop."""
    pieces, held = [], 0
    with into.open("wb") as file:
        async for piece in request.stream():
            pieces.append(piece)
            held += len(piece)
            if held >= _BUFFER:
                await run_in_threadpool(file.writelines, pieces)
                pieces, held = [], 0
        file.writelines(pieces)


def download(call: Call) -> Response:
    file = shelves.file(call, call.groups[0])
    if file is None:
        path = allowed(call, call.groups[0], "read")
        file = artifacts.place(call.ctx.home, call.workspace, path)
        if not file.is_file():
            raise NotFound("artifact", path)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return FileResponse(file, media_type=kind, filename=file.name)


def listing(call: Call) -> Any:
    files = shelves.listing(call, call.query.get("path", ""))
    if files is None:
        path = allowed(call, call.query.get("path", ""), "read")
        files = artifacts.listing(call.ctx.home, call.workspace, path)
    return {"files": [file_info(file) for file in files]}


def remove(call: Call) -> Any:
    path = allowed(call, call.groups[0], "write")
    artifacts.remove(call.ctx.home, call.workspace, path)
    return {}


def no_multipart(call: Call) -> Response:
    return JSONResponse({"error_code": "NOT_IMPLEMENTED", "message": NO_MULTIPART}, 501)


VERBS: tuple[AnyVerb, ...] = (
    Verb("GET", "mlflow-artifacts/artifacts", listing),
    Verb("GET", "mlflow-artifacts/artifacts/{*}", download),
    Stream("PUT", "mlflow-artifacts/artifacts/{*}", upload),
    Verb("DELETE", "mlflow-artifacts/artifacts/{*}", remove),
    Verb("POST", "mlflow-artifacts/mpu/{*}", no_multipart),
    Verb("GET", "mlflow-artifacts/presigned/{*}", no_multipart),
)
