"""Histories of several runs thinned alike, so that curves in one plot can be read side by side."""

import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, func, or_, select
from sqlalchemy.orm import Session

from zafiro.tracking import sql, thinning
from zafiro.tracking.domain import Point
from zafiro.tracking.store import PointRow, metric_key

MOST_POINTS_PER_RUN = 2500
MOST_COMPARED = 50_000  # points that are all looked at


def by_step(
    db: Session,
    runs: Sequence[int],
    key: str,
    *,
    at_most: int,
    between: tuple[int, int] | None = None,
) -> list[tuple[int, Point]]:
    """(run, point), run by run as given, by step.

    About `at_most` steps, evenly among those any of the runs logged, and of each run its first and
    its last; all points of such a step. A run with more than 2500 of them (one that never says a
    step, for one) is thinned by itself, and so are all runs when they have very many points
    together: then first, last and extremes stay. `between`: first and last step.
    Source: get_metric_history_bulk_interval, mlflow 3.17.
    """
    first, last = between or (None, None)
    among, given = sql.among(db, runs)
    total = f"SELECT sum(count) FROM metric_latest WHERE run {among} AND key = ?"
    if (sql.rows(db, total, [given, key])[0][0] or 0) > MOST_COMPARED:
        return [
            (run, point)
            for run in runs
            for point in thinning.sampled_history(
                db, run, key, at_most=at_most, first_step=first, last_step=last
            )
        ]
    row = PointRow
    within = [row.metric == metric_key(key)] + ([row.step.between(*between)] if between else [])
    logged = select(row.step).where(row.run.in_(runs), *within).distinct().subquery()
    count = db.scalar(select(func.count()).select_from(logged)) or 0
    chosen: Any = True
    if count > at_most:
        every = -(-count // at_most)
        place = func.row_number(type_=BigInteger()).over(order_by=logged.c.step)
        placed = select(logged.c.step, place.label("place")).subquery()
        kept = select(placed.c.step).where(
            or_((placed.c.place - 1) % every == 0, placed.c.place == count)
        )
        ends = select(func.min(row.step), func.max(row.step)).where(row.run.in_(runs), *within)
        outer = {step for found in db.execute(ends.group_by(row.run)) for step in found}
        chosen = or_(row.step.in_(kept), row.step.in_(outer))
    found: list[tuple[int, Point]] = []
    for run in runs:
        query = (
            select(row.timestamp_ms, row.step, row.value, row.nan)
            .where(row.run == run, *within, chosen)
            .order_by(row.step, row.timestamp_ms, row.value, row.nan)
            .limit(MOST_POINTS_PER_RUN + 1)
        )
        points = [
            Point(key, math.nan if nan else value, at, step)
            for at, step, value, nan in db.execute(query)
        ]
        if len(points) > MOST_POINTS_PER_RUN:
            points = thinning.sampled_history(
                db, run, key, at_most=MOST_POINTS_PER_RUN, first_step=first, last_step=last
            )
        found += [(run, point) for point in points]
    return found
