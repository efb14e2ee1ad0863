"""MLflow's proxied artifacts: bytes up and down through the server, streamed.

Source: mlflow/protos/mlflow_artifacts.proto; handlers _download_artifact … , mlflow 3.17.
"""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from zafiro.core.errors import NotFound
from zafiro.mlflow_rest.call import Call
from zafiro.mlflow_rest.router import AnyVerb, Asked, Stream, Verb
from zafiro.tracking import artifacts, shelves
from zafiro.tracking.attachment import attachment
from zafiro.tracking.mlflow_models import may, readable
from zafiro.tracking.mlflow_runs import file_info
from zafiro.tracking.receiving import receive_file
from zafiro.tracking.service import find_run


def allowed(call: Call, path: str, what: str) -> str:
    """The path, cleaned, once the caller may do that with whose artifacts it is about."""
    candidates = artifacts.owners(path)
    if not candidates:
        call.may_in_workspace(f"experiments/runs/{what}")
        return artifacts.safe(path)
    if candidates[0].model is not None:
        may(call, f"experiments/runs/{what}", readable(call, candidates[0].model))
        return artifacts.safe(path)
    if candidates[0].trace is not None:
        call.may_in_workspace(f"experiments/runs/{what}")
        return artifacts.safe(path)
    for whose in candidates:
        with call.ctx.db.read() as db:
            run = find_run(db, call.guid, whose.run or "")
        if run is None or whose.folder not in (
            artifacts.run_folder(run.run_id),
            artifacts.folder_of(run),
        ):
            continue
        call.may(f"experiments/runs/{what}", run.owner)
        return artifacts.safe(path)
    raise NotFound("run", candidates[0].run or "", "its artifacts have nowhere to go")


async def upload(asked: Asked) -> Response:
    call = await run_in_threadpool(asked.enter)
    path = await run_in_threadpool(allowed, call, call.groups[0], "write")
    written = artifacts.part(call.ctx.home)
    try:
        await receive_file(asked.request, written)
        await run_in_threadpool(artifacts.publish, call.ctx.home, call.workspace, written, path)
    finally:
        written.unlink(missing_ok=True)
    return JSONResponse({})


def download(call: Call) -> Response:
    file = shelves.file(call, call.groups[0])
    if file is None:
        path = allowed(call, call.groups[0], "read")
        file = artifacts.place(call.ctx.home, call.workspace, path)
        if not file.is_file():
            raise NotFound("artifact", path)
    return attachment(file)


def listing(call: Call) -> Any:
    asked = call.query.get("path", "")
    if not asked:
        call.may_in_workspace("experiments/runs/read")
        root = artifacts.container(call.ctx.home, call.workspace)
        return {"files": [file_info(file) for file in artifacts.list_in(root)]}
    files = shelves.listing(call, asked)
    if files is None:
        path = allowed(call, asked, "read")
        files = artifacts.listing(call.ctx.home, call.workspace, path)
    return {"files": [file_info(file) for file in files]}


def remove(call: Call) -> Any:
    path = allowed(call, call.groups[0], "write")
    artifacts.remove(call.ctx.home, call.workspace, path)
    return {}


VERBS: tuple[AnyVerb, ...] = (
    Verb("GET", "mlflow-artifacts/artifacts", listing),
    Verb("GET", "mlflow-artifacts/artifacts/{*}", download),
    Stream("PUT", "mlflow-artifacts/artifacts/{*}", upload),
    Verb("DELETE", "mlflow-artifacts/artifacts/{*}", remove),
)
