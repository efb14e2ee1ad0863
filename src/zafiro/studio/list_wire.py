"""Shapes of the home page and the list of jobs."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from zafiro.studio.compute_wire import ComputeRow
from zafiro.studio.wire import Row


class JobsQuery(BaseModel):
    """upto: `newest` of an earlier answer; what was made since is left out, and counted. group:
    "experiment", by whose name the list is then ordered first."""

    filter: str = ""
    sort: str = "-created"
    columns: list[str] = Field(default_factory=list, max_length=50)
    offset: int = Field(0, ge=0)
    limit: int = Field(100, ge=1, le=500)
    upto: int | None = None
    group: Literal["", "experiment"] = ""


class Jobs(BaseModel):
    """fresh: how many match that were made after `upto`."""

    rows: list[Row]
    total: int
    fresh: int
    newest: int
    as_of: datetime


class GroupsQuery(BaseModel):
    filter: str = ""
    upto: int | None = None


class Group(BaseModel):
    name: str
    count: int
    states: dict[str, int]


class Groups(BaseModel):
    groups: list[Group]


class AroundQuery(BaseModel):
    name: str
    filter: str = ""
    sort: str = "-created"
    group: Literal["", "experiment"] = ""


class Around(BaseModel):
    """Where a job stands in a list, from 1, and its neighbours there; 0 when it is not in it."""

    place: int
    total: int
    before: str | None
    after: str | None


class HistogramQuery(BaseModel):
    filter: str = ""
    bins: int = Field(60, ge=1, le=400)


class Bin(BaseModel):
    index: int
    state: str
    count: int


class Histogram(BaseModel):
    first: datetime | None
    last: datetime | None
    bins: list[Bin]


class Names(BaseModel):
    names: list[str] = Field(min_length=1, max_length=500)


class Refusal(BaseModel):
    name: str
    why: str


class Done(BaseModel):
    done: list[str]
    refused: list[Refusal]


class Columns(BaseModel):
    columns: list[str]


class FailureGroup(BaseModel):
    """Runs that failed the same way. example: the newest of them."""

    text: str
    count: int
    example: str


class Home(BaseModel):
    """counts: runs by state; those that ended, within 24 hours."""

    counts: dict[str, int]
    recent: list[Row]
    failures: list[FailureGroup]
    computes: list[ComputeRow]
    slots_used: int
    slots: int
