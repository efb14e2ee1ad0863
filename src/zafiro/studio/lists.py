"""The home page and the lists of jobs and experiments: one call gives a first screen."""

import re
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from zafiro.computes import service as computes
from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.errors import ZafiroError
from zafiro.jobs import overview as jobs
from zafiro.jobs import service as job_verbs
from zafiro.studio import filters, list_wire
from zafiro.studio.computing import compute_rows
from zafiro.studio.rows import at, rows
from zafiro.tracking import overview as runs
from zafiro.tracking import service as tracking
from zafiro.workspaces.domain import Workspace

_DAY = timedelta(days=1)


_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+", re.I)


def query(
    ctx: Context, db: Session, workspace: Workspace, asked: list_wire.JobsQuery, *, me: str
) -> list_wire.Jobs:
    """A window of the list of jobs and runs. Raises Invalid for a filter or order that is none."""
    wanted = filters.parse(asked.filter, me=me, now=clock.now())
    window = runs.window(
        db,
        workspace.guid,
        wanted,
        sort=asked.sort.removeprefix("-"),
        descending=asked.sort.startswith("-"),
        offset=asked.offset,
        limit=asked.limit,
        columns=asked.columns,
    )
    shown = rows(ctx, db, workspace, window.runs, window.values)
    return list_wire.Jobs(rows=shown, total=window.total, as_of=clock.now())


def histogram(
    db: Session, workspace: Workspace, asked: list_wire.HistogramQuery, *, me: str
) -> list_wire.Histogram:
    wanted = filters.parse(asked.filter, me=me, now=clock.now())
    first, last, bins = runs.histogram(db, workspace.guid, wanted, bins=asked.bins)
    return list_wire.Histogram(
        first=at(first) if bins else None,
        last=at(last) if bins else None,
        bins=[list_wire.Bin(index=b, state=s, count=n) for b, s, n in bins],
    )


def home(ctx: Context, db: Session, workspace: Workspace) -> list_wire.Home:
    since = int((clock.now() - _DAY).timestamp() * 1000)
    recent = runs.window(db, workspace.guid, runs.Wanted(), limit=10).runs
    failed = runs.failures(db, workspace.guid, since_ms=since)
    standing = jobs.standings(db, workspace.guid, [run.run_id for run in failed])
    groups: dict[str, list_wire.FailureGroup] = {}
    for run in failed:
        job = standing.get(run.run_id)
        if job is None or job.failure is None:
            continue
        print_ = fingerprint(job.failure.message)
        if print_ not in groups:
            groups[print_] = list_wire.FailureGroup(
                text=job.failure.message, count=0, example=run.run_id
            )
        groups[print_].count += 1
    used, slots = computes.usage(ctx, db, workspace.subscription)
    return list_wire.Home(
        counts=runs.counts(db, workspace.guid, since_ms=since),
        recent=rows(ctx, db, workspace, recent),
        failures=sorted(groups.values(), key=lambda group: -group.count)[:8],
        computes=compute_rows(ctx, db, workspace),
        slots_used=used,
        slots=slots,
    )


def fingerprint(message: str) -> str:
    """Equal for failures that differ in numbers only."""
    return _NUMBERS.sub("#", message)[:200]


def change(
    ctx: Context, db: Session, workspace: Workspace, verb: str, names: Sequence[str]
) -> list_wire.Done:
    """cancel, archive or restore each; those that cannot be are told with the reason."""
    done, refused = [], []
    for name in names:
        try:
            with db.begin_nested():
                if verb == "cancel":
                    job_verbs.cancel(ctx, db, workspace.guid, name)
                else:
                    hidden = verb == "archive"
                    tracking.update_run(db, workspace.guid, name, hidden=hidden)
            done.append(name)
        except ZafiroError as e:
            refused.append(list_wire.Refusal(name=name, why=str(e)))
    return list_wire.Done(done=done, refused=refused)


def experiments(db: Session, workspace: Workspace) -> list_wire.Experiments:
    return list_wire.Experiments(
        experiments=[
            list_wire.Experiment(name=name, runs=count, newest=at(newest))
            for name, count, newest in runs.experiments(db, workspace.guid)
        ]
    )
