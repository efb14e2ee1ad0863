"""Shapes of one job's page: itself, its curves, its files and its log."""

from datetime import datetime

from pydantic import BaseModel, Field

from zafiro.studio.wire import Row


class Step(BaseModel):
    name: str
    began: datetime
    ended: datetime | None
    reason: str | None


class Metric(BaseModel):
    key: str
    last: float | None
    step: int
    at: datetime


class Port(BaseModel):
    """An input or output. value: a literal or URI; asset: "name:version" when it became one."""

    name: str
    type: str
    mode: str | None
    value: str
    asset: str | None = None


class Failure(BaseModel):
    code: str
    message: str
    tail: list[str]


class Git(BaseModel):
    repository: str | None
    branch: str | None
    commit: str | None
    dirty: bool


class Made(BaseModel):
    """An asset that came of a job. kind: models, data."""

    kind: str
    name: str
    version: str


class Job(BaseModel):
    """variables: names of environment variables only; values may be secret."""

    row: Row
    description: str | None
    job: bool
    command: str | None
    environment: str | None
    code: str | None
    compute_id: str | None
    variables: list[str]
    inputs: list[Port]
    outputs: list[Port]
    params: dict[str, str]
    tags: dict[str, str]
    properties: dict[str, str]
    metrics: list[Metric]
    steps: list[Step]
    failure: Failure | None
    exit_code: int | None
    warnings: list[str]
    git: Git | None
    parent: str | None
    children: list[Row]
    log: str | None
    made: list[Made]
    rerun_of: str | None


class Curve(BaseModel):
    """x: steps or epoch ms, where each bucket begins; between low and high lies every value.
    points: finite values; odd: NaN and infinite ones; null where nobody counted. line: what to
    draw a line through."""

    run: str
    key: str
    points: int | None
    odd: int | None
    x: list[int]
    low: list[float]
    high: list[float]
    line: list[float]


class CurvesQuery(BaseModel):
    runs: list[str] = Field(min_length=1, max_length=200)
    keys: list[str] = Field(min_length=1, max_length=40)
    width: int = Field(600, ge=10, le=4000)
    x: str = Field("step", pattern="^(step|time)$")
    first: int | None = None
    last: int | None = None


class Curves(BaseModel):
    curves: list[Curve]


class File(BaseModel):
    path: str
    folder: bool
    size_bytes: int


class Files(BaseModel):
    path: str
    files: list[File]


class Text(BaseModel):
    """A part of a file. text null: it is not text. next: where the following part begins; null at
    the end. size_bytes: of the file as it is, however it is shown."""

    path: str
    size_bytes: int
    text: str | None
    next: int | None


class Table(BaseModel):
    """kind null: the file is no table. more: what is beyond `total` rows or 200 columns was not
    read."""

    kind: str | None
    size_bytes: int
    columns: list[str]
    rows: list[list[str | float | None]]
    first: int
    total: int
    more: bool


class Picture(BaseModel):
    """small: the same in few bytes, for a grid."""

    step: int
    path: str
    small: str | None = None
    at_ms: int | None = None


class Pictures(BaseModel):
    key: str
    frames: list[Picture]


class Images(BaseModel):
    """more: the run has more files than were looked at."""

    series: list[Pictures]
    more: bool


class Code(BaseModel):
    """why: "" when there is code; "none": the job was sent without; "run": it is no job of this
    server; "gone": it was deleted."""

    why: str
    files: list[File]
    more: bool
    entry: str | None
    git: Git | None


class JobChange(BaseModel):
    """What is left out stays. remove_tags: {name: the value it is thought to have}."""

    display_name: str | None = Field(None, max_length=500)
    description: str | None = Field(None, max_length=50_000)
    tags: dict[str, str] = Field(default_factory=dict, max_length=100)
    remove_tags: dict[str, str] = Field(default_factory=dict, max_length=100)


class Again(BaseModel):
    name: str


class Log(BaseModel):
    """Lines `first`, `first`+1 … of `lines` (counted from 1); the last may not be whole yet."""

    path: str
    size_bytes: int
    lines: int
    first: int
    text: list[str]


class Hit(BaseModel):
    line: int
    text: str


class Hits(BaseModel):
    """next: line to go on searching from; null at the end."""

    hits: list[Hit]
    next: int | None
