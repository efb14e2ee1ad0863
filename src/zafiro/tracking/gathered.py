"""Experiments as pages show them: what is in each, and a metric across its runs. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select, tuple_
from sqlalchemy.orm import Session

from zafiro.tracking import experiments
from zafiro.tracking.domain import ACTIVE, DELETED, Experiment
from zafiro.tracking.standing import STATE
from zafiro.tracking.store import ExperimentRow, LatestRow, RunRow

_ENDED = ("Completed", "Failed", "Canceled")


@dataclass(frozen=True)
class Gathered:
    """An experiment and what is in it. counts: runs by Azure's states, those below other runs and
    those archived left out. newest_ms: when the newest was made, epoch ms."""

    experiment: Experiment
    counts: dict[str, int]
    newest_ms: int | None

    @property
    def runs(self) -> int:
        return sum(self.counts.values())

    @property
    def failed(self) -> int:
        return self.counts.get("Failed", 0)

    @property
    def running(self) -> int:
        return sum(n for state, n in self.counts.items() if state not in _ENDED)


@dataclass(frozen=True)
class Mark:
    """The latest value a run has of a metric."""

    run_id: str
    name: str
    experiment: int
    state: str
    created_ms: int
    value: float


def gather(db: Session, workspace: str, *, deleted: bool = False) -> list[Gathered]:
    """Those with the newest runs first. `deleted`: those put away, with the runs that went with
    them, instead of the others."""
    lifecycle = DELETED if deleted else ACTIVE
    query = select(ExperimentRow).where(
        ExperimentRow.workspace == workspace, ExperimentRow.lifecycle == lifecycle
    )
    found = experiments.of_rows(db, list(db.scalars(query)))
    counts = _counts(db, workspace, lifecycle, None)
    all_ = [Gathered(one, *counts.get(one.key, ({}, None))) for one in found]
    return sorted(all_, key=lambda g: -(g.newest_ms or g.experiment.created_ms))


def one(db: Session, workspace: str, experiment: Experiment) -> Gathered:
    counts = _counts(db, workspace, experiment.lifecycle, experiment.key)
    return Gathered(experiment, *counts.get(experiment.key, ({}, None)))


def best(
    db: Session, workspace: str, among: Sequence[int], metric: str, *, least: bool
) -> dict[int, Mark]:
    """{experiment key: the run with the least or greatest latest value}; NaN is none."""
    edge = func.min(LatestRow.value) if least else func.max(LatestRow.value)
    listed = _listed(workspace, ACTIVE)
    ends = (
        select(LatestRow.experiment, edge)
        .join(RunRow, RunRow.key == LatestRow.run)
        .where(
            LatestRow.key == metric,
            LatestRow.nan.is_(False),
            LatestRow.experiment.in_(among),
            *listed,
        )
        .group_by(LatestRow.experiment)
    )
    pairs = [(key, value) for key, value in db.execute(ends)]
    found: dict[int, Mark] = {}
    for start in range(0, len(pairs), 300):
        wanted = tuple_(LatestRow.experiment, LatestRow.value).in_(pairs[start : start + 300])
        query = _marks(metric).where(wanted, *listed).order_by(RunRow.key)
        for row in db.execute(query):
            mark = Mark(*row)
            found.setdefault(mark.experiment, mark)
    return found


def over_time(db: Session, experiment: Experiment, metric: str, *, limit: int) -> list[Mark]:
    """The latest values of the newest `limit` runs that have it, oldest first."""
    listed = _listed(experiment.workspace, experiment.lifecycle)
    query = (
        _marks(metric)
        .where(LatestRow.experiment == experiment.key, *listed)
        .order_by(RunRow.key.desc())
        .limit(limit)
    )
    return [Mark(*row) for row in db.execute(query)][::-1]


def metric_names(db: Session, experiment: Experiment, *, among: int = 200) -> list[str]:
    """Of its newest runs, those that most have first."""
    newest = (
        select(RunRow.key)
        .where(RunRow.experiment == experiment.key, RunRow.lifecycle == experiment.lifecycle)
        .order_by(RunRow.key.desc())
        .limit(among)
        .subquery()
    )
    query = (
        select(LatestRow.key)
        .where(LatestRow.run.in_(select(newest.c.key)))
        .group_by(LatestRow.key)
        .order_by(func.count().desc(), LatestRow.key)
    )
    return list(db.scalars(query.limit(500)))


def _listed(workspace: str, lifecycle: str) -> list[Any]:
    return [
        RunRow.workspace == workspace,
        RunRow.lifecycle == lifecycle,
        RunRow.hidden.is_(False),
        RunRow.parent.is_(None),
    ]


def _counts(
    db: Session, workspace: str, lifecycle: str, experiment: int | None
) -> dict[int, tuple[dict[str, int], int]]:
    query = (
        select(RunRow.experiment, STATE, func.count(), func.max(RunRow.created_ms))
        .where(*_listed(workspace, lifecycle))
        .group_by(RunRow.experiment, STATE)
    )
    if experiment is not None:
        query = query.where(RunRow.experiment == experiment)
    found: dict[int, tuple[dict[str, int], int]] = {}
    for key, said, count, newest in db.execute(query):
        counts, before = found.get(key, ({}, 0))
        found[key] = ({**counts, str(said): int(count)}, max(before, int(newest)))
    return found


def _marks(metric: str) -> Any:
    return (
        select(
            RunRow.run_id,
            RunRow.name,
            LatestRow.experiment,
            STATE,
            RunRow.created_ms,
            LatestRow.value,
        )
        .join(RunRow, and_(RunRow.key == LatestRow.run))
        .where(LatestRow.key == metric, LatestRow.nan.is_(False))
    )
