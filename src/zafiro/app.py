"""Puts the parts together. The only module, beside cli/, that knows them all."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

import zafiro
from zafiro.arm import errors as spelling
from zafiro.arm import router
from zafiro.assets import service as assets
from zafiro.backends import runner_archive
from zafiro.backends.process import ProcessBackend
from zafiro.blobs import rest as blobs
from zafiro.core import names, slices
from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.core.db import Database
from zafiro.core.errors import Unsupported
from zafiro.core.home import Home
from zafiro.core.loops import Loops
from zafiro.core.secrets import Secrets
from zafiro.core.settings import Settings
from zafiro.identity import domain as rights
from zafiro.identity import service as identity
from zafiro.jobs import description
from zafiro.jobs import service as jobs
from zafiro.mlflow_rest import router as mlflow
from zafiro.studio import rest as studio
from zafiro.tracking import purge
from zafiro.workspaces import service as workspaces

log = logging.getLogger(__name__)

# Faces that are not ARM's, by the module of a slice that has `routes(ctx, gate)`.
FACES = ("rest", "history", "metric", "artifact", "execution")


@dataclass(frozen=True)
class Zafiro:
    """api: the application of the main listener; storage: that of the storage listener; studio:
    that of the plain listener for browsers on this machine."""

    ctx: Context
    api: Starlette
    storage: Starlette
    studio: Starlette


def create(settings: Settings, *, url: str, storage_url: str, studio_url: str = "") -> Zafiro:
    """Everything, ready to be served. Creates or migrates the database; raises Invalid when it
    was written by a newer version. The loops start with the application."""
    found = slices.find()
    for one in found:
        if one.has("store"):
            one.module("store")  # declares its tables
    home = Home(settings.home)
    home.make()
    db = Database(settings.database_url, durable=settings.durable)
    db.migrate()
    ctx = Context(
        settings=settings,
        home=home,
        db=db,
        secrets=Secrets.at(home.master_key),
        url=url,
        storage_url=storage_url,
        studio_url=studio_url or url,
    )
    ctx.engines["process"] = ProcessBackend(runner_archive.build(home.root))
    gate = Gate(identity.of(ctx).authenticate, rights.authorise)
    for one in found:
        if "workspace" in one.hooks:
            ctx.furnish.append(one.module("service").furnish)
            ctx.clear.append(one.module("service").clear)
    assets.resolvers[:] = [description.resolver(ctx)]
    purge.holds[:] = [jobs.holds]
    purge.uses[:] = [assets.pointing_into]
    first_start(ctx)
    loops = Loops(ctx, [loop for s in found for n in s.loops for loop in s.module(n).loops(ctx)])

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        loops.start()
        yield
        loops.stop()
        db.close()

    api = Starlette(routes=_routes(ctx, gate, found), lifespan=lifespan)
    return Zafiro(
        ctx,
        api,
        Starlette(routes=blobs.storage_routes(ctx, gate)),
        Starlette(routes=[Route("/healthz", _health), *studio.routes(ctx, gate)]),
    )


def first_start(ctx: Context) -> None:
    """The workspace a new installation has. Does nothing when there is one already."""
    with ctx.db.begin() as db:
        workspaces.make_group(db, names.SUBSCRIPTION, names.GROUP)
        wanted = workspaces.workspace_id(names.SUBSCRIPTION, names.GROUP, names.WORKSPACE)
        if not workspaces.exists(db, wanted):
            workspaces.create(ctx, db, names.SUBSCRIPTION, names.GROUP, names.WORKSPACE, by="admin")


def _routes(ctx: Context, gate: Gate, found: list[slices.Slice]) -> list[BaseRoute]:
    made: list[BaseRoute] = [Route("/healthz", _health)]
    for one in found:
        for face in one.faces:
            if face in FACES:
                made += one.module(face).routes(ctx, gate)
    verbs = [
        verb for s in found if "mlflow" in s.faces for verb in s.module("mlflow").verbs(ctx, gate)
    ]
    made += mlflow.routes(ctx, gate, verbs)
    arm = [s.module("arm") for s in found if "arm" in s.faces]
    types = [t for module in arm for t in getattr(module, "TYPES", ())]
    paths = [r for module in arm for r in getattr(module, "ROUTES", ())]
    made += router.routes(ctx, gate, types, paths)
    methods = ["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD"]
    return [*made, Route("/{rest:path}", _nothing_here, methods=methods)]


async def _health(request: Request) -> Response:
    return JSONResponse({"name": "zafiro", "version": zafiro.__version__})


async def _nothing_here(request: Request) -> Response:
    asked = f"{request.method} {quote(request.scope['path'])}"  # no line breaks in the log
    log.info("no such route: %s", asked)
    return spelling.response(Unsupported(asked))
