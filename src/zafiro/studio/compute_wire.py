"""Shapes of the pages of computes."""

from pydantic import BaseModel

from zafiro.studio.wire import Row


class ComputeRow(BaseModel):
    """max_nodes null: as many as are asked for. running: nodes at work."""

    name: str
    kind: str
    size: str
    state: str
    why_not: str
    min_nodes: int
    max_nodes: int | None
    running: int
    queued: int


class Node(BaseModel):
    name: str
    state: str
    run: str | None


class Compute(BaseModel):
    row: ComputeRow
    nodes: list[Node]
    jobs: list[Row]
