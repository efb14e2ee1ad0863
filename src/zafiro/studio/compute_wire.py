"""Shapes of the pages of computes."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from zafiro.studio.wire import Row


class ComputeRow(BaseModel):
    """max_nodes null: as many as are asked for. running: nodes at work. idle_since: when its last
    job ended, while nothing runs or waits. can: what may be asked of it now."""

    name: str
    kind: str
    size: str
    state: str
    why_not: str
    min_nodes: int
    max_nodes: int | None
    running: int
    queued: int
    idle_since: datetime | None
    last: Row | None
    can: list[str]


class Node(BaseModel):
    name: str
    state: str
    run: str | None
    job: Row | None


class Compute(BaseModel):
    """queue: the jobs that wait, the oldest first, each with why; jobs: those that do not."""

    row: ComputeRow
    nodes: list[Node]
    queue: list[Row]
    jobs: list[Row]


class Act(BaseModel):
    """start, stop and restart are for instances, scale for clusters: so many nodes at least and
    at most."""

    verb: Literal["start", "stop", "restart", "scale"]
    min_nodes: int | None = None
    max_nodes: int | None = None


class Acted(BaseModel):
    """undo: what would put it back; null where nothing changed or nothing can."""

    undo: Act | None
