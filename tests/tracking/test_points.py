"""Long histories: blocks and what is shown of them."""

import math
import random
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from zafiro.core.db import Database
from zafiro.tracking import blocks, metrics, service, thinning
from zafiro.tracking.domain import Point, Run
from zafiro.tracking.store import BlockRow, LatestRow, PointRow
from zafiro.workspaces.domain import Workspace


@pytest.fixture
def run(db: Database, main: Workspace) -> Run:
    with db.begin() as session:
        experiment = service.ensure_experiment(session, main.guid, "long")
        return service.create_run(session, main.guid, "r1", experiment, "long")


def log(db: Database, run: Run, points: list[Point], at_once: int = 1000) -> None:
    for at in range(0, len(points), at_once):
        with db.begin() as session:
            metrics.log_points(session, run.key, run.experiment_key, points[at : at + at_once])


def wave(count: int, start: int = 0) -> list[Point]:
    dice = random.Random(start)
    return [
        Point("loss", math.sin(n / 500) + dice.random(), 10 * n, n)
        for n in range(start, start + count)
    ]


def exact(points: list[Point], shown: list[Point]) -> None:
    """Every lowest and highest point between two shown ones is shown."""
    assert set(shown) <= set(points)
    assert shown == sorted(shown, key=lambda point: (point.step, point.timestamp_ms))
    assert {points[0], points[-1]} <= set(shown)
    for pick in (min, max):
        assert pick(points, key=lambda p: p.value) in shown


@pytest.fixture(params=[1000, 37])
def at_once(request: pytest.FixtureRequest) -> Iterator[int]:
    yield request.param


def test_a_long_history_keeps_first_last_and_extremes(db: Database, run: Run, at_once: int) -> None:
    points = wave(20_000)
    points[7_777] = points[7_777]._replace(value=99.0)
    points[12_345] = points[12_345]._replace(value=-99.0)
    log(db, run, points, at_once)
    with db.read() as session:
        for pixels in (10, 100, 300, 1000, 4000):
            shown = thinning.envelope(session, run.key, "loss", pixels=pixels)
            exact(points, shown)
            assert pixels <= len(shown) <= 4 * pixels
        assert thinning.envelope(session, run.key, "loss", pixels=5000) == points
        assert thinning.envelope(session, run.key, "other", pixels=100) == []
        assert session.scalars(select(LatestRow.count)).one() == 20_000
    with db.begin() as session:  # what a block says of its level is true of its points
        for level in range(3):
            for number, block in blocks.read(session, run.key, 1, level):
                of = points[number * blocks.size(level) : (number + 1) * blocks.size(level)]
                assert block == blocks.of_marks([(p.step, p.timestamp_ms, p.value) for p in of])


def test_a_short_history_is_whole(db: Database, run: Run) -> None:
    points = [*wave(300), Point("loss", math.nan, 5000, 500)]
    log(db, run, points)
    with db.read() as session:
        assert thinning.envelope(session, run.key, "loss", pixels=100) == points[:-1]
        shown = thinning.envelope(session, run.key, "loss", pixels=20)
        exact(points[:-1], shown)
        assert len(shown) <= 80
        whole = thinning.sampled_history(session, run.key, "loss", at_most=1000)
        assert [p.step for p in whole] == [p.step for p in points]
        assert math.isnan(whole[-1].value)
        assert not list(session.scalars(select(BlockRow.block)))


def test_part_of_a_long_history(db: Database, run: Run) -> None:
    points = wave(20_000)
    log(db, run, points)
    with db.read() as session:
        for first, last, pixels in ((5000, 5100, 200), (100, 19_000, 50), (19_990, 30_000, 5)):
            inside = [p for p in points if first <= p.step <= last]
            shown = thinning.envelope(
                session, run.key, "loss", pixels=pixels, first_step=first, last_step=last
            )
            assert set(shown) <= set(inside) and len(shown) >= min(len(inside), pixels)
            for pick in (min, max):
                best = pick(inside[64:-64] or inside, key=lambda p: p.value)
                assert best in shown, (first, last)
        assert not thinning.envelope(
            session, run.key, "loss", pixels=10, first_step=30_000, last_step=40_000
        )


@pytest.mark.parametrize("at_most", [1, 2, 5, 6, 7, 100, 2500])
def test_a_sample_is_never_longer_than_asked(db: Database, run: Run, at_most: int) -> None:
    points = wave(6000)
    log(db, run, points)
    with db.read() as session:
        shown = thinning.sampled_history(session, run.key, "loss", at_most=at_most)
    assert 0 < len(shown) <= at_most
    assert shown[-1] == points[-1]
    assert at_most == 1 or shown[0] == points[0]


def test_late_repeated_and_unordered_points_are_in_the_plot(db: Database, run: Run) -> None:
    points = wave(10_000)
    shuffled = random.Random(1).sample(points, len(points))
    log(db, run, shuffled[:6000])
    log(db, run, shuffled[3000:])  # half of them again
    late = Point("loss", 50.0, 3, 4)
    log(db, run, [late])
    with db.read() as session:
        shown = thinning.envelope(session, run.key, "loss", pixels=100)
        exact([points[0], *points[1:-1], late, points[-1]], shown)
        assert len(list(session.scalars(select(PointRow.step)))) == 10_001


def test_infinities_are_extremes_and_nan_is_not(db: Database, run: Run) -> None:
    points = wave(5000)
    points[4100] = points[4100]._replace(value=math.inf)
    points[4200] = points[4200]._replace(value=-math.inf)
    odd = [Point("loss", math.nan, 10 * n, n) for n in range(6000, 6200)]
    log(db, run, points + odd)
    with db.read() as session:
        shown = thinning.envelope(session, run.key, "loss", pixels=50)
    exact(points, shown)


def test_a_history_comes_in_pages(db: Database, run: Run) -> None:
    points = wave(2000)
    log(db, run, points)
    found: list[Point] = []
    with db.read() as session:
        while page := metrics.history(session, run.key, "loss", after=_behind(found), limit=300):
            found += page
    assert found == points


def _behind(found: list[Point]) -> tuple[int, int, float, bool] | None:
    return (found[-1].timestamp_ms, found[-1].step, found[-1].value, False) if found else None


def test_a_name_that_was_not_committed_has_no_number(db: Database, run: Run) -> None:
    def both(session: Session) -> None:
        for key in ("never", "ever"):
            metrics.log_points(session, run.key, run.experiment_key, [Point(key, 1.0, 1)])

    with pytest.raises(ZeroDivisionError), db.begin() as session:
        both(session)
        raise ZeroDivisionError
    log(db, run, [Point("other", 3.0, 1), Point("ever", 2.0, 1)])
    with db.read() as session:
        assert metrics.history(session, run.key, "ever") == [Point("ever", 2.0, 1)]
        assert metrics.history(session, run.key, "other") == [Point("other", 3.0, 1)]
        assert metrics.history(session, run.key, "never") == []
