"""The addresses of the comparison: the table, curves, code, pictures."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from zafiro.core.context import Context
from zafiro.studio import (
    compare_wire,
    comparing,
    comparing_code,
    comparing_curves,
    comparing_images,
    list_wire,
)
from zafiro.studio.rooms import Asked, Rooms


def routes(ctx: Context, rooms: Rooms) -> APIRouter:
    router = APIRouter()
    Reading = Annotated[Asked, Depends(rooms.may("jobs/read"))]

    @router.post("/compare", response_model=compare_wire.Comparison)
    def compare(at: Reading, asked: list_wire.Names) -> Response:
        found = comparing.compare(ctx, at.db, at.workspace, asked.names)
        return _json(found.model_dump_json())

    @router.post("/compare/known")
    def compare_known(at: Reading, asked: compare_wire.Given) -> compare_wire.Known:
        """Names that somebody pasted."""
        return comparing.known(at.db, at.workspace, asked.names)

    @router.post("/compare/curves", response_model=compare_wire.Overlay)
    def compare_curves(at: Reading, asked: compare_wire.OverlayQuery) -> Response:
        """One metric of up to 200 runs."""
        found = comparing_curves.overlaid(at.db, at.workspace, asked)
        return _json(found.model_dump_json())

    @router.get("/compare/code")
    def compare_code(at: Reading, a: str, b: str) -> compare_wire.CodeDifference:
        """Which files of two jobs' code differ."""
        return comparing_code.difference(ctx, at.db, at.workspace, a, b)

    @router.get("/compare/code/file")
    def compare_code_file(at: Reading, a: str, b: str, path: str) -> compare_wire.FileDifference:
        return comparing_code.file(ctx, at.db, at.workspace, a, b, path)

    @router.post("/compare/images")
    def compare_images(at: Reading, asked: list_wire.Names) -> compare_wire.Gallery:
        return comparing_images.gallery(ctx, at.db, at.workspace, asked.names)

    return router


def _json(text: str) -> Response:
    """As pydantic writes it: FastAPI would walk through hundreds of thousands of numbers."""
    return Response(text, media_type="application/json")
