"""The band of a long metric holds every value, by step and by time, wherever one looks."""

import random
from collections.abc import Callable

import pytest

from zafiro.core.db import Database
from zafiro.tracking import metrics, overview, service
from zafiro.tracking.domain import Point, Run
from zafiro.workspaces.domain import Workspace


@pytest.fixture
def log(db: Database, main: Workspace) -> Callable[[list[Point]], Run]:
    def logged(points: list[Point]) -> Run:
        with db.begin() as session:
            experiment = service.ensure_experiment(session, main.guid, "long")
            run = service.create_run(session, main.guid, "r1", experiment, "long")
        for at in range(0, len(points), 3000):
            with db.begin() as session:
                metrics.log_points(session, run.key, run.experiment_key, points[at : at + 3000])
        return run

    return logged


def of(axis: str, point: Point) -> int:
    return point.step if axis == "step" else point.timestamp_ms


def exact(found: overview.Envelope, points: list[Point], axis: str, width: int) -> None:
    """Each value lies in the band at its place, and each edge of the band is one of them."""
    inside = sorted((of(axis, p), p.value) for p in points)
    assert len(found.x) == min(width, len(inside)) or len(found.x) > width // 2
    assert found.x[0] == inside[0][0]
    assert min(found.low) == min(v for _, v in inside)
    assert max(found.high) == max(v for _, v in inside)
    values = {v for _, v in inside}
    assert set(found.low) | set(found.high) <= values
    ends = [*found.x[1:], inside[-1][0] + 1]
    spans = list(zip(found.x, ends, found.low, found.high, strict=True))
    for start, end, low, high in spans:
        here = [v for at, v in inside if start <= at < end]
        assert not here or (low <= min(here) and max(here) <= high)


@pytest.mark.parametrize("axis", ["step", "time"])
def test_a_band_is_exact_in_every_view(
    db: Database, log: Callable[[list[Point]], Run], axis: str
) -> None:
    dice = random.Random(4)
    points = [Point("loss", dice.gauss(0, 1), 1_000_000 + 7 * n, 3 * n) for n in range(60_000)]
    run = log(points)
    places = [of(axis, p) for p in points]
    views: list[tuple[int | None, int | None]] = [(None, None), (None, places[900])]
    for _ in range(12):
        first = dice.randrange(0, 59_000)
        views.append((places[first], places[dice.randrange(first + 1, 60_000)]))
    with db.read() as session:
        for first, last in views:
            found = overview.envelope(
                session, run.key, "loss", width=300, x=axis, first=first, last=last
            )
            seen = [
                p
                for p in points
                if (first is None or of(axis, p) >= first) and (last is None or of(axis, p) <= last)
            ]
            exact(found, seen, axis, 300)
        assert (
            overview.envelope(session, run.key, "loss", width=300, x=axis, first=places[-1] + 1).x
            == []
        )


def test_steps_logged_in_disorder_stay_within_the_band(
    db: Database, log: Callable[[list[Point]], Run]
) -> None:
    dice = random.Random(5)
    points = [Point("loss", dice.random(), n, dice.randrange(20_000)) for n in range(20_000)]
    run = log(points)
    with db.read() as session:
        found = overview.envelope(
            session, run.key, "loss", width=100, x="step", first=5_000, last=6_000
        )
        values = [p.value for p in points if 5_000 <= p.step <= 6_000]
        assert min(found.low) <= min(values) and max(values) <= max(found.high)
        assert found.points is None


def test_infinite_values_do_not_swallow_a_long_band(
    db: Database, log: Callable[[list[Point]], Run]
) -> None:
    points = [Point("loss", float(n % 50), n, n) for n in range(9_000)]
    points[4_000] = points[4_000]._replace(value=float("inf"))
    run = log(points)
    with db.read() as session:
        found = overview.envelope(session, run.key, "loss", width=100)
    assert (found.odd, found.points, max(found.high)) == (1, 8_999, 49.0)
