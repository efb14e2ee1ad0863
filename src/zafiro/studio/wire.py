"""The shapes of the studio's own API. Times are ISO 8601 in UTC; a number that is none (NaN) or
endless is null, since JSON has no word for it."""

from datetime import datetime

from pydantic import BaseModel, Field


class WorkspaceRef(BaseModel):
    """path: how it is called in URLs: its name, or sub~group~name when that is not enough."""

    id: str
    name: str
    group: str
    path: str


class Session(BaseModel):
    user: str
    version: str
    workspaces: list[WorkspaceRef]


class SignIn(BaseModel):
    token: str


class Why(BaseModel):
    """code: for machines. text: one sentence. log, line: where it can be seen (line from 1)."""

    code: str
    text: str
    log: str | None = None
    line: int | None = None


class Row(BaseModel):
    """A run in a list. type: "command", or "run" for one that plain MLflow code made."""

    name: str
    display_name: str
    state: str
    why: Why | None
    experiment: str
    type: str
    compute: str | None
    user: str
    created: datetime
    began: datetime | None
    ended: datetime | None
    archived: bool
    values: dict[str, float | str | None]


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


class FailureGroup(BaseModel):
    """Runs that failed the same way. example: the newest of them."""

    text: str
    count: int
    example: str


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


class Home(BaseModel):
    """counts: runs by state; those that ended, within 24 hours."""

    counts: dict[str, int]
    recent: list[Row]
    failures: list[FailureGroup]
    computes: list[ComputeRow]
    slots_used: int
    slots: int


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
    """The head of a file. text null: it is not text."""

    path: str
    size_bytes: int
    text: str | None
    truncated: bool


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


class Names(BaseModel):
    names: list[str] = Field(min_length=1, max_length=500)


class Refusal(BaseModel):
    name: str
    why: str


class Done(BaseModel):
    done: list[str]
    refused: list[Refusal]


class Experiment(BaseModel):
    name: str
    runs: int
    newest: datetime


class Experiments(BaseModel):
    experiments: list[Experiment]


class Columns(BaseModel):
    columns: list[str]


class Compared(BaseModel):
    row: Row
    params: dict[str, str]
    metrics: dict[str, float | None]
    facts: dict[str, str]


class Comparison(BaseModel):
    runs: list[Compared]
    missing: list[str]


class AssetRow(BaseModel):
    name: str
    version: str
    type: str
    description: str | None
    modified: datetime
    created_by: str
    archived: bool


class Assets(BaseModel):
    kind: str
    assets: list[AssetRow]


class Version(BaseModel):
    version: str
    created: datetime
    created_by: str
    archived: bool


class Asset(BaseModel):
    """definition: the resource as YAML. used_by, made_by: names of runs."""

    kind: str
    name: str
    version: str
    type: str
    description: str | None
    uri: str
    created: datetime
    created_by: str
    archived: bool
    tags: dict[str, str]
    definition: str
    versions: list[Version]
    made_by: str | None


class Node(BaseModel):
    name: str
    state: str
    run: str | None


class Compute(BaseModel):
    row: ComputeRow
    nodes: list[Node]
    jobs: list[Row]


class Copy(BaseModel):
    """One way to reach or repeat an object. language: python, bash or yaml."""

    id: str
    language: str
    text: str


class Copies(BaseModel):
    copies: list[Copy]


class Found(BaseModel):
    kind: str
    name: str
    text: str


class Search(BaseModel):
    found: list[Found]


class Problem(BaseModel):
    """What went wrong, for a person. code as ARM spells it; id: to find it in the server's log."""

    code: str
    message: str
    id: str
