"""One request to the MLflow face: who asks, of which workspace, what was said; and its errors."""

import logging
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse, Response

from zafiro.core import clock
from zafiro.core.body import check
from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.errors import Conflict, Denied, Invalid, NotFound, Unsupported, ZafiroError
from zafiro.core.names import ML
from zafiro.tracking import rules, service
from zafiro.tracking.domain import Run
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

log = logging.getLogger(__name__)

T = TypeVar("T")

_HINT = " See the API docs for more information about request parameters."
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_WHERE = re.compile(r" - at `\$\.?(.*)`")


@dataclass(frozen=True)
class Call:
    """`groups` are the parts of the path that the route left open."""

    ctx: Context
    gate: Gate
    caller: Caller
    workspace: Workspace
    method: str
    body: bytes
    query: QueryParams
    groups: tuple[str, ...] = ()

    def read(self, kind: type[T]) -> T:
        """The message, from the body or, for GET, from the query. Raises Invalid."""
        if self.method != "GET":
            return decode(self.body, kind)
        try:
            return msgspec.convert(self._queried(kind), kind, strict=False)
        except msgspec.DecodeError as e:
            raise _unreadable(e) from e

    def _queried(self, kind: Any) -> dict[str, Any]:
        lists = {
            field.name
            for field in msgspec.structs.fields(kind)
            if getattr(field.type, "__origin__", None) is list
        }
        return {
            key: self.query.getlist(key) if key in lists else self.query[key] for key in self.query
        }

    @cached_property
    def guid(self) -> str:
        return self.workspace.guid

    def run(self, ref: Any) -> Run:
        """The run a message names, once the caller may read it."""
        id = run_id(ref)
        with self.ctx.db.read() as db:
            found = service.get_run(db, self.guid, id)
        self.may("experiments/runs/read", found)
        return found

    def may(self, what: str, run: Run | None = None) -> None:
        """Raises Denied. `what` below workspaces/: "experiments/runs/write".

        Of a run the scope is the job it belongs to, for that is what a job's token is good for;
        what a job makes beside runs (an experiment, a model) is asked for in its own name.
        """
        job = self.caller.job if run is None else run.job or run.run_id
        scope = f"{self.workspace.id}/jobs/{job}" if job else self.workspace.id
        self.gate.authorise(self.caller, f"{ML}/workspaces/{what}", scope)

    def may_in_workspace(self, what: str) -> None:
        """The same, where a job's own name is not enough."""
        self.gate.authorise(self.caller, f"{ML}/workspaces/{what}", self.workspace.id)


def decode(body: bytes, kind: type[T]) -> T:
    """Raises Invalid, naming the field."""
    check(body)
    try:
        return msgspec.json.decode(body or b"{}", type=kind, strict=False)
    except (ValueError, RecursionError) as e:
        raise _unreadable(e) from e


@dataclass(frozen=True)
class Access:
    """Somebody who may write something: a run, or new runs in the workspace (`run` is 0)."""

    caller: Caller
    workspace: Workspace
    run: int = 0
    run_id: str = ""
    experiment: int = 0


class Passes:
    """Remembers for two seconds that a token may write a run, so that a run that logs a thousand
    values a second is not looked up a thousand times. What was refused is never remembered."""

    GOOD_FOR_S = 2.0
    MOST = 10_000

    def __init__(self, ctx: Context, gate: Gate) -> None:
        self._ctx, self._gate = ctx, gate
        self._kept: dict[Any, tuple[float, Access]] = {}

    def known(self, header: str | None, where: tuple[str, ...], run_id: str) -> Access | None:
        kept = self._kept.get((header, where, run_id))
        return kept[1] if kept and kept[0] > clock.now().timestamp() else None

    def open(self, header: str | None, where: tuple[str, str, str], run_id: str) -> Access:
        """Raises Denied, NotFound."""
        call = enter(self._ctx, self._gate, header, where)
        if run_id:
            with self._ctx.db.read() as db:
                run = service.get_run(db, call.guid, run_id)
            call.may("experiments/runs/write", run)
            made = Access(call.caller, call.workspace, run.key, run_id, run.experiment_key)
        else:
            call.may("experiments/runs/write")
            made = Access(call.caller, call.workspace)
        if len(self._kept) >= self.MOST:
            self._kept.clear()
        end = clock.now().timestamp() + self.GOOD_FOR_S
        self._kept[header, where, run_id] = (end, made)
        return made


def enter(
    ctx: Context,
    gate: Gate,
    header: str | None,
    where: tuple[str, str, str],
    method: str = "POST",
    body: bytes = b"",
    query: QueryParams | None = None,
    groups: tuple[str, ...] = (),
) -> Call:
    """A recognised caller in a workspace there is. Raises Denied, NotFound."""
    caller = gate.authenticate(header)
    with ctx.db.read() as db:
        workspace = workspaces.find(db, *where)
    return Call(ctx, gate, caller, workspace, method, body, query or QueryParams(), groups)


def run_id(ref: Any) -> str:
    id: str = ref.run_id or ref.run_uuid
    if not id:
        raise Invalid("", rules.missing("run_id").why + _HINT)
    return id


def failure(error: Exception) -> Response:
    """As mlflow's server spells it (ERROR_CODE_TO_HTTP_STATUS, mlflow/exceptions.py 3.17).
    What is no error of ours is a bug: logged, and 500."""
    headers = {}
    if isinstance(error, Denied) and error.unknown:
        code, status = "UNAUTHENTICATED", 401
        headers = {"WWW-Authenticate": "Bearer"}
    elif isinstance(error, Denied):
        code, status = "PERMISSION_DENIED", 403
    elif isinstance(error, NotFound):
        code, status = "RESOURCE_DOES_NOT_EXIST", 404
    elif isinstance(error, Conflict):
        code, status = "RESOURCE_ALREADY_EXISTS", 400
    elif isinstance(error, Invalid):
        code, status = "INVALID_PARAMETER_VALUE", 400
    elif isinstance(error, Unsupported):
        code, status = "NOT_IMPLEMENTED", 501
    else:
        log.error("the MLflow face failed", exc_info=error)
        code, status = "INTERNAL_ERROR", 500
    said = str(error) if isinstance(error, ZafiroError) else "internal error; see the server's log"
    return JSONResponse({"error_code": code, "message": said}, status, headers)


def _unreadable(error: Exception) -> Invalid:
    said = str(error)
    missing, where = _MISSING.search(said), _WHERE.search(said)
    above = where[1] if where else ""
    if missing:
        path = f"{above}.{missing[1]}" if above else missing[1]
        return Invalid("", rules.missing(path).why + _HINT)
    if above:
        why = _WHERE.sub("", said)
        return Invalid("", f"Invalid value for parameter '{above}' supplied: {why}.{_HINT}")
    return Invalid("", f"The request body is not what this call takes: {said}.{_HINT}")
