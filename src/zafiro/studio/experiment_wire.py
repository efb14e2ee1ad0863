"""Shapes of the list of experiments and of one of them."""

from datetime import datetime

from pydantic import BaseModel, Field

from zafiro.studio.wire import Row


class BestRun(BaseModel):
    run: str
    display_name: str
    value: float


class ExperimentRow(BaseModel):
    """runs: those that are not below other runs; running: of them, those under way. best: of the
    metric that was asked for."""

    name: str
    id: str
    runs: int
    running: int
    failed: int
    newest: datetime | None
    created: datetime
    note: str | None
    best: BestRun | None


class Experiments(BaseModel):
    """metrics: names that could be asked for."""

    experiments: list[ExperimentRow]
    metrics: list[str]


class MetricMark(BaseModel):
    run: str
    display_name: str
    state: str
    created: datetime
    value: float


class Experiment(BaseModel):
    """One experiment. marks: the latest value each of its newest runs has of `metric`; recent: its
    newest runs."""

    name: str
    id: str
    archived: bool
    note: str | None
    tags: dict[str, str]
    created: datetime
    runs: int
    running: int
    failed: int
    metrics: list[str]
    metric: str | None
    marks: list[MetricMark]
    recent: list[Row]


class ExperimentChange(BaseModel):
    """What is given is changed; an empty note takes it away."""

    name: str = Field(min_length=1)
    rename: str | None = Field(None, min_length=1, max_length=255)
    note: str | None = Field(None, max_length=100_000)


class ExperimentName(BaseModel):
    name: str = Field(min_length=1)
