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
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.core.errors import Denied, NotFound, Unsupported
from zafiro.core.names import GROUP, SUBSCRIPTION, WORKSPACE
from zafiro.tracking import mlflow_artifacts, mlflow_experiments, mlflow_models, mlflow_runs
from zafiro.tracking.call import Call, authenticate, failure
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

# What the client asks /version for is whether spans may be sent as OTLP, which begins with 3.4
# (RestStore.log_spans, mlflow 3.17); logged models came with 3.0.
PROTOCOL = "3.3.0"

Verb = Callable[[Call], Any]

_experiments, _runs, _models = mlflow_experiments, mlflow_runs, mlflow_models
VERBS: dict[tuple[str, str], Verb] = {
    ("POST", "runs/log-metric"): _runs.log_metric,
    ("POST", "runs/log-batch"): _runs.log_batch,
    ("POST", "runs/log-parameter"): _runs.log_param,
    ("POST", "runs/set-tag"): _runs.set_tag,
    ("POST", "runs/delete-tag"): _runs.delete_tag,
    ("POST", "runs/log-inputs"): _runs.log_inputs,
    ("POST", "runs/outputs"): _runs.log_outputs,
    ("POST", "runs/log-model"): _runs.log_model,
    ("POST", "runs/create"): _runs.create,
    ("GET", "runs/get"): _runs.get,
    ("POST", "runs/update"): _runs.update,
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
    async def plain(request: Request) -> Response:
        match = _PLAIN.fullmatch(request.path_params["rest"])
        if match is None:
            return failure(NotFound("MLflow endpoint", request.url.path))
        return await _answer(
            ctx, gate, request, (SUBSCRIPTION, GROUP, WORKSPACE), match[1], match[2]
        )

    async def of_workspace(request: Request) -> Response:
        match = _REST.fullmatch(request.path_params["rest"])
        if match is None:
            return failure(NotFound("MLflow endpoint", request.url.path))
        if match[6]:
            return _beside(match[6].lower())
        where = (match[1], match[2], match[3])
        return await _answer(ctx, gate, request, where, match[4].lower(), match[5])

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


async def _answer(
    ctx: Context,
    gate: Gate,
    request: Request,
    where: tuple[str, str, str],
    service: str,
    verb: str,
) -> Response:
    try:
        if service == "mlflow-artifacts":
            return await _artifacts(ctx, gate, request, where, verb)
        body = await request.body()
        return await run_in_threadpool(_call, ctx, gate, request, where, verb, body)
    except Exception as e:  # noqa: BLE001 — the edge: every error is spelled as MLflow does
        return failure(e)


def _open(
    ctx: Context, gate: Gate, request: Request, where: tuple[str, str, str], body: bytes = b""
) -> Call:
    caller = authenticate(gate, request.headers.get("authorization"))
    with ctx.db.read() as db:
        workspace: Workspace = workspaces.find(db, *where)
    if caller.workspace not in (None, workspace.guid):
        raise Denied(f"this token is good for another workspace than '{workspace.name}'")
    return Call(ctx, gate, caller, workspace, request.method, body, request.query_params)


def _call(
    ctx: Context,
    gate: Gate,
    request: Request,
    where: tuple[str, str, str],
    verb: str,
    body: bytes,
) -> Response:
    if verb in ("server-info", "server-features"):
        return JSONResponse(SERVER_INFO)
    call = _open(ctx, gate, request, where, body)
    found = VERBS.get((request.method, verb.rstrip("/")))
    if found is None:
        for method, pattern, handler in PATTERNS:
            match = pattern.fullmatch(verb)
            if match and method == request.method:
                call, found = _with(call, match.groups()), handler
                break
    if found is None:
        kind = verb.split("/", 1)[0]
        if kind in MISSING:
            raise Unsupported(MISSING[kind])
        raise NotFound("MLflow endpoint", f"{request.method} {verb}")
    return Response(msgspec.json.encode(found(call)), media_type="application/json")


def _with(call: Call, groups: tuple[str, ...]) -> Call:
    return Call(
        call.ctx,
        call.gate,
        call.caller,
        call.workspace,
        call.method,
        call.body,
        call.query,
        groups,
    )


async def _artifacts(
    ctx: Context, gate: Gate, request: Request, where: tuple[str, str, str], verb: str
) -> Response:
    call = await run_in_threadpool(_open, ctx, gate, request, where)
    kind, _, path = verb.partition("/")
    if kind in ("mpu", "presigned"):
        return mlflow_artifacts.no_multipart()
    if kind != "artifacts":
        raise NotFound("MLflow endpoint", f"{request.method} {verb}")
    if request.method == "GET" and not path:
        return JSONResponse(await run_in_threadpool(mlflow_artifacts.listing, call))
    if request.method == "GET":
        return await mlflow_artifacts.download(call, path)
    if request.method == "PUT":
        return await mlflow_artifacts.upload(call, request, path)
    if request.method == "DELETE":
        return JSONResponse(await run_in_threadpool(mlflow_artifacts.remove, call, path))
    raise NotFound("MLflow endpoint", f"{request.method} {verb}")
