"""A long history made short for a plot.

What is shown are always points that were logged. A history is cut into buckets of about as many
points each, and of each its first, last, lowest and highest point stay: no peak is lost, however
far one looks from. Of long metrics the buckets are made of blocks (`blocks`), so the time this
takes grows with the width of the plot and not with the history.
"""

from collections.abc import Sequence
from itertools import pairwise

from sqlalchemy.orm import Session

from zafiro.tracking import blocks, sql
from zafiro.tracking.blocks import Block, Mark
from zafiro.tracking.domain import Point

_OF = "WHERE run = ? AND metric = ?"


def envelope(
    db: Session,
    run: int,
    key: str,
    *,
    pixels: int,
    first_step: int | None = None,
    last_step: int | None = None,
) -> list[Point]:
    """At most four points for each of `pixels` buckets, by step, between those steps (both
    included) if they are given. All points when there are no more; NaN is left out; [] for a
    metric nobody logged."""
    return _points(key, _marks(db, run, key, pixels, _range(first_step, last_step)))


def sampled_history(
    db: Session,
    run: int,
    key: str,
    *,
    at_most: int,
    first_step: int | None = None,
    last_step: int | None = None,
) -> list[Point]:
    """The same with a bound on the points, first and last kept (only the last when one is asked
    for). A history that is short comes thinned evenly, NaN included.

    Source: get_metric_history_bulk_interval, mlflow 3.17.
    """
    between = _range(first_step, last_step)
    metric, count = _metric(db, run, key)
    if count < blocks.LONG:
        return _evenly(key, _direct(db, run, metric, between), at_most)
    marks = _marks(db, run, key, max(1, (at_most - 2) // 4), between)
    if at_most == 1 or not marks:
        return _points(key, marks[-1:])
    if at_most < 6:
        return _points(key, [marks[0], marks[-1]])
    return _points(key, marks)


Range = tuple[int, int]
_EVERYTHING = (-(1 << 63), (1 << 63) - 1)


def _range(first_step: int | None, last_step: int | None) -> Range:
    return (
        _EVERYTHING[0] if first_step is None else first_step,
        _EVERYTHING[1] if last_step is None else last_step,
    )


def _metric(db: Session, run: int, key: str) -> tuple[int, int]:
    """(its number, how many values were logged); (0, 0) for one nobody logged."""
    found = sql.rows(
        db,
        "SELECT n.key, l.count FROM metric_latest l JOIN metric_names n ON n.name = l.key"
        " WHERE l.run = ? AND l.key = ?",
        [run, key],
    )
    return (found[0][0], found[0][1]) if found else (0, 0)


def _marks(db: Session, run: int, key: str, pixels: int, between: Range) -> list[Mark]:
    metric, count = _metric(db, run, key)
    buckets: Sequence[Block] = ()
    if count >= blocks.LONG:
        buckets = _blocks(db, run, metric, count, pixels, between)
        if not buckets:
            return []
    if len(buckets) < pixels:
        rows = _direct(db, run, metric, between, [buckets] if buckets else [])
        marks = [(step, at, value) for at, step, value, nan in rows if not nan]
        if len(marks) <= 4 * pixels:
            return marks
        parts = _split(marks, pixels)
        return _shown([blocks.of_marks(part) for part in parts], between)
    return _shown([blocks.merge(part) for part in _split(buckets, pixels)], between)


def _blocks(
    db: Session, run: int, metric: int, count: int, wanted: int, between: Range
) -> list[Block]:
    """The blocks of the highest level of which there are enough, by step, and of what no block
    of that level covers yet those below. Fewer than enough if there are not more."""
    found: list[Block] = []
    for level in reversed(range(blocks.LEVELS)):
        if level and count // blocks.size(level) < wanted:
            continue
        found, start = [], 0
        for of in range(level, -1, -1):
            end = count // blocks.size(of) if of else count
            where, given = "block >= ? AND block < ?", [start, end]
            if between != _EVERYTHING:
                where += " AND last_step >= ? AND first_step <= ?"
                given += between
            found += [block for _, block in blocks.read(db, run, metric, of, where, given)]
            start = end * blocks.FANOUT
        if len(found) >= wanted:
            break
    return sorted(found, key=lambda block: block.first)


def _direct(
    db: Session, run: int, metric: int, between: Range, near: Sequence[Sequence[Block]] = ()
) -> list[tuple[int, int, float, bool]]:
    """(timestamp_ms, step, value, nan) by step. `near`: no need to look farther than their time."""
    said, given = f"SELECT timestamp_ms, step, value, nan FROM metric_points {_OF}", [run, metric]
    for found in near:
        said += " AND timestamp_ms >= ? AND timestamp_ms <= ?"
        given += [min(b.from_ms for b in found), max(b.to_ms for b in found)]
    if between != _EVERYTHING:
        said += " AND step >= ? AND step <= ?"
        given += between
    rows = [tuple(row) for row in sql.rows(db, said, given)]
    return sorted(rows, key=lambda row: (row[1], row[0], row[2], row[3]))


def _evenly(key: str, rows: Sequence[tuple[int, int, float, bool]], at_most: int) -> list[Point]:
    count = len(rows)
    if at_most == 1:
        rows = rows[-1:]
    elif count > at_most:
        rows = [rows[n * (count - 1) // (at_most - 1)] for n in range(at_most)]
    nan = float("nan")
    return [Point(key, nan if is_nan else value, at, step) for at, step, value, is_nan in rows]


def _split(of: Sequence, pixels: int) -> list[Sequence]:  # type: ignore[type-arg]
    count = len(of)
    edges = [count * n // pixels for n in range(pixels + 1)]
    return [of[a:b] for a, b in pairwise(edges) if a < b]


def _shown(buckets: Sequence[Block], between: Range) -> list[Mark]:
    marks = {mark for block in buckets for mark in block[2:]}
    return sorted(mark for mark in marks if between[0] <= mark[0] <= between[1])


def _points(key: str, marks: Sequence[Mark]) -> list[Point]:
    return [Point(key, value, at, step) for step, at, value in marks]
