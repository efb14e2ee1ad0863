"""Where MLflow's REST API is served, and how a request finds its verb.

    /api/{2.0|3.0}/{path}                              workspace `main` of group `zafiro`
    /mlflow/{v1.0|v2.0}{ARM id of a workspace}/api/{2.0|3.0}/{path}
    … with ajax-api in place of api                    as MLflow's web pages ask, under both
    /version, /health …                                what stands beside api, under both

A verb is found by one look-up in a table, whatever their number; only those with an id in their
path are tried one by one. Driven by mlflow 3.17 (tests/clients/mlflow).
"""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Union
from urllib.parse import quote

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from zafiro.core.body import receive
from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.core.errors import NotFound, Unsupported
from zafiro.core.names import GROUP, SUBSCRIPTION, WORKSPACE
from zafiro.mlflow_rest.call import Call, Where, enter, failure

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# Nouns of MLflow's API that no slice brings yet.
MISSING = {
    "gateway": "MLflow's AI gateway",
    "gateway-proxy": "MLflow's AI gateway",
    "workspaces": "MLflow's workspaces (Azure's take their place)",
    "prompt-optimization": "MLflow's prompt optimization",
    "label-schemas": "MLflow's label schemas",
    "review-queues": "MLflow's review queues",
}
_REST = re.compile(
    r"subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.MachineLearningServices"
    r"/workspaces/([^/]+)/(?:(?:ajax-)?api/[23]\.0/(.*)|(.*))",
    re.IGNORECASE,
)
_HOME = (SUBSCRIPTION, GROUP, WORKSPACE)


@dataclass(frozen=True)
class Asked:
    """A request before anything of it was read: for verbs that stream, or wait for others."""

    ctx: Context
    gate: Gate
    request: Request
    where: Where
    groups: tuple[str, ...] = ()

    @property
    def header(self) -> str | None:
        return self.request.headers.get("authorization")

    def enter(self, body: bytes = b"") -> Call:
        """A recognised caller in a workspace there is; reads the database, so not on the event
        loop. Raises Denied, NotFound."""
        method, query = self.request.method, self.request.query_params
        return enter(
            self.ctx,
            self.gate,
            self.header,
            self.where,
            method,
            body,
            query,
            self.groups,
            by_azureml=self.by_azureml,
        )

    @property
    def by_azureml(self) -> bool:
        """Whether azureml-mlflow's store asks (tracking URI azureml://…). Where that package is
        installed, MLflow's own store names it too (https://…), but jobs and `zafiro env` give that
        one the prefix v1.0 or a password."""
        agent = self.request.headers.get("user-agent", "")
        return (
            "azureml-mlflow/" in agent
            and self.request.scope["path"].startswith("/mlflow/v2.0/")
            and (self.header or "").lower().startswith("bearer ")
        )


@dataclass(frozen=True)
class Verb:
    """One call of the API.

    path    below /api/2.0/: "mlflow/runs/get"; {} stands for one segment, a {*} at the end for all
            that follow. Beside api when it begins with a slash: "/version"
    act     takes the Call in a thread of its own and returns what is answered as JSON (or a
            Response); what it raises is told as MLflow's server tells it
    """

    method: str
    path: str
    act: Callable[[Call], Any]


@dataclass(frozen=True)
class Stream:
    """The same on the event loop, with the request itself."""

    method: str
    path: str
    act: Callable[[Asked], Awaitable[Response]]


AnyVerb = Union[Verb, Stream]  # noqa: UP007 — evaluated on Python 3.10 too


def routes(ctx: Context, gate: Gate, verbs: Iterable[AnyVerb]) -> list[BaseRoute]:
    """Raises ValueError when two slices bring the same verb."""
    table = _Table(verbs)

    async def plain(request: Request) -> Response:
        path = request.path_params["rest"].removeprefix("preview/")
        return await answer(Asked(ctx, gate, request, _HOME), path)

    async def beside(request: Request) -> Response:
        return await answer(Asked(ctx, gate, request, _HOME), request.scope["path"])

    async def of_workspace(request: Request) -> Response:
        match = _REST.fullmatch(request.path_params["rest"])
        if match is None:
            return failure(NotFound("MLflow endpoint", request.scope["path"]))
        asked = Asked(ctx, gate, request, (match[1], match[2], match[3]))
        path = f"/{match[5]}" if match[4] is None else match[4].removeprefix("preview/")
        return await answer(asked, path)

    async def answer(asked: Asked, path: str) -> Response:
        try:
            return await _answer(table, asked, path)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody is there to read it
        except Exception as e:  # noqa: BLE001 — the edge: every error is spelled as MLflow does
            return failure(e)

    return [
        *(
            Route(f"/{api}/{version}/{{rest:path}}", plain, methods=METHODS)
            for api in ("api", "ajax-api")
            for version in ("2.0", "3.0")
        ),
        Route("/mlflow/v1.0/{rest:path}", of_workspace, methods=METHODS),
        Route("/mlflow/v2.0/{rest:path}", of_workspace, methods=METHODS),
        *(Route(path, beside, methods=METHODS) for path in table.beside),
        # A tracking URI that ends with a slash; werkzeug under MLflow's server leads on as well.
        Route("//{rest:path}", _one_slash, methods=METHODS),
    ]


async def _one_slash(request: Request) -> Response:
    path = "/" + quote(request.scope["path"].lstrip("/\\"))
    query = request.url.query
    return RedirectResponse(f"{path}?{query}" if query else path, 308)


def as_json(answer: Any) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")


async def _answer(table: "_Table", asked: Asked, path: str) -> Response:
    verb, groups = table.find(asked.request.method, path)
    if groups:
        asked = Asked(asked.ctx, asked.gate, asked.request, asked.where, groups)
    if isinstance(verb, Stream):
        return await verb.act(asked)
    body = await receive(asked.request)
    return await run_in_threadpool(_act, verb, asked, path, body)


def _act(verb: Verb | None, asked: Asked, path: str, body: bytes) -> Response:
    call = asked.enter(body)
    if verb is None:
        noun = path.removeprefix("mlflow/").split("/", 1)[0]
        if noun in MISSING:
            raise Unsupported(MISSING[noun])
        raise NotFound("MLflow endpoint", f"{asked.request.method} {path}")
    found = verb.act(call)
    return found if isinstance(found, Response) else as_json(found)


class _Table:
    def __init__(self, verbs: Iterable[AnyVerb]) -> None:
        self._plain: dict[tuple[str, str], AnyVerb] = {}
        self._patterns: dict[tuple[str, re.Pattern[str]], AnyVerb] = {}
        for verb in verbs:
            if "{" not in verb.path:
                where: Any = self._plain
                key: Any = (verb.method, verb.path)
            else:
                where = self._patterns
                form = re.escape(verb.path).replace(r"\{\}", "([^/]+)").replace(r"\{\*\}", "(.*)")
                key = (verb.method, re.compile(form))
            if key in where:
                raise ValueError(f"two slices bring {verb.method} {verb.path}")
            where[key] = verb
        self.beside = sorted({path for _, path in self._plain if path.startswith("/")})

    def find(self, method: str, path: str) -> tuple[AnyVerb | None, tuple[str, ...]]:
        path = path.rstrip("/") if not path.startswith("mlflow-artifacts/") else path
        found = self._plain.get((method, path))
        if found is not None:
            return found, ()
        for (of, pattern), verb in self._patterns.items():
            if of == method and (match := pattern.fullmatch(path)):
                return verb, match.groups()
        return None, ()
