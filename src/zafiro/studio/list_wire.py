"""Shapes of the home page and the list of jobs."""

from datetime import datetime

from pydantic import BaseModel, Field

from zafiro.studio.compute_wire import ComputeRow
from zafiro.studio.wire import Row


class JobsQuery(BaseModel):
    filter: str = ""
    sort: str = "-created"
    columns: list[str] = Field(default_factory=list, max_length=50)
    offset: int = Field(0, ge=0)
    limit: int = Field(100, ge=1, le=500)


class Jobs(BaseModel):
    rows: list[Row]
    total: int
    as_of: datetime


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
