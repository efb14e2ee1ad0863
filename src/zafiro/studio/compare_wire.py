"""Shapes of the comparison of runs."""

from typing import Literal

from pydantic import BaseModel, Field

from zafiro.studio.wire import Row


class Line(BaseModel):
    """What each run says of one thing, in the order of the runs; null: nothing. A number that is
    none is told as text: "NaN", "Infinity", "-Infinity"."""

    group: Literal["facts", "packages", "params", "tags", "metrics", "system"]
    name: str
    values: list[float | str | None]


class Comparison(BaseModel):
    """missing: names that are no run here. stepped: metrics that went on for several steps."""

    runs: list[Row]
    lines: list[Line]
    stepped: list[str]
    missing: list[str]


class Given(BaseModel):
    """Ids or display names, as somebody pasted them."""

    names: list[str] = Field(min_length=1, max_length=200)


class Known(BaseModel):
    """ids: of the runs that bear these names, in their order; unknown: names nobody bears."""

    ids: list[str]
    unknown: list[str]


class OverlayQuery(BaseModel):
    """keys: metrics that are drawn as one, whichever of them a run has."""

    runs: list[str] = Field(min_length=1, max_length=200)
    keys: list[str] = Field(min_length=1, max_length=10)
    width: int = Field(600, ge=10, le=2000)
    x: Literal["step", "time"] = "step"
    first: int | None = None
    last: int | None = None


class Overlaid(BaseModel):
    """One run's curve. low, high: null where each bucket holds one value. points, odd: null where
    nobody counted."""

    run: str
    key: str
    points: int | None
    odd: int | None
    x: list[int]
    line: list[float]
    low: list[float] | None
    high: list[float] | None


class Overlay(BaseModel):
    curves: list[Overlaid]


class Snapshot(BaseModel):
    """The code a job was sent with; why: what there is instead, when there is none to read."""

    run: str
    display_name: str
    code: str | None
    why: str | None
    files: int


class ChangedFile(BaseModel):
    """added, removed: lines; null for what is not compared line by line, and then why says so."""

    path: str
    change: Literal["added", "removed", "changed", "same"]
    added: int | None
    removed: int | None
    why: str | None


class CodeDifference(BaseModel):
    """same: how many files are alike. limits: what was left out, in sentences."""

    a: Snapshot
    b: Snapshot
    files: list[ChangedFile]
    same: int
    limits: list[str]


class DiffLine(BaseModel):
    """a, b: its number in either file, from 1. op: " ", "-" or "+"."""

    op: Literal[" ", "-", "+"]
    a: int | None
    b: int | None
    text: str


class FileDifference(BaseModel):
    """hunks: what changed with lines around it. why: when it is not compared line by line."""

    path: str
    hunks: list[list[DiffLine]]
    added: int
    removed: int
    why: str | None


class Shot(BaseModel):
    """path: below the run's artifacts."""

    run: str
    step: int
    path: str


class Shots(BaseModel):
    """One key of mlflow.log_image, or one path of a picture that several runs have."""

    key: str
    pictures: list[Shot]


class Gallery(BaseModel):
    keys: list[Shots]
    limits: list[str]
