"""A long history as a band of so many buckets, by step or by time, out of its blocks.

The time it takes grows with the width of the plot: from the highest level down, only blocks below
those that lie in the view are looked at. What reaches out of the view is replaced by its points,
so a band is as exact at its edges as in its middle.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy.orm import Session

from zafiro.tracking import blocks, sql
from zafiro.tracking.blocks import FANOUT, LEVELS

_FINITE = 1.7e308  # MLflow keeps infinities as the greatest numbers there are
_AXES = {"step": ("first_step", "last_step"), "time": ("from_ms", "to_ms")}
_MOST_PARTIAL = 8  # more reach out of the view only where steps were logged in disorder


class Bucket(NamedTuple):
    """Of what lies from `start` to `end` (steps or epoch ms): the lowest, the highest, and what to
    draw a line through."""

    start: int
    low: float
    high: float
    line: float


class _Piece(NamedTuple):
    start: int
    end: int
    low: float
    high: float
    first: float
    last: float
    from_ms: int
    to_ms: int


class _History(NamedTuple):
    """One metric of one run, of which `view` is looked at (both ends included)."""

    db: Session
    run: int
    metric: int
    length: int
    axis: str
    view: tuple[int, int] | None

    def pieces(self, level: int, first: int, end: int) -> list[tuple[int, _Piece]]:
        """(number, block) of the blocks `first` <= number < `end` that touch the view."""
        start, stop = _AXES[self.axis]
        said = (
            f"SELECT block, {start}, {stop}, low_value, high_value, first_value, last_value,"
            " from_ms, to_ms FROM metric_blocks WHERE run = ? AND metric = ? AND level = ?"
            " AND block >= ? AND block < ?"
        )
        given = [self.run, self.metric, level, first, end]
        if self.view is not None:
            said += f" AND {stop} >= ? AND {start} <= ?"
            given += self.view
        return [(row[0], _Piece(*row[1:])) for row in sql.rows(self.db, said, given)]

    def points(self, from_ms: int, to_ms: int) -> list[tuple[int, float]]:
        """(place on the axis, value) in the view and between those times, in order."""
        column = "step" if self.axis == "step" else "timestamp_ms"
        said = (
            f"SELECT {column}, value FROM metric_points WHERE run = ? AND metric = ? AND nan = ?"
            f" AND value BETWEEN {-_FINITE} AND {_FINITE}"
            " AND timestamp_ms >= ? AND timestamp_ms <= ?"
        )
        given = [self.run, self.metric, False, from_ms, to_ms]
        if self.view is not None:
            said += f" AND {column} >= ? AND {column} <= ?"
            given += self.view
        if self.axis == "step":
            said += " ORDER BY step, timestamp_ms"
        else:
            said += " ORDER BY timestamp_ms, step"
        return [(row[0], row[1]) for row in sql.rows(self.db, said, given)]


def band(
    db: Session,
    run: int,
    metric: int,
    count: int,
    *,
    width: int,
    axis: str,
    view: tuple[int, int] | None,
) -> list[Bucket] | None:
    """At most `width` buckets of about as many points each; each point by itself when there are
    no more. None where blocks cannot tell: infinite values hide what else is in theirs."""
    history = _History(db, run, metric, count, axis, view)
    found = _covering(history, width)
    if any(piece.low < -_FINITE or piece.high > _FINITE for piece in found):
        return None
    if not found:
        return []
    if len(found) < width:
        points = history.points(min(p.from_ms for p in found), max(p.to_ms for p in found))
        return _of_points(points, width)
    found = _sharp(history, found)
    found.sort(key=lambda piece: piece.start)
    return [
        Bucket(
            part[0].start,
            min(piece.low for piece in part),
            max(piece.high for piece in part),
            (part[0].first + part[-1].last) / 2,
        )
        for part in _split(found, width)
    ]


def _covering(history: _History, wanted: int) -> list[_Piece]:
    """The blocks of the highest level of which `wanted` touch the view, else those of the lowest;
    and of what no block of that level covers yet, those below."""
    count, level = history.length, LEVELS - 1
    if history.view is None:
        while level and count // blocks.size(level) < wanted:
            level -= 1
    first, end = 0, _uncovered(count, level)[0] if level < LEVELS - 1 else 0
    while True:
        found = history.pieces(level, first, end) if first < end else []
        found += history.pieces(level, *_uncovered(count, level))
        if len(found) >= wanted or level == 0:
            break
        numbers = [number for number, _ in found]
        level -= 1
        first = min(numbers, default=0) * FANOUT
        end = min((max(numbers, default=-1) + 1) * FANOUT, _uncovered(count, level)[0])
    for below in range(level - 1, -1, -1):
        found += history.pieces(below, *_uncovered(count, below))
    return [piece for _, piece in found]


def _uncovered(count: int, level: int) -> tuple[int, int]:
    """The blocks of a level that none of the level above covers yet: from, up to. The last of the
    lowest level may not be full."""
    above = count // blocks.size(level + 1) * FANOUT if level < LEVELS - 1 else 0
    return above, count // blocks.size(level) + (0 if level else 1)


def _sharp(history: _History, found: list[_Piece]) -> list[_Piece]:
    """Points in place of the few blocks that reach out of the view."""
    if history.view is None:
        return found
    first, last = history.view
    partial = [p for p in found if p.start < first or p.end > last]
    if not 0 < len(partial) <= _MOST_PARTIAL:
        return found
    whole = [p for p in found if first <= p.start and p.end <= last]
    for piece in partial:
        for at, value in history.points(piece.from_ms, piece.to_ms):
            if piece.start <= at <= piece.end:
                whole.append(_Piece(at, at, value, value, value, value, 0, 0))
    return whole


def _of_points(points: Sequence[tuple[int, float]], width: int) -> list[Bucket]:
    if len(points) <= width:
        return [Bucket(at, value, value, value) for at, value in points]
    made = []
    for part in _split(points, width):
        values = [value for _, value in part]
        made.append(Bucket(part[0][0], min(values), max(values), sum(values) / len(values)))
    return made


def _split(of: Sequence, parts: int) -> list[Sequence]:  # type: ignore[type-arg]
    count = len(of)
    edges = [count * n // parts for n in range(parts + 1)]
    return [of[a:b] for a, b in pairwise(edges) if a < b]
