"""The addresses of assets and computes."""

from typing import Annotated

from fastapi import APIRouter, Depends

from zafiro.core.context import Context
from zafiro.studio import asset_wire, compute_wire, computing, reading
from zafiro.studio.rooms import Asked, Rooms


def routes(ctx: Context, rooms: Rooms) -> APIRouter:
    router = APIRouter()
    Reading = Annotated[Asked, Depends(rooms.may("jobs/read"))]

    @router.get("/assets/{kind}")
    def assets(at: Reading, kind: str, archived: bool = False) -> asset_wire.Assets:
        return reading.listed(at.db, at.workspace, kind, archived=archived)

    @router.get("/assets/{kind}/{name}/{version}")
    def asset(at: Reading, kind: str, name: str, version: str) -> asset_wire.Asset:
        return reading.asset(at.db, at.workspace, kind, name, version)

    @router.get("/computes")
    def computes(at: Reading) -> list[compute_wire.ComputeRow]:
        return computing.compute_rows(at.db, at.workspace)

    @router.get("/computes/{name}")
    def compute(at: Reading, name: str) -> compute_wire.Compute:
        return computing.compute(ctx, at.db, at.workspace, name)

    return router
