"""The addresses of experiments. Their names may hold slashes, so none stands in a path."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.studio import experiment_wire as wire
from zafiro.studio import experimenting
from zafiro.studio.rooms import Asked, Rooms, room
from zafiro.workspaces.domain import Workspace


def routes(ctx: Context, rooms: Rooms) -> APIRouter:
    router = APIRouter()
    Reading = Annotated[Asked, Depends(rooms.may("experiments/read"))]

    def write(
        request: Request, path: str, action: str, act: Callable[[Session, Workspace], None]
    ) -> Response:
        caller = rooms.cookies.caller(request)
        with ctx.db.begin() as db:
            workspace = room(db, path)
            rooms.authorise(caller, action, workspace.id)
            act(db, workspace)
        return Response(status_code=204)

    @router.get("/experiments")
    def experiments(
        at: Reading,
        metric: Annotated[str, Query(max_length=250)] = "",
        least: bool = False,
        archived: bool = False,
    ) -> wire.Experiments:
        return experimenting.listed(
            at.db, at.workspace, metric=metric, least=least, archived=archived
        )

    @router.get("/experiment")
    def experiment(
        at: Reading, name: str, metric: Annotated[str, Query(max_length=250)] = ""
    ) -> wire.Experiment:
        return experimenting.experiment(ctx, at.db, at.workspace, name, metric)

    @router.post("/experiment/change", status_code=204)
    def change_experiment(
        workspace: str, asked: wire.ExperimentChange, request: Request
    ) -> Response:
        """Rename it, write its note."""
        return write(
            request,
            workspace,
            "experiments/write",
            lambda db, found: experimenting.change(db, found, asked),
        )

    @router.post("/experiment/delete", status_code=204)
    def delete_experiment(workspace: str, asked: wire.ExperimentName, request: Request) -> Response:
        """Put away with its runs, until it is restored."""
        return write(
            request,
            workspace,
            "experiments/delete",
            lambda db, found: experimenting.remove(db, found, asked.name),
        )

    @router.post("/experiment/restore", status_code=204)
    def restore_experiment(
        workspace: str, asked: wire.ExperimentName, request: Request
    ) -> Response:
        return write(
            request,
            workspace,
            "experiments/write",
            lambda db, found: experimenting.restore(db, found, asked.name),
        )

    return router
