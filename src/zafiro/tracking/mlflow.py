"""The MLflow face: its REST API and its proxied artifacts.

    /api/{2.0|3.0}/mlflow/{verb}                       workspace `main` of group `zafiro`
    /mlflow/{v1.0|v2.0}{ARM id of a workspace}/api/{2.0|3.0}/mlflow/{verb}
    … and mlflow-artifacts in place of mlflow, /version and /health beside api

One route per prefix and a table of verbs: a verb is found by one look-up, whatever their number.
Driven by mlflow 3.17 (tests/clients/mlflow).
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from zafiro.core.body import receive
from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.core.errors import NotFound, Unsupported
from zafiro.core.names import GROUP, SUBSCRIPTION, WORKSPACE
from zafiro.tracking import mlflow_artifacts, mlflow_experiments, mlflow_models, mlflow_runs, wire
from zafiro.tracking.call import Call, Passes, decode, enter, failure, run_id
from zafiro.tracking.ingest import Ingest
from zafiro.tracking.mlflow_writes import WRITES

# What the client asks /version for is whether spans may be sent as OTLP, which begins with 3.4
# (RestStore.log_spans, mlflow 3.17); logged models came with 3.0.
PROTOCOL = "3.3.0"

Verb = Callable[[Call], Any]

_experiments, _runs, _models = mlflow_experiments, mlflow_runs, mlflow_models
VERBS: dict[tuple[str, str], Verb] = {
    ("POST", "runs/delete-tag"): _runs.delete_tag,
    ("POST", "runs/log-inputs"): _runs.log_inputs,
    ("POST", "runs/outputs"): _runs.log_outputs,
    ("POST", "runs/log-model"): _runs.log_model,
    ("GET", "runs/get"): _runs.get,
    ("POST", "runs/delete"): _runs.remove,
    ("POST", "runs/restore"): _runs.restore,
    ("POST", "runs/search"): _runs.search_runs,
    ("GET", "metrics/get-history"): _runs.history,
    ("GET", "metrics/get-history-bulk"): _runs.history_bulk,
    ("GET", "metrics/get-history-bulk-interval"): _runs.history_interval,
    ("GET", "artifacts/list"): _runs.list_artifacts,
    ("POST", "experiments/create"): _experiments.create,
    ("GET", "experiments/get"): _experiments.get,
    ("GET", "experiments/get-by-name"): _experiments.get_by_name,
    ("GET", "experiments/search"): _experiments.search,
    ("POST", "experiments/search"): _experiments.search,
    ("POST", "experiments/update"): _experiments.update,
    ("POST", "experiments/delete"): _experiments.remove,
    ("POST", "experiments/restore"): _experiments.restore,
    ("POST", "experiments/set-experiment-tag"): _experiments.set_tag,
    ("POST", "experiments/delete-experiment-tag"): _experiments.delete_tag,
    ("POST", "experiments/search-datasets"): _experiments.search_datasets,
    ("POST", "logged-models"): _models.create,
    ("POST", "logged-models/search"): _models.search,
}
# Verbs with an id in the path: {} stands for one segment.
PATTERNS: list[tuple[str, "re.Pattern[str]", Verb]] = [
    (method, re.compile(path.replace("{}", "([^/]+)")), verb)
    for method, path, verb in (
        ("GET", "logged-models/{}", _models.get),
        ("PATCH", "logged-models/{}", _models.finalize),
        ("DELETE", "logged-models/{}", _models.remove),
        ("POST", "logged-models/{}/params", _models.log_params),
        ("PATCH", "logged-models/{}/tags", _models.set_tags),
        ("DELETE", "logged-models/{}/tags/{}", _models.delete_tag),
        ("GET", "logged-models/{}/artifacts/directories", _models.list_artifacts),
    )
]
MISSING = {
    "registered-models": "MLflow's model registry",
    "model-versions": "MLflow's model registry",
    "traces": "MLflow tracing",
    "datasets": "MLflow's evaluation datasets",
    "scorers": "MLflow's scorers",
    "gateway": "MLflow's AI gateway",
    "workspaces": "MLflow's workspaces (Azure's take their place)",
    "prompt-optimization": "MLflow's prompt optimization",
    "label-schemas": "MLflow's label schemas",
    "review-queues": "MLflow's review queues",
    "issues": "MLflow's issues",
    "webhooks": "MLflow's webhooks",
}
SERVER_INFO = {
    "store_type": "SqlStore",
    "workspaces_enabled": False,
    "trace_archival_enabled": False,
    "multipart_uploads_enabled": False,
    "multipart_downloads_enabled": False,
    "presigned_upload_run_id_supported": False,
    "presigned_upload_model_id_supported": False,
    "features_enabled": {},
}
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_REST = re.compile(
    r"subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.MachineLearningServices"
    r"/workspaces/([^/]+)/(?:api/[23]\.0/(mlflow|mlflow-artifacts)/(.*)|(version|health))",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"(?:preview/)?(mlflow|mlflow-artifacts)/(.*)")


def routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    face = Face(ctx, gate)

    async def plain(request: Request) -> Response:
        match = _PLAIN.fullmatch(request.path_params["rest"])
        if match is None:
            return failure(NotFound("MLflow endpoint", request.scope["path"]))
        return await face.answer(request, (SUBSCRIPTION, GROUP, WORKSPACE), match[1], match[2])

    async def of_workspace(request: Request) -> Response:
        match = _REST.fullmatch(request.path_params["rest"])
        if match is None:
            return failure(NotFound("MLflow endpoint", request.scope["path"]))
        if match[6]:
            return _beside(match[6].lower())
        where = (match[1], match[2], match[3])
        return await face.answer(request, where, match[4].lower(), match[5])

    async def version(request: Request) -> Response:
        return _beside("version")

    async def health(request: Request) -> Response:
        return _beside("health")

    return [
        Route("/api/2.0/{rest:path}", plain, methods=_METHODS),
        Route("/api/3.0/{rest:path}", plain, methods=_METHODS),
        Route("/mlflow/v1.0/{rest:path}", of_workspace, methods=_METHODS),
        Route("/mlflow/v2.0/{rest:path}", of_workspace, methods=_METHODS),
        Route("/version", version),
        Route("/health", health),
    ]


def _beside(name: str) -> Response:
    return PlainTextResponse(PROTOCOL if name == "version" else "OK")


class Face:
    """Answers one verb of one workspace; `where` is (subscription, group, workspace)."""

    def __init__(self, ctx: Context, gate: Gate) -> None:
        self.ctx, self.gate = ctx, gate
        self.passes, self.ingest = Passes(ctx, gate), Ingest(ctx.db)

    async def answer(
        self, request: Request, where: tuple[str, str, str], service: str, verb: str
    ) -> Response:
        try:
            if service == "mlflow-artifacts":
                return await self._artifacts(request, where, verb)
            body = await receive(request)
            if verb in WRITES and request.method == "POST":
                return await self._write(request, where, verb, body)
            return await run_in_threadpool(self._call, request, where, verb, body)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody is there to read it
        except Exception as e:  # noqa: BLE001 — the edge: every error is spelled as MLflow does
            return failure(e)

    async def _write(
        self, request: Request, where: tuple[str, str, str], verb: str, body: bytes
    ) -> Response:
        kind, prepare = WRITES[verb]
        header = request.headers.get("authorization")
        said = decode(body, kind)
        run = "" if kind is wire.CreateRun else run_id(said)
        access = self.passes.known(header, where, run)
        if access is None:
            access = await run_in_threadpool(self.passes.open, header, where, run)
        return _json(await self.ingest.put(prepare(access, said, len(body))))

    def _call(
        self, request: Request, where: tuple[str, str, str], verb: str, body: bytes
    ) -> Response:
        if verb in ("server-info", "server-features"):
            return JSONResponse(SERVER_INFO)
        groups: tuple[str, ...] = ()
        found = VERBS.get((request.method, verb.rstrip("/")))
        if found is None:
            for method, pattern, handler in PATTERNS:
                match = pattern.fullmatch(verb)
                if match and method == request.method:
                    found, groups = handler, match.groups()
                    break
        call = self._enter(request, where, body, groups)
        if found is not None:
            return _json(found(call))
        kind = verb.split("/", 1)[0]
        if kind in MISSING:
            raise Unsupported(MISSING[kind])
        raise NotFound("MLflow endpoint", f"{request.method} {verb}")

    def _enter(
        self,
        request: Request,
        where: tuple[str, str, str],
        body: bytes = b"",
        groups: tuple[str, ...] = (),
    ) -> Call:
        header, query = request.headers.get("authorization"), request.query_params
        return enter(self.ctx, self.gate, header, where, request.method, body, query, groups)

    async def _artifacts(
        self, request: Request, where: tuple[str, str, str], verb: str
    ) -> Response:
        call = await run_in_threadpool(self._enter, request, where)
        kind, _, path = verb.partition("/")
        if kind in ("mpu", "presigned"):
            return mlflow_artifacts.no_multipart()
        if kind == "artifacts" and request.method == "GET" and not path:
            return JSONResponse(await run_in_threadpool(mlflow_artifacts.listing, call))
        if kind == "artifacts" and request.method == "GET":
            return await mlflow_artifacts.download(call, path)
        if kind == "artifacts" and request.method == "PUT":
            return await mlflow_artifacts.upload(call, request, path)
        if kind == "artifacts" and request.method == "DELETE":
            return JSONResponse(await run_in_threadpool(mlflow_artifacts.remove, call, path))
        raise NotFound("MLflow endpoint", f"{request.method} {verb}")


def _json(answer: Any) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")
