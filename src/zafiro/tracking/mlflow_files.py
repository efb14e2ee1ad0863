"""Files of runs and logged models one by one, as MLflow's web pages fetch and put them.

Source: mlflow/server/__init__.py (routes beside the protocol's own), handlers.py, mlflow 3.17.
"""

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from zafiro.core.body import receive
from zafiro.core.errors import Invalid, NotFound
from zafiro.mlflow_rest.call import Call, missing
from zafiro.mlflow_rest.router import AnyVerb, Asked, Stream, Verb
from zafiro.tracking import artifacts, shelves, wire
from zafiro.tracking.access import read_run
from zafiro.tracking.attachment import attachment
from zafiro.tracking.mlflow_models import readable
from zafiro.tracking.mlflow_runs import active

MOST_UPLOADED_BYTES = 10 << 20


def get_artifact(call: Call) -> Response:
    run_id, path = call.query.get("run_id") or call.query.get("run_uuid"), _path(call)
    run = read_run(call, wire.RunRef(run_id=run_id or ""))
    return _file(call, f"{artifacts.folder_of(run)}/{path}")


def model_artifact(call: Call) -> Response:
    path = call.query.get("artifact_file_path")
    if not path:
        raise Invalid("", 'Request must include the "artifact_file_path" query parameter.')
    model = readable(call, call.groups[0])
    return _file(call, f"{model.folder}/{artifacts.safe(path)}")


def version_artifact(call: Call) -> Response:
    path = _path(call)
    named = [call.query.get(name, "") for name in ("name", "version")]
    if not all(named):
        raise missing("version" if named[0] else "name")
    file = shelves.file(call, "/".join(("registered-models", *named, path)))
    if file is None:
        raise NotFound("model version", ":".join(named))
    return attachment(file)


async def upload(asked: Asked) -> Response:
    body = await receive(asked.request, at_most=MOST_UPLOADED_BYTES)
    return await run_in_threadpool(_put, asked.enter(body))


def _put(call: Call) -> Response:
    run_id = call.query.get("run_uuid")
    if not run_id:
        raise Invalid("", "Request must specify run_uuid.")
    path = _path(call)
    if not call.body:
        raise Invalid("", "Request must specify data.")
    run = active(call, wire.RunRef(run_id=run_id))
    written = artifacts.part(call.ctx.home)
    try:
        written.write_bytes(call.body)
        target = f"{artifacts.folder_of(run)}/{path}"
        artifacts.publish(call.ctx.home, call.workspace, written, target)
    finally:
        written.unlink(missing_ok=True)
    return Response(media_type="application/json")


def _path(call: Call) -> str:
    said = call.query.get("path")
    if not said:
        raise Invalid("", "Request must specify path.")
    return artifacts.safe(said)


def _file(call: Call, path: str) -> Response:
    file: Path = artifacts.place(call.ctx.home, call.workspace, path)
    if not file.is_file():
        raise NotFound("artifact", path)
    return attachment(file)


VERBS: tuple[AnyVerb, ...] = (
    Verb("GET", "/get-artifact", get_artifact),
    Verb("GET", "/model-versions/get-artifact", version_artifact),
    Verb("GET", "mlflow/logged-models/{}/artifacts/files", model_artifact),
    Stream("POST", "mlflow/upload-artifact", upload),
)
