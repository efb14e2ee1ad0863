"""Azure's run history face: /history/v1.0{ARM id of a workspace}/…

Who calls: azure-ai-ml 1.35.2 (stream, download, update, archive, children), azureml-mlflow 1.62,
azureml-core 1.61. Shapes as those clients read them (history_wire).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from zafiro.core.body import receive
from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.errors import Conflict, Denied, Invalid, NotFound, Unsupported, ZafiroError
from zafiro.core.names import ML
from zafiro.mlflow_rest.call import T, decode, log
from zafiro.mlflow_rest.paging import read_token, write_token
from zafiro.tracking import experiments, links, odata, service
from zafiro.tracking import history_wire as wire
from zafiro.tracking.domain import ACTIVE, DELETED, MLFLOW_STATUS, Experiment, Run
from zafiro.tracking.store import RunRow
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

_PATH = re.compile(
    r"subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.MachineLearningServices"
    r"/workspaces/([^/]+)/(.*)",
    re.IGNORECASE,
)
# What an event of that name makes of the run (azureml-core 1.61 RunEvents).
EVENTS = {
    "Start": "Running",
    "Queued": "Queued",
    "Completed": "Completed",
    "Failed": "Failed",
    "Canceled": "Canceled",
    "CancelRequested": "CancelRequested",
}
# Said while a run goes on; they change no status.
NOTICES = frozenset({"QueueingInfo", "Heartbeat", "Error", "Warning"})
MOST_RUNS = 1000


@dataclass(frozen=True)
class Ask:
    """One request. `ids`: what its path names, of run, experiment, id."""

    ctx: Context
    gate: Gate
    caller: Caller
    workspace: Workspace
    query: dict[str, str]
    body: bytes
    ids: dict[str, str]

    def read(self, kind: type[T]) -> T:
        """The message. Raises Invalid, naming the field."""
        return decode(self.body, kind)

    def may(self, what: str, job: str | None = None) -> None:
        job = job or self.caller.job
        scope = f"{self.workspace.id}/jobs/{job}" if job else self.workspace.id
        self.gate.authorise(self.caller, f"{ML}/workspaces/{what}", scope)

    def run(self, what: str = "read", run_id: str | None = None) -> Run:
        """The run the path names, once the caller may do that with it."""
        with self.ctx.db.read() as db:
            run = service.get_run(db, self.workspace.guid, run_id or self.ids["run"])
        self.may(f"experiments/runs/{what}", run.owner)
        return run


def routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    async def history(request: Request) -> Response:
        try:
            body = await receive(request)
            return await run_in_threadpool(_call, ctx, gate, request, body)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody is there to read it
        except Exception as e:  # noqa: BLE001 — the edge: every error is spelled as Azure does
            return failure(e)

    async def unsupported(request: Request) -> Response:
        return failure(Unsupported(f"Azure's {request.scope['path'].split('/')[1]} service"))

    methods = ["GET", "POST", "PATCH", "PUT", "DELETE"]
    return [
        Route("/history/v1.0/{rest:path}", history, methods=methods),
        Route("/metric/v2.0/{rest:path}", unsupported, methods=methods),
        Route("/artifact/v2.0/{rest:path}", unsupported, methods=methods),
    ]


def failure(error: Exception) -> Response:
    """{"error": {"code", "message"}}: what azure-core shows to the user."""
    if isinstance(error, Denied):
        code, status = ("Unauthorized", 401) if error.unknown else ("Forbidden", 403)
    elif isinstance(error, NotFound):
        code, status = "NotFound", 404
    elif isinstance(error, Conflict):
        code, status = "Conflict", 409
    elif isinstance(error, Invalid):
        code, status = "BadRequest", 400
    elif isinstance(error, Unsupported):
        code, status = "NotImplemented", 501
    else:
        log.error("the run history face failed", exc_info=error)
        code, status = "InternalServerError", 500
    said = str(error) if isinstance(error, ZafiroError) else "internal error; see the server's log"
    return JSONResponse({"error": {"code": code, "message": said}}, status)


def _call(ctx: Context, gate: Gate, request: Request, body: bytes) -> Response:
    match = _PATH.fullmatch(request.path_params["rest"])
    if match is None:
        raise NotFound("run history endpoint", request.scope["path"])
    caller = gate.authenticate(request.headers.get("authorization"))
    with ctx.db.read() as db:
        workspace = workspaces.find(db, match[1], match[2], match[3])
    for method, pattern, verb in _VERBS:
        found = pattern.fullmatch(match[4])
        if found and method == request.method:
            query = dict(request.query_params)
            ids = found.groupdict()
            return JSONResponse(verb(Ask(ctx, gate, caller, workspace, query, body, ids)))
    raise NotFound("run history endpoint", f"{request.method} {match[4]}")


def get_run(ask: Ask) -> Any:
    return wire.run(ask.run())


def patch_run(ask: Ask) -> Any:
    """azure-ai-ml sends only what changes; azureml-core makes runs this way."""
    said = ask.read(wire.RunChange)
    try:
        run = ask.run("write")
    except NotFound:
        run = _create(ask, said)
    with ask.ctx.db.begin() as db:
        run = service.update_run(
            db,
            ask.workspace.guid,
            run.run_id,
            display_name=said.display_name or said.name,
            description=said.description,
            tags=_texts(said.tags),
            properties=_texts(said.properties),
            hidden=said.hidden,
            target=said.target,
        )
    return wire.run(run)


def _create(ask: Ask, said: wire.RunChange) -> Run:
    if not ask.ids.get("experiment"):
        raise NotFound("run", ask.ids["run"])
    ask.may("experiments/runs/write")
    with ask.ctx.db.begin() as db:
        experiment = experiments.ensure(db, ask.workspace.guid, ask.ids["experiment"])
        return service.create_run(
            db,
            ask.workspace.guid,
            ask.ids["run"],
            experiment,
            said.display_name or said.name or ask.ids["run"],
            parent=said.parent_run_id,
            user=ask.caller.name,
            job=ask.caller.job,
            run_type=said.run_type,
            target=said.target,
        )


def details(ask: Ask) -> Any:
    run = ask.run()
    return wire.details(run, wire.log_files(ask.ctx, ask.workspace, run))


def children(ask: Ask) -> Any:
    """All of them: azure-ai-ml reads the first page only."""
    run = ask.run()
    top = ask.query.get("$top", "")
    with ask.ctx.db.read() as db:
        limit = int(top) if top.isdecimal() and len(top) < 10 else None
        found = service.children(db, ask.workspace.guid, run.run_id, limit=limit)
    return {"value": [wire.run(child) for child in found]}


def service_instances(ask: Ask) -> Any:
    """What listens in a run's node for its user: nothing yet. A job that asks for a service is
    told so in its warnings, which `jobs.stream` prints."""
    ask.run()
    return {"instances": {}}


def event(ask: Ask) -> Any:
    """A run says how it stands. Of a run that is a job, only the job does: there such an event
    moves what MLflow shows and nothing else."""
    said = ask.read(wire.Event)
    name, data = said.name.rsplit(".", 1)[-1], said.data or {}
    run = ask.run("write")
    if name in NOTICES:
        if name == "Warning":
            warning = {"source": data.get("Source"), "message": str(data.get("Message", ""))}
            with ask.ctx.db.begin() as db:
                kept = [*run.warnings, warning]
                service.update_run(db, ask.workspace.guid, run.run_id, warnings=kept)
        return {}
    if name not in EVENTS:
        raise Invalid("name", f"'{name}' is no event of a run; known are {sorted(EVENTS)}")
    if name == "CancelRequested" and run.owned:
        raise Unsupported("cancelling a job by a run event; cancel the job")
    at = data.get("StartTime") or data.get("EndTime") or said.timestamp
    at_ms = wire.ms(str(at)) if at else None
    with ask.ctx.db.begin() as db:
        if run.owned:
            status = MLFLOW_STATUS[EVENTS[name]]
            service.set_mlflow_status(db, run, status=status, end_ms=None, name=None)
        else:
            guid, error = ask.workspace.guid, data.get("ErrorResponse")
            service.set_status(db, guid, run.run_id, EVENTS[name], at_ms=at_ms, error=error)
    return {}


def run_data(ask: Ask) -> Any:
    said = ask.read(wire.RunDataQuery)
    if not said.run_id:
        raise Invalid("runId", "is missing")
    run = ask.run(run_id=said.run_id)
    answer: dict[str, Any] = {}
    if said.select_run_metadata:
        answer["runMetadata"] = wire.run(run)
    if said.select_run_definition and run.definition is not None:
        answer["runDefinition"] = run.definition
    return answer


def token(ask: Ask) -> Any:
    return links.run_token(ask.ctx, ask.workspace, ask.run("write"))


def get_experiment(ask: Ask) -> Any:
    ask.may("experiments/read")
    with ask.ctx.db.read() as db:
        return wire.experiment(_experiment(ask, db))


def create_experiment(ask: Ask) -> Any:
    ask.may("experiments/write")
    with ask.ctx.db.begin() as db:
        return wire.experiment(experiments.create(db, ask.workspace.guid, ask.ids["experiment"]))


def patch_experiment(ask: Ask) -> Any:
    """{tags, description, archive}, each if given."""
    said = ask.read(wire.ExperimentChange)
    ask.gate.authorise(ask.caller, f"{ML}/workspaces/experiments/write", ask.workspace.id)
    with ask.ctx.db.begin() as db:
        found = _experiment(ask, db)
        for key, value in (_texts(said.tags) or {}).items():
            experiments.set_tag(db, found, key, value)
        if said.description is not msgspec.UNSET:
            experiments.describe(db, found, said.description)
        if said.archive is True and found.lifecycle == ACTIVE:
            experiments.remove(db, found)
        elif said.archive is False and found.lifecycle == DELETED:
            experiments.restore(db, found)
        return wire.experiment(experiments.get(db, ask.workspace.guid, found.id))


def _experiment(ask: Ask, db: Session) -> Experiment:
    if ask.ids.get("id"):
        return experiments.get(db, ask.workspace.guid, ask.ids["id"])
    found = experiments.find(db, ask.workspace.guid, ask.ids["experiment"])
    if found is None:
        raise NotFound("experiment", ask.ids["experiment"])
    return found


def query_runs(ask: Ask) -> Any:
    """{filter, orderby, top, continuationToken} → {value, continuationToken}"""
    said = ask.read(wire.RunsQuery)
    ask.may("experiments/runs/read")
    top = min(said.top or MOST_RUNS, MOST_RUNS)
    _, offset = read_token(said.continuation_token)
    with ask.ctx.db.read() as db:
        query = service.every_run().where(
            RunRow.workspace == ask.workspace.guid, RunRow.lifecycle == ACTIVE
        )
        if ask.ids.get("experiment") or ask.ids.get("id"):
            query = query.where(RunRow.experiment == _experiment(ask, db).key)
        if said.filter:
            query = query.where(odata.condition(said.filter))
        order = odata.order(said.orderby or "StartTimeUtc desc")
        query = query.order_by(*order, RunRow.key.desc())
        found = service.load(db, query.offset(offset).limit(top + 1))
    answer: dict[str, Any] = {"value": [wire.run(run) for run in found[:top]]}
    if len(found) > top:
        answer["continuationToken"] = write_token(0, offset + top)
    return answer


def _texts(said: Any) -> dict[str, str] | None:
    """Tags and properties are text; None removes nothing, so it is left out."""
    if not isinstance(said, dict):
        return None
    return {str(key): str(value) for key, value in said.items() if value is not None}


_EXPERIMENT = r"(?:experiments/(?P<experiment>[^/]+)|experimentids/(?P<id>[^/]+))"
_RUN = rf"(?:{_EXPERIMENT}/)?runs/(?P<run>[^/]+)"
_VERBS: list[tuple[str, "re.Pattern[str]", Callable[[Ask], Any]]] = [
    (method, re.compile(path, re.IGNORECASE), verb)
    for method, path, verb in (
        ("GET", _RUN, get_run),
        ("PATCH", _RUN, patch_run),
        ("GET", rf"{_RUN}/details", details),
        ("GET", rf"{_RUN}/children", children),
        ("GET", rf"{_RUN}/serviceinstances/[^/]+", service_instances),
        ("POST", rf"{_RUN}/events", event),
        ("GET", rf"{_RUN}/token", token),
        ("POST", "rundata", run_data),
        ("POST", rf"(?:{_EXPERIMENT}/)?runs:query", query_runs),
        ("GET", _EXPERIMENT, get_experiment),
        ("PATCH", _EXPERIMENT, patch_experiment),
        ("POST", r"experiments/(?P<experiment>[^/:]+)", create_experiment),
    )
]
