"""Shapes of lineage: what came from what."""

from pydantic import BaseModel


class Kin(BaseModel):
    """kind: jobs, data, models, environments, components; or, without a page of their own,
    "logged" (a model that a run logged and nobody registered), "dataset" (as MLflow describes it)
    and "place" (a URI that is no asset's).

    version "" where there is none; state: of a job; column: how many steps after the start
    (negative: before it); run: whose page shows it, for what has none of its own.
    """

    id: int
    kind: str
    name: str
    version: str
    label: str
    state: str | None = None
    column: int
    run: str | None = None


class KinEdge(BaseModel):
    """`target` came of `source`. label: the name of the input or output between them."""

    source: int
    target: int
    label: str


class More(BaseModel):
    """So many that are not shown, before (`up`) or after a node."""

    node: int
    up: bool
    count: int


class Lineage(BaseModel):
    start: int
    nodes: list[Kin]
    edges: list[KinEdge]
    more: list[More]
