"""Tracking's part of MLflow's API: experiments, runs, logged models and their artifacts."""

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from zafiro.core.body import receive
from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.mlflow_rest.call import decode
from zafiro.mlflow_rest.router import AnyVerb, Asked, Stream, Verb, as_json
from zafiro.tracking import (
    mlflow_artifacts,
    mlflow_experiments,
    mlflow_files,
    mlflow_models,
    mlflow_runs,
    mlflow_uploads,
    wire,
)
from zafiro.tracking.access import Passes, run_id
from zafiro.tracking.azureml_uris import spelled, spelling
from zafiro.tracking.ingest import Ingest
from zafiro.tracking.mlflow_writes import WRITES, shown

# What the client asks /version for is whether spans may be sent as OTLP, which begins with 3.4
# (RestStore.log_spans, mlflow 3.17). The messages are those of the version they were read from.
PROTOCOL = "3.17.0"
SERVER_INFO = {
    "store_type": "SqlStore",
    "workspaces_enabled": False,
    "trace_archival_enabled": False,
    "multipart_uploads_enabled": True,
    # Links are given to who asks for them, but a client told so here asks for one before every
    # file, large or small, and then fetches it through another port of the same machine.
    "multipart_downloads_enabled": False,
    "presigned_upload_run_id_supported": True,
    "presigned_upload_model_id_supported": True,
    "features_enabled": {},
}

_experiments, _runs, _models = mlflow_experiments, mlflow_runs, mlflow_models
_VERBS = (
    Verb("POST", "mlflow/runs/delete-tag", _runs.delete_tag),
    Verb("POST", "mlflow/runs/log-inputs", _runs.log_inputs),
    Verb("POST", "mlflow/runs/outputs", _runs.log_outputs),
    Verb("POST", "mlflow/runs/log-model", _runs.log_model),
    Verb("GET", "mlflow/runs/get", _runs.get),
    Verb("POST", "mlflow/runs/delete", _runs.remove),
    Verb("POST", "mlflow/runs/restore", _runs.restore),
    Verb("POST", "mlflow/runs/search", _runs.search_runs),
    Verb("GET", "mlflow/metrics/get-history", _runs.history),
    Verb("GET", "mlflow/metrics/get-history-bulk", _runs.history_bulk),
    Verb("GET", "mlflow/metrics/get-history-bulk-interval", _runs.history_interval),
    Verb("GET", "mlflow/artifacts/list", _runs.list_artifacts),
    Verb("POST", "mlflow/experiments/create", _experiments.create),
    Verb("GET", "mlflow/experiments/get", _experiments.get),
    Verb("GET", "mlflow/experiments/get-by-name", _experiments.get_by_name),
    Verb("GET", "mlflow/experiments/search", _experiments.search),
    Verb("POST", "mlflow/experiments/search", _experiments.search),
    Verb("POST", "mlflow/experiments/update", _experiments.update),
    Verb("POST", "mlflow/experiments/delete", _experiments.remove),
    Verb("POST", "mlflow/experiments/restore", _experiments.restore),
    Verb("POST", "mlflow/experiments/set-experiment-tag", _experiments.set_tag),
    Verb("POST", "mlflow/experiments/delete-experiment-tag", _experiments.delete_tag),
    Verb("POST", "mlflow/experiments/search-datasets", _experiments.search_datasets),
    Verb("POST", "mlflow/logged-models", _models.create),
    Verb("POST", "mlflow/logged-models/search", _models.search),
    Verb("GET", "mlflow/logged-models/{}", _models.get),
    Verb("PATCH", "mlflow/logged-models/{}", _models.finalize),
    Verb("DELETE", "mlflow/logged-models/{}", _models.remove),
    Verb("POST", "mlflow/logged-models/{}/params", _models.log_params),
    Verb("PATCH", "mlflow/logged-models/{}/tags", _models.set_tags),
    Verb("DELETE", "mlflow/logged-models/{}/tags/{}", _models.delete_tag),
    Verb("GET", "mlflow/logged-models/{}/artifacts/directories", _models.list_artifacts),
    Verb("GET", "mlflow/server-info", lambda call: SERVER_INFO),
    Verb("GET", "mlflow/server-features", lambda call: SERVER_INFO),
)


def verbs(ctx: Context, gate: Gate) -> list[AnyVerb]:
    writes = Writes(ctx, gate)
    return [
        *(spelling(verb) for verb in _VERBS),
        *(Stream("POST", f"mlflow/{name}", writes.answer(name)) for name in WRITES),
        *mlflow_artifacts.VERBS,
        *mlflow_files.VERBS,
        *mlflow_uploads.VERBS,
        Stream("GET", "/version", _version),
        Stream("GET", "/health", _health),
    ]


async def _version(asked: Asked) -> Response:
    return PlainTextResponse(PROTOCOL)


async def _health(asked: Asked) -> Response:
    return PlainTextResponse("OK")


class Writes:
    """The frequent writes: committed together, and whose they are not looked up each time."""

    def __init__(self, ctx: Context, gate: Gate) -> None:
        self._passes, self._ingest = Passes(ctx, gate), Ingest(ctx.db)

    def answer(self, verb: str) -> Callable[[Asked], Awaitable[Response]]:
        kind, prepare = WRITES[verb]

        async def answer(asked: Asked) -> Response:
            body = await receive(asked.request)
            said = decode(body, kind)
            run = "" if kind is wire.CreateRun else run_id(said)
            access = self._passes.known(asked.header, asked.where, run)
            if access is None:
                access = await run_in_threadpool(self._passes.open, asked.header, asked.where, run)
            write = prepare(access, said, len(body))
            done = await self._ingest.put(write, len(body))
            if kind is wire.CreateRun:
                self._passes.made(asked.header, asked.where, access, done)
                done = shown(done)
            if asked.by_azureml:
                done = spelled(done, asked.ctx.url, access.workspace)
            return as_json(done)

        return answer
