"""One request to an Azure tracking service, and its errors as azure-core shows them.

/{history|metric|artifact}/v{1|2}.0{ARM id of a workspace}/{path}
"""

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import msgspec
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from zafiro.core.body import receive
from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.errors import Busy, Conflict, Denied, Invalid, NotFound, Unsupported, ZafiroError
from zafiro.core.names import ML
from zafiro.mlflow_rest.call import decode
from zafiro.tracking import experiments, service
from zafiro.tracking.domain import Experiment, Run
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

log = logging.getLogger(__name__)

T = TypeVar("T")

METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]
MOST_ON_A_PAGE = 1000
EXPERIMENT = r"(?:experiments/(?P<experiment>[^/]+)|experimentids/(?P<id>[^/]+))"
RUN = rf"(?:{EXPERIMENT}/)?runs/(?P<run>[^/]+)"
_PATH = re.compile(
    r"/[a-z]+/v\d\.\d/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.MachineLearningServices"
    r"/workspaces/([^/]+)/(.*)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Ask:
    """`ids`: what the path names, of run, experiment, id, path …"""

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
        """Raises Denied. What belongs to a job is asked for at that job, for that is what a job's
        token is good for; what a job makes besides, in its own name."""
        job = job or self.caller.job
        scope = f"{self.workspace.id}/jobs/{job}" if job else self.workspace.id
        self.gate.authorise(self.caller, f"{ML}/workspaces/{what}", scope)

    def may_in_workspace(self, what: str) -> None:
        """The same, where a job's own name is not enough."""
        self.gate.authorise(self.caller, f"{ML}/workspaces/{what}", self.workspace.id)

    def run(self, what: str = "read", run_id: str | None = None) -> Run:
        """The run the path names, once the caller may do that with it."""
        with self.ctx.db.read() as db:
            run = service.get_run(db, self.workspace.guid, run_id or self.ids["run"])
        self.may(f"experiments/runs/{what}", run.owner)
        return run

    def experiment(self, db: Session) -> Experiment:
        """The one the path names, by id or by name. Raises NotFound."""
        if self.ids.get("id"):
            return experiments.get(db, self.workspace.guid, self.ids["id"])
        found = experiments.find(db, self.workspace.guid, self.ids["experiment"])
        if found is None:
            raise NotFound("experiment", self.ids["experiment"])
        return found

    def top(self, default: int = MOST_ON_A_PAGE) -> int:
        """How many the query asks for, `default` when it does not say."""
        said = self.query.get("$top") or self.query.get("top") or ""
        asked = int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0
        return min(asked, MOST_ON_A_PAGE) if asked else default

    def token(self) -> str | None:
        return self.query.get("$continuationToken") or self.query.get("continuationToken")


Act = Callable[[Ask], Any]
Verb = tuple[str, "re.Pattern[str]", Act]


def verbs(table: Iterable[tuple[str, str, Act]]) -> list[Verb]:
    """(method, pattern of the path below the workspace, what answers it), first match first."""
    return [(method, re.compile(path, re.IGNORECASE), act) for method, path, act in table]


def route(prefix: str, ctx: Context, gate: Gate, table: list[Verb]) -> BaseRoute:
    """Every verb of one service, each in a thread of its own; `prefix` as "/history/v1.0"."""

    async def answer(request: Request) -> Response:
        try:
            body = await receive(request)
            return await run_in_threadpool(_answer, ctx, gate, request, body, table)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody is there to read it
        except Exception as e:  # noqa: BLE001 — the edge: every error is spelled as Azure does
            return failure(e)

    return Route(prefix + "/{rest:path}", answer, methods=METHODS)


def enter(ctx: Context, gate: Gate, request: Request, body: bytes = b"") -> tuple[Ask, str]:
    """A recognised caller in a workspace there is, and the path below it. Raises Denied,
    NotFound."""
    match = _PATH.fullmatch(request.scope["path"])
    if match is None:
        raise NotFound("endpoint", request.scope["path"])
    caller = gate.authenticate(request.headers.get("authorization"))
    with ctx.db.read() as db:
        workspace = workspaces.find(db, match[1], match[2], match[3])
    return Ask(ctx, gate, caller, workspace, dict(request.query_params), body, {}), match[4]


def _answer(ctx: Context, gate: Gate, request: Request, body: bytes, table: list[Verb]) -> Response:
    ask, path = enter(ctx, gate, request, body)
    for method, pattern, act in table:
        found = pattern.fullmatch(path)
        if found and method == request.method:
            answer = act(replace(ask, ids=found.groupdict()))
            return answer if isinstance(answer, Response) else as_json(answer)
    raise NotFound("endpoint", f"{request.method} {request.scope['path']}")


def as_json(answer: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status, media_type="application/json")


def failure(error: Exception) -> Response:
    said, status = told(error)
    answer = as_json(said, status)
    if isinstance(error, Busy):
        answer.headers["Retry-After"] = str(error.retry_s)
    return answer


def told(error: Exception) -> tuple[dict[str, Any], int]:
    """{"error": {"code", "message", "details"}}, what azure-core shows to the user, and its HTTP
    status. azureml-core 1.61 fails to print an error without details."""
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
    elif isinstance(error, Busy):
        code, status = "TooManyRequests", 429
    else:
        log.error("a tracking face failed", exc_info=error)
        code, status = "InternalServerError", 500
    said = str(error) if isinstance(error, ZafiroError) else "internal error; see the server's log"
    return {"error": {"code": code, "message": said, "details": []}}, status
