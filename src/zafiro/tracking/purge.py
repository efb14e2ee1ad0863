"""Deleting for good. Functions of an open session, and the pieces of work that follow them.

What is deleted for good is gone at once: no name leads there any more, and its own is free. Its rows
go in batches afterwards and its files after these, so that no transaction is long, however much a
run has logged. What others still use stays: files that an asset, a registered model or a logged
model of this workspace points to, and datasets, which belong to the experiment.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import and_, delete, exists, inspect, or_, select, tuple_, update
from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.core.errors import Conflict, Unsupported
from zafiro.tracking import artifacts
from zafiro.tracking.domain import ACTIVE, DELETED, ENDED, Experiment, Run
from zafiro.tracking.service import every_run, load
from zafiro.tracking.store import (
    BlockRow,
    EventRow,
    ExperimentRow,
    LoggedModelRow,
    ModelMetricRow,
    PointRow,
    RemainsRow,
    RunRow,
    SeriesPartRow,
    SeriesRow,
)
from zafiro.workspaces.domain import Workspace

LOOP = "purge"
PURGED = "purged"  # lifecycle of rows that nobody sees any more
BATCH = 2000

# Filled by the composition root, because tracking knows neither jobs nor assets.
# (session, GUID of a workspace, run id) → why the run must stay, or None
holds: list[Callable[[Session, str, str], str | None]] = []
# (session, GUID of a workspace, folder) → artifact paths in or below it that are still used
uses: list[Callable[[Session, str, str], list[str]]] = []


@dataclass
class Collected:
    """What `collect` did. kept: {run id: why it is still there}."""

    runs: int = 0
    experiments: int = 0
    models: int = 0
    kept: dict[str, str] = field(default_factory=dict)


def run(db: Session, workspace: Workspace, found: Run) -> None:
    """Raises Conflict for the run of a job that is not gone."""
    why = _why_not(db, found)
    if why:
        raise Conflict(why)
    _hide_run(db, workspace, found)


def _why_not(db: Session, found: Run) -> str | None:
    if found.owned and found.own_state not in ENDED:
        return f"the job '{found.run_id}' is {found.state}; cancel it first"
    return next(filter(None, (held(db, found.workspace, found.run_id) for held in holds)), None)


def _hide_run(db: Session, workspace: Workspace, found: Run) -> None:
    try:
        folder = artifacts.folder_of(found)
    except Unsupported:
        folder = None  # kept elsewhere: not ours to remove
    _leave(db, workspace, folder, run=found.key)
    values = {"workspace": f"{PURGED}/{found.key}", "lifecycle": PURGED}
    db.execute(update(RunRow).where(RunRow.key == found.key).values(**values))
    db.expire_all()


def _leave(
    db: Session,
    workspace: Workspace,
    path: str | None,
    *,
    run: int | None = None,
    experiment: int | None = None,
) -> None:
    where = (None, None, None) if path is None else artifacts.blob(workspace, path)
    account, container, folder = where
    db.add(
        RemainsRow(
            workspace=workspace.guid,
            run=run,
            experiment=experiment,
            path=path,
            account=account,
            container=container,
            folder=folder,
        )
    )
    db.flush()


def experiment(db: Session, workspace: Workspace, found: Experiment) -> None:
    """Raises Conflict when there are runs or logged models in it, deleted ones included."""
    for table, what in ((RunRow, "runs"), (LoggedModelRow, "logged models")):
        inside = exists().where(
            table.experiment == found.key, table.lifecycle.in_((ACTIVE, DELETED))
        )
        if db.scalar(select(inside)):
            raise Conflict(
                f"there are {what} in the experiment '{found.name}', deleted ones included; archive "
                "it, or delete these for good first (`zafiro gc` does, when they are deleted)"
            )
    _hide_experiment(db, workspace, found.key)


def _hide_experiment(db: Session, workspace: Workspace, key: int) -> None:
    _leave(db, workspace, None, experiment=key)
    values = {"workspace": f"{PURGED}/{key}", "lifecycle": PURGED}
    db.execute(update(ExperimentRow).where(ExperimentRow.key == key).values(**values))
    db.expire_all()


def collect(
    db: Session,
    workspace: Workspace,
    *,
    before_ms: int,
    run_ids: Iterable[str] | None = None,
    at_most: int = 1000,
) -> Collected:
    """What `mlflow gc` does: runs, logged models and experiments that were marked as deleted before
    that moment go for good, `at_most` runs and models at once (call again until nothing is done).

    run_ids  these runs and nothing else
    """
    done = Collected()
    _runs(db, workspace, done, before_ms, run_ids, at_most)
    if run_ids is None:
        _models(db, workspace, done, before_ms, at_most)
        _experiments(db, workspace, done, before_ms)
    return done


def _runs(
    db: Session,
    workspace: Workspace,
    done: Collected,
    before_ms: int,
    run_ids: Iterable[str] | None,
    at_most: int,
) -> None:
    query = every_run().where(
        RunRow.workspace == workspace.guid,
        RunRow.lifecycle == DELETED,
        RunRow.deleted_ms <= before_ms,
    )
    if run_ids is not None:
        query = query.where(RunRow.run_id.in_(list(run_ids)))
    last = 0
    while done.runs < at_most:  # those that must stay do not stand in the way of the others
        found = load(db, query.where(RunRow.key > last).order_by(RunRow.key).limit(at_most))
        if not found:
            return
        for one in found[: at_most - done.runs]:
            last = one.key
            why = _why_not(db, one)
            if why:
                done.kept[one.run_id] = why
            else:
                _hide_run(db, workspace, one)
                done.runs += 1


def _models(
    db: Session, workspace: Workspace, done: Collected, before_ms: int, at_most: int
) -> None:
    row = LoggedModelRow.__table__.c
    query = select(row.key, row.folder).where(
        row.workspace == workspace.guid, row.lifecycle == DELETED, row.modified_ms <= before_ms
    )
    for key, folder in db.execute(query.order_by(row.key).limit(at_most)).all():
        _leave(db, workspace, folder)
        db.execute(delete(LoggedModelRow).where(LoggedModelRow.key == key))
        done.models += 1


def _experiments(db: Session, workspace: Workspace, done: Collected, before_ms: int) -> None:
    query = select(ExperimentRow.key).where(
        ExperimentRow.workspace == workspace.guid,
        ExperimentRow.lifecycle == DELETED,
        ExperimentRow.modified_ms <= before_ms,
    )
    for table in (RunRow, LoggedModelRow):
        inside = exists().where(
            table.experiment == ExperimentRow.key, table.lifecycle.in_((ACTIVE, DELETED))
        )
        query = query.where(~inside)
    for key in db.scalars(query).all():
        _hide_experiment(db, workspace, key)
        done.experiments += 1


def step(ctx: Context) -> bool:
    """One batch of what is left of purged things, oldest first; False when there is nothing."""
    with ctx.db.read() as db:
        left = db.scalars(select(RemainsRow).order_by(RemainsRow.key).limit(1)).first()
    if left is None:
        return False
    if left.run is not None:
        with ctx.db.begin() as db:
            if not _free(db, left.run):
                return True  # more of it the next time
    if left.path is not None:
        with ctx.db.read() as db:
            used = [path for of in uses for path in of(db, left.workspace, left.path)]
            used += _of_models(db, left)
        remove_files(ctx, left, used)
    with ctx.db.begin() as db:
        if left.experiment is not None:
            db.execute(delete(ExperimentRow).where(ExperimentRow.key == left.experiment))
        db.execute(delete(RemainsRow).where(RemainsRow.key == left.key))
    return True


def _free(db: Session, run: int) -> bool:
    """Delete some rows of what a run may have millions of; the rest with the run itself. True when
    all are gone."""
    ids = select(SeriesRow.key).where(SeriesRow.run == run)
    for table, mine in (
        (PointRow, PointRow.run == run),
        (BlockRow, BlockRow.run == run),
        (BlockRow, BlockRow.run == run),
        (SeriesPartRow, SeriesPartRow.series.in_(ids)),
        (ModelMetricRow, ModelMetricRow.run == run),
        (EventRow, EventRow.run == run),
    ):
        mapped: Any = inspect(table)
        key = tuple(mapped.primary_key)
        order = tuple_(*key) if len(key) > 1 else key[0]
        # Up to the last of the batch: going through the key is faster than finding each row.
        last = db.execute(
            select(*key).where(mine).order_by(*key).offset(BATCH - 1).limit(1)
        ).first()
        some = mine
        if last is not None:
            some = and_(mine, order <= (tuple_(*last) if len(key) > 1 else last[0]))
        done: Any = db.execute(
            delete(table).where(some).execution_options(synchronize_session=False)
        )
        if last is not None and done.rowcount:
            return False
    db.execute(delete(RunRow).where(RunRow.key == run))
    return True


def _of_models(db: Session, left: RemainsRow) -> list[str]:
    """Folders of logged models that are not deleted for good."""
    row = LoggedModelRow.__table__.c
    query = select(row.folder).where(
        row.workspace == left.workspace,
        or_(
            row.folder == left.path,
            row.folder.startswith(f"{left.path}/", autoescape=True),
        ),
    )
    return list(db.scalars(query))


def remove_files(ctx: Context, left: RemainsRow, used: list[str]) -> None:
    """All files of the folder but those in or below `used` (artifact paths)."""
    path, container = left.path or "", ctx.home.storage / (left.account or "")
    raw = container / (left.container or "") / (left.folder or "")
    root = artifacts.place_in(container / (left.container or ""), left.folder or "")
    if raw.is_symlink():  # what it leads to may be another run's
        raw.unlink()
        return
    kept = {root / one[len(path) :].strip("/") for one in used if one.startswith(path)}
    if root in kept:
        return
    if not kept:
        shutil.rmtree(root, ignore_errors=True)
        return
    for base, folders, names in os.walk(root, topdown=True):
        here = Path(base)
        folders[:] = [name for name in folders if here / name not in kept]
        for name in names:
            if here / name not in kept:
                (here / name).unlink(missing_ok=True)
    _prune(root)


def _prune(root: Path) -> None:
    for base, _, names in os.walk(root, topdown=False):
        if not names and not os.listdir(base):
            os.rmdir(base)
