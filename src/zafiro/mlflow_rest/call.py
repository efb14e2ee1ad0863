"""One request to the MLflow face: who asks, of which workspace, what was said; and its errors."""

import json
import logging
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import msgspec
from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse, Response

from zafiro.core.body import check
from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.errors import Busy, Conflict, Denied, Invalid, NotFound, Unsupported, ZafiroError
from zafiro.core.names import ML
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

log = logging.getLogger(__name__)

T = TypeVar("T")
Where = tuple[str, str, str]  # names of the subscription, the group, the workspace

HINT = " See the API docs for more information about request parameters."
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_WHERE = re.compile(r" - at `\$\.?(.*)`")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_MOST_SHOWN = 200


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
    by_azureml: bool = False  # asked by azureml-mlflow's own store

    def read(self, kind: type[T]) -> T:
        """The message, from the body or, for GET, from the query. Raises Invalid."""
        if self.method != "GET":
            return decode(self.body, kind)
        said = self._queried(kind)
        try:
            return msgspec.convert(said, kind, strict=False)
        except msgspec.DecodeError as e:
            raise _unreadable(e, said) from e

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

    def may(self, what: str, job: str | None = None) -> None:
        """Raises Denied. `what` below workspaces/: "experiments/runs/write".

        Of what belongs to a job the scope is that `job`, for that is what a job's token is good
        for; what a job makes besides is asked for in its own name.
        """
        job = self.caller.job if job is None else job
        scope = f"{self.workspace.id}/jobs/{job}" if job else self.workspace.id
        self.gate.authorise(self.caller, f"{ML}/workspaces/{what}", scope)

    def may_in_workspace(self, what: str) -> None:
        """The same, where a job's own name is not enough."""
        self.gate.authorise(self.caller, f"{ML}/workspaces/{what}", self.workspace.id)


def decode(body: bytes, kind: type[T]) -> T:
    """Raises Invalid, naming the field and what stood there. A null is a field not given."""
    check(body)
    try:
        return msgspec.json.decode(body or b"{}", type=kind, strict=False)
    except msgspec.ValidationError:
        said = _given(msgspec.json.decode(body))
    except (ValueError, RecursionError) as e:
        raise _unreadable(e) from e
    try:
        return msgspec.convert(said, kind, strict=False)
    except msgspec.ValidationError as e:
        raise _unreadable(e, said) from e


def _given(said: Any) -> Any:
    if isinstance(said, dict):
        return {key: _given(value) for key, value in said.items() if value is not None}
    return [_given(value) for value in said] if isinstance(said, list) else said


def enter(
    ctx: Context,
    gate: Gate,
    header: str | None,
    where: Where,
    method: str = "POST",
    body: bytes = b"",
    query: QueryParams | None = None,
    groups: tuple[str, ...] = (),
    *,
    by_azureml: bool = False,
) -> Call:
    """A recognised caller in a workspace there is. Raises Denied, NotFound."""
    caller = gate.authenticate(header)
    with ctx.db.read() as db:
        workspace = workspaces.find(db, *where)
    return Call(
        ctx, gate, caller, workspace, method, body, query or QueryParams(), groups, by_azureml
    )


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
    elif isinstance(error, Busy):  # which the client waits for and sends again
        code, status = "REQUEST_LIMIT_EXCEEDED", 429
        headers = {"Retry-After": str(error.retry_s)}
    else:
        log.error("the MLflow face failed", exc_info=error)
        code, status = "INTERNAL_ERROR", 500
    said = str(error) if isinstance(error, ZafiroError) else "internal error; see the server's log"
    return JSONResponse({"error_code": code, "message": said}, status, headers)


def missing(path: str) -> Invalid:
    return Invalid("", f"Missing value for required parameter '{path}'.")


def invalid_value(path: str, value: Any, why: str = "") -> Invalid:
    said = json.dumps(value, sort_keys=True, separators=(",", ":"))
    if len(said) > _MOST_SHOWN:
        said = f"{said[:_MOST_SHOWN]}…"
    return Invalid(
        "", f"Invalid value {said} for parameter '{path}' supplied" + (f": {why}" if why else ".")
    )


def _unreadable(error: Exception, said: Any = None) -> Invalid:
    """In the words of MLflow's server, from msgspec's and from what was said."""
    words = str(error)
    lacking, where = _MISSING.search(words), _WHERE.search(words)
    above = where[1] if where else ""
    if lacking:
        path = f"{above}.{lacking[1]}" if above else lacking[1]
        return Invalid("", missing(path).why + HINT)
    if above:
        why = f"{_WHERE.sub('', words)}.{HINT}"
        return Invalid("", invalid_value(above, _at(said, above), why).why)
    return Invalid("", f"The request body is not what this call takes: {words}.{HINT}")


def _at(said: Any, path: str) -> Any:
    """What stands at `tags[0].value`; the nearest thing around it where msgspec is less exact."""
    for key, index in _STEP.findall(path):
        if key and isinstance(said, dict) and key in said:
            said = said[key]
        elif index and isinstance(said, list) and int(index) < len(said):
            said = said[int(index)]
        else:
            break
    return said
