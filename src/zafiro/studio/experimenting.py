"""Experiments: the list, one of them, and what may be changed of it."""

import math

from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.core.errors import NotFound
from zafiro.studio import experiment_wire as wire
from zafiro.studio.rows import at, rows
from zafiro.tracking import overview as runs
from zafiro.tracking import service as tracking
from zafiro.tracking.domain import ACTIVE
from zafiro.tracking.domain import Experiment as Kept
from zafiro.workspaces.domain import Workspace

NOTE = "mlflow.note.content"  # what MLflow's own page shows as description
_MARKS = 1000
_RECENT = 15


def listed(
    db: Session, workspace: Workspace, *, metric: str, least: bool, archived: bool
) -> wire.Experiments:
    found = runs.gathered.gather(db, workspace.guid, deleted=archived)
    best = {}
    if metric and not archived:
        keys = [one.experiment.key for one in found]
        best = runs.gathered.best(db, workspace.guid, keys, metric, least=least)
    metrics = [key for key in runs.keys(db, workspace.guid, "") if key.startswith("metrics.")]
    return wire.Experiments(
        experiments=[
            wire.ExperimentRow(
                name=one.experiment.name,
                id=one.experiment.id,
                runs=one.runs,
                running=one.running,
                failed=one.failed,
                newest=None if one.newest_ms is None else at(one.newest_ms),
                created=at(one.experiment.created_ms),
                note=_note(one.experiment),
                best=_best(best[one.experiment.key]) if one.experiment.key in best else None,
            )
            for one in found
        ],
        metrics=[key.removeprefix("metrics.") for key in metrics],
    )


def experiment(
    ctx: Context, db: Session, workspace: Workspace, name: str, metric: str
) -> wire.Experiment:
    """Raises NotFound."""
    found = find(db, workspace, name)
    one = runs.gathered.one(db, workspace.guid, found)
    metrics = runs.gathered.metric_names(db, found)
    own = [key for key in metrics if not key.startswith("system/")]
    shown = metric or next(iter(own or metrics), "")
    marks = runs.gathered.over_time(db, found, shown, limit=_MARKS) if shown else []
    wanted = runs.Wanted(experiments=(found.name,))
    recent = runs.window(db, workspace.guid, wanted, limit=_RECENT).runs
    return wire.Experiment(
        name=found.name,
        id=found.id,
        archived=found.lifecycle != ACTIVE,
        note=_note(found),
        tags={k: v for k, v in found.tags.items() if k != NOTE},
        created=at(found.created_ms),
        runs=one.runs,
        running=one.running,
        failed=one.failed,
        metrics=metrics,
        metric=shown or None,
        marks=[
            wire.MetricMark(
                run=mark.run_id,
                display_name=mark.name,
                state=mark.state,
                created=at(mark.created_ms),
                value=mark.value,
            )
            for mark in marks
            if math.isfinite(mark.value)
        ],
        recent=rows(ctx, db, workspace, [run for run in recent if run.experiment == found.name]),
    )


def change(db: Session, workspace: Workspace, asked: wire.ExperimentChange) -> None:
    """Raises NotFound, Invalid, and Conflict for a name that is taken."""
    found = find(db, workspace, asked.name)
    if asked.note is not None:
        if asked.note:
            tracking.experiments.set_tag(db, found, NOTE, asked.note)
        elif NOTE in found.tags:
            tracking.experiments.delete_tag(db, found, NOTE)
    if asked.rename is not None and asked.rename != found.name:
        tracking.experiments.rename(db, found, asked.rename)


def remove(db: Session, workspace: Workspace, name: str) -> None:
    """Into MLflow's `deleted` lifecycle, with its runs. Raises NotFound."""
    tracking.experiments.remove(db, find(db, workspace, name))


def restore(db: Session, workspace: Workspace, name: str) -> None:
    tracking.experiments.restore(db, find(db, workspace, name))


def find(db: Session, workspace: Workspace, name: str) -> Kept:
    found = tracking.experiments.find(db, workspace.guid, name)
    if found is None:
        raise NotFound("experiment", name)
    return found


def _note(experiment: Kept) -> str | None:
    return experiment.tags.get(NOTE) or experiment.description or None


def _best(mark: runs.gathered.Mark) -> wire.BestRun | None:
    if not math.isfinite(mark.value):
        return None
    return wire.BestRun(run=mark.run_id, display_name=mark.name, value=mark.value)
