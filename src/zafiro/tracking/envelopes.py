"""A metric at the width of a plot: a band from the lowest to the highest value."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from zafiro.tracking import bands, blocks
from zafiro.tracking.store import LatestRow, MetricNameRow, PointRow


@dataclass(frozen=True)
class Envelope:
    """Between `low` and `high` of its bucket lies every value: nothing is sampled away.

    points  how many finite values there are; odd: how many are NaN or infinite. None where only
            a look at all of them could tell
    x       where each bucket begins: a step, or epoch ms
    line    what to draw a line through: the mean of the bucket; of a very long metric the middle
            between its first and its last value
    """

    key: str
    points: int | None
    odd: int | None
    x: list[int]
    low: list[float]
    high: list[float]
    line: list[float]


Row = tuple[int, float, float, float]


def envelope(
    db: Session,
    run: int,
    key: str,
    *,
    width: int,
    x: str = "step",
    first: int | None = None,
    last: int | None = None,
) -> Envelope:
    """About `width` buckets; each point by itself when there are no more than that.

    x: "step" or "time" (epoch ms); `first` and `last` bound it. An unknown key has no points.
    """
    known = select(MetricNameRow.key, LatestRow.count).join(
        LatestRow, LatestRow.key == MetricNameRow.name
    )
    found = db.execute(known.where(LatestRow.run == run, LatestRow.key == key)).one_or_none()
    if found is None:
        return _made(key, 0, 0, [])
    metric, count = int(found[0]), int(found[1])
    if count >= blocks.LONG:
        lowest, highest = -(1 << 63), (1 << 63) - 1
        whole = first is None and last is None
        view = (lowest if first is None else first, highest if last is None else last)
        band = bands.band(db, run, metric, count, width=width, axis=x, view=None if whole else view)
        if band is not None:
            return _made(key, count if whole else None, None, band)
    return _counted(db, run, key, metric, width, x, first, last)


def _counted(
    db: Session,
    run: int,
    key: str,
    metric: int,
    width: int,
    x: str,
    first: int | None,
    last: int | None,
) -> Envelope:
    column: Any = PointRow.timestamp_ms if x == "time" else PointRow.step
    where = [PointRow.run == run, PointRow.metric == metric]
    if first is not None:
        where.append(column >= first)
    if last is not None:
        where.append(column <= last)
    # Infinities would swallow a plot; they are counted instead.
    finite = and_(PointRow.nan.is_(False), PointRow.value.between(-1.7e308, 1.7e308))
    bounds = select(
        func.min(column), func.max(column), func.count(), func.sum(case((finite, 1), else_=0))
    ).where(*where)
    low, high, total, good = db.execute(bounds).one()
    if not total or not good:
        return _made(key, 0, int(total or 0), [])
    value = PointRow.value
    if total <= width:
        each = select(column, value, value, value).where(*where, finite).order_by(column)
        return _made(key, int(good), int(total - good), [tuple(r) for r in db.execute(each)])
    bucket = ((column - low) * width) // (high - low + 1)
    query = (
        select(func.min(column), func.min(value), func.max(value), func.avg(value))
        .where(*where, finite)
        .group_by(bucket)
        .order_by(bucket)
    )
    return _made(key, int(good), int(total - good), [tuple(r) for r in db.execute(query)])


def _made(key: str, points: int | None, odd: int | None, rows: Sequence[Any]) -> Envelope:
    return Envelope(
        key,
        points,
        odd,
        [int(row[0]) for row in rows],
        [float(row[1]) for row in rows],
        [float(row[2]) for row in rows],
        [float(row[3]) for row in rows],
    )
