"""The same metrics of many runs, for one plot: a look or two for all of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from zafiro.tracking import blocks
from zafiro.tracking.envelopes import Envelope, envelope
from zafiro.tracking.store import LatestRow, MetricNameRow, PointRow

_CHUNK = 200


def overlay(
    db: Session,
    runs: Sequence[int],
    keys: Sequence[str],
    *,
    width: int,
    x: str = "step",
    first: int | None = None,
    last: int | None = None,
) -> dict[int, list[Envelope]]:
    """{run key: the envelopes of those of `keys` that it has}, each of about `width` buckets; as
    `envelope` has them, but metrics of less than some thousand points are read together."""
    row = LatestRow.__table__.c
    name = MetricNameRow.__table__.c
    plain: list[int] = []
    found: dict[int, list[Envelope]] = {}
    for start in range(0, len(runs), _CHUNK):
        query = select(row.run, row.key, row.count).where(
            row.run.in_(runs[start : start + _CHUNK]), row.key.in_(keys)
        )
        for run, key, count in db.execute(query):
            if count >= blocks.LONG:
                one = envelope(db, run, key, width=width, x=x, first=first, last=last)
                found.setdefault(run, []).append(one)
            elif run not in plain:
                plain.append(run)
    names = {
        int(number): str(said)
        for number, said in db.execute(select(name.key, name.name).where(name.name.in_(keys)))
    }
    for (run, metric), one in _together(db, plain, names, width, x, first, last).items():
        if all(e.key != names[metric] for e in found.get(run, [])):
            found.setdefault(run, []).append(one)
    return found


def _together(
    db: Session,
    runs: Sequence[int],
    names: dict[int, str],
    width: int,
    x: str,
    first: int | None,
    last: int | None,
) -> dict[tuple[int, int], Envelope]:
    if not runs or not names:
        return {}
    point: Any = PointRow.__table__.c
    at = point.timestamp_ms if x == "time" else point.step
    where = [point.metric.in_(list(names))]
    if first is not None:
        where.append(at >= first)
    if last is not None:
        where.append(at <= last)
    finite = and_(point.nan.is_(False), point.value.between(-1.7e308, 1.7e308))
    bounds: dict[tuple[int, int], tuple[int, int, int, int]] = {}
    for start in range(0, len(runs), _CHUNK):
        chunk = runs[start : start + _CHUNK]
        query = (
            select(
                point.run,
                point.metric,
                func.min(at),
                func.max(at),
                func.count(),
                func.sum(case((finite, 1), else_=0)),
            )
            .where(point.run.in_(chunk), *where)
            .group_by(point.run, point.metric)
        )
        for run, metric, low, high, total, good in db.execute(query):
            bounds[run, metric] = (low, high, total, int(good))
    made: dict[tuple[int, int], list[Any]] = {of: [] for of in bounds}
    few = [run for (run, _), (_, _, total, _) in bounds.items() if total <= width]
    for start in range(0, len(few), _CHUNK):
        each = (
            select(point.run, point.metric, at, point.value)
            .where(point.run.in_(few[start : start + _CHUNK]), *where, finite)
            .order_by(point.run, point.metric, at)
        )
        for run, metric, place, value in db.execute(each):
            if bounds[run, metric][2] <= width:
                made[run, metric].append((place, value, value, value))
    for (run, metric), (low, high, total, _) in bounds.items():
        if total <= width:
            continue
        bucket = ((at - low) * width) // (high - low + 1)
        grouped = (
            select(
                func.min(at), func.min(point.value), func.max(point.value), func.avg(point.value)
            )
            .where(point.run == run, *where, point.metric == metric, finite)
            .group_by(bucket)
            .order_by(bucket)
        )
        made[run, metric] = list(db.execute(grouped))
    return {
        of: Envelope(
            names[of[1]],
            bounds[of][3],
            bounds[of][2] - bounds[of][3],
            [int(one[0]) for one in rows],
            [float(one[1]) for one in rows],
            [float(one[2]) for one in rows],
            [float(one[3]) for one in rows],
        )
        for of, rows in made.items()
    }
