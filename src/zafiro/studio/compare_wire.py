"""Shapes of the comparison of runs."""

from pydantic import BaseModel

from zafiro.studio.wire import Row


class Compared(BaseModel):
    row: Row
    params: dict[str, str]
    metrics: dict[str, float | None]
    facts: dict[str, str]


class Comparison(BaseModel):
    runs: list[Compared]
    missing: list[str]
