"""Blocks: what a plot needs of long metrics, kept up with every write (store.BlockRow).

A block is of points that were logged one after the other, wherever they stand by step or time. So
a late point changes one small block, and what lies below a finished block never has to be looked
at again.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from zafiro.tracking import sql

SIZE, FANOUT, LEVELS = 32, 8, 6  # points in a block, blocks in the one above, levels
LONG = 4096  # values from which a metric has blocks

Row = tuple[int, int, int, int, float, bool]  # run, metric, timestamp_ms, step, value, nan
Mark = tuple[int, int, float]  # step, timestamp_ms, value


class Block(NamedTuple):
    from_ms: int
    to_ms: int
    first: Mark
    last: Mark
    low: Mark
    high: Mark


_PARTS = ("step", "ms", "value")
_COLUMNS = ["from_ms", "to_ms"] + [
    f"{of}_{part}" for of in ("first", "last", "low", "high") for part in _PARTS
]
_READ = f"SELECT block, {', '.join(_COLUMNS)} FROM metric_blocks"
_BETTER = {
    "from": "excluded.from_ms < metric_blocks.from_ms",
    "to": "excluded.to_ms > metric_blocks.to_ms",
    "first": "(excluded.first_step, excluded.first_ms)"
    " < (metric_blocks.first_step, metric_blocks.first_ms)",
    "last": "(excluded.last_step, excluded.last_ms)"
    " > (metric_blocks.last_step, metric_blocks.last_ms)",
    "low": "excluded.low_value < metric_blocks.low_value",
    "high": "excluded.high_value > metric_blocks.high_value",
}
_WRITE = (
    f"INSERT INTO metric_blocks (run, metric, level, block, {', '.join(_COLUMNS)})"
    " {values} ON CONFLICT (run, metric, level, block) DO UPDATE SET "
) + ", ".join(
    f"{column} = CASE WHEN {_BETTER[column.split('_')[0]]}"
    f" THEN excluded.{column} ELSE metric_blocks.{column} END"
    for column in _COLUMNS
)
_TYPES = "int8 int4 int4 int8 int8 int8" + " int8 int8 float8" * 4


def size(level: int) -> int:
    """Points in a block of that level."""
    return SIZE * int(FANOUT**level)


def of_marks(marks: Sequence[Mark]) -> Block:
    """The block of these numbers, of which there is at least one."""
    times = [mark[1] for mark in marks]
    value = itemgetter(2)
    return Block(
        min(times), max(times), min(marks), max(marks), min(marks, key=value), max(marks, key=value)
    )


def merge(blocks: Sequence[Block]) -> Block:
    return Block(
        min(block.from_ms for block in blocks),
        max(block.to_ms for block in blocks),
        min(block.first for block in blocks),
        max(block.last for block in blocks),
        min((block.low for block in blocks), key=itemgetter(2)),
        max((block.high for block in blocks), key=itemgetter(2)),
    )


def extend(db: Session, rows: Sequence[Row], logged: Mapping[tuple[int, int], str]) -> None:
    """Rows were just written, sorted, and counted in metric_latest. `logged`: the name of each
    (run, metric) of them."""
    source, given = sql.pairs(db, [(run, name) for (run, _), name in logged.items()])
    long = {
        (run, name): count
        for run, name, count in sql.rows(
            db,
            f"SELECT l.run, l.key, l.count FROM {source} CROSS JOIN metric_latest l"
            f" WHERE l.run = j.a AND l.key = j.b AND l.count >= {LONG}",
            given,
        )
    }
    if not long:
        return
    for (run, metric), group in groupby(rows, key=itemgetter(0, 1)):
        count = long.get((run, logged[run, metric]))
        if count is not None:
            written = list(group)
            before = count - len(written)
            if before < LONG:  # from the beginning, then
                before, written = 0, _all(db, run, metric)
            _write(db, run, metric, 0, _cut(written, before))
            for level in range(1, LEVELS):
                below = before // size(level), count // size(level)
                if below[0] == below[1]:
                    break
                _write(db, run, metric, level, _above(db, run, metric, level, *below))


def read(
    db: Session,
    run: int,
    metric: int,
    level: int,
    where: str = "block >= ?",
    given: Sequence[Any] = (0,),
) -> list[tuple[int, Block]]:
    """(number, block) of that level, in order. `where`: more SQL, and its parameters."""
    found = sql.rows(
        db,
        f"{_READ} WHERE run = ? AND metric = ? AND level = ? AND {where} ORDER BY block",
        [run, metric, level, *given],
    )
    return [
        (n, Block(a, b, (c, d, e), (f, g, h), (i, j, k), (l, m, o)))
        for n, a, b, c, d, e, f, g, h, i, j, k, l, m, o in found  # noqa: E741
    ]


def _all(db: Session, run: int, metric: int) -> list[Row]:
    return [
        (run, metric, *row)
        for row in sql.rows(
            db,
            "SELECT timestamp_ms, step, value, nan FROM metric_points WHERE run = ? AND metric = ?"
            " ORDER BY timestamp_ms, step, value, nan",
            [run, metric],
        )
    ]


def _cut(rows: Sequence[Row], before: int) -> Iterable[tuple[int, Block]]:
    for number, group in groupby(enumerate(rows, before), key=lambda one: one[0] // SIZE):
        marks = [(step, at, value) for _, (_, _, at, step, value, nan) in group if not nan]
        if marks:
            yield number, of_marks(marks)


def _above(
    db: Session, run: int, metric: int, level: int, first: int, end: int
) -> Iterable[tuple[int, Block]]:
    """The blocks of that level from `first` up to `end`, from those below."""
    children = read(
        db, run, metric, level - 1, "block >= ? AND block < ?", [first * FANOUT, end * FANOUT]
    )
    for number, group in groupby(children, key=lambda one: one[0] // FANOUT):
        yield number, merge([block for _, block in group])


def _write(
    db: Session, run: int, metric: int, level: int, blocks: Iterable[tuple[int, Block]]
) -> None:
    rows = [
        (run, metric, level, n, b.from_ms, b.to_ms, *b.first, *b.last, *b.low, *b.high)
        for n, b in blocks
    ]
    sql.many(db, _WRITE, _TYPES, rows)
