"""The home page and the list of jobs: one call gives a first screen."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from zafiro.computes import service as computes
from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.errors import Conflict, ZafiroError
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
    given = filters.parse(asked.filter, me=me, now=clock.now())
    wanted = replace(given, upto=asked.upto)
    newest = runs.newest_key(db)
    window = runs.window(
        db,
        workspace.guid,
        wanted,
        sort=asked.sort.removeprefix("-"),
        descending=asked.sort.startswith("-"),
        offset=asked.offset,
        limit=asked.limit,
        shown=asked.columns,
        grouped=bool(asked.group),
    )
    fresh = 0
    if asked.upto is not None and newest > asked.upto:
        fresh = runs.count(db, workspace.guid, replace(given, after=asked.upto))
    return list_wire.Jobs(
        rows=rows(ctx, db, workspace, window.runs, window.values),
        total=window.total,
        fresh=fresh,
        newest=newest,
        as_of=clock.now(),
    )


def groups(
    db: Session, workspace: Workspace, asked: list_wire.GroupsQuery, *, me: str
) -> list_wire.Groups:
    wanted = replace(filters.parse(asked.filter, me=me, now=clock.now()), upto=asked.upto)
    found: dict[str, list_wire.Group] = {}
    for name, state, number in runs.groups(db, workspace.guid, wanted):
        one = found.setdefault(name, list_wire.Group(name=name, count=0, states={}))
        one.count += number
        one.states[state] = number
    return list_wire.Groups(groups=list(found.values()))


def around(
    db: Session, workspace: Workspace, asked: list_wire.AroundQuery, *, me: str
) -> list_wire.Around:
    """Raises NotFound for a job that is none."""
    run = tracking.get_run(db, workspace.guid, asked.name)
    keys = runs.keys_of(
        db,
        workspace.guid,
        filters.parse(asked.filter, me=me, now=clock.now()),
        sort=asked.sort.removeprefix("-"),
        descending=asked.sort.startswith("-"),
        grouped=bool(asked.group),
    )
    place = keys.index(run.key) if run.key in keys else -1
    if place < 0:
        return list_wire.Around(place=0, total=len(keys), before=None, after=None)
    beside = keys[max(0, place - 1) : place + 2]
    names = {one.key: one.run_id for one in runs.with_keys(db, beside, ())[0]}
    return list_wire.Around(
        place=place + 1,
        total=len(keys),
        before=names.get(keys[place - 1]) if place else None,
        after=names.get(keys[place + 1]) if place + 1 < len(keys) else None,
    )


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
        computes=compute_rows(ctx, db, workspace, last=False),
        slots_used=used,
        slots=slots,
    )


def fingerprint(message: str) -> str:
    """Equal for failures that differ in numbers only."""
    return _NUMBERS.sub("#", message)[:200]


def change(
    ctx: Context, db: Session, workspace: Workspace, verb: str, names: Sequence[str]
) -> list_wire.Done:
    """cancel, archive, restore, delete or undelete each; those that cannot be are told with the
    reason."""
    done, refused = [], []
    for name in names:
        try:
            with db.begin_nested():
                _change(ctx, db, workspace, verb, name)
            done.append(name)
        except ZafiroError as e:
            refused.append(list_wire.Refusal(name=name, why=str(e)))
    return list_wire.Done(done=done, refused=refused)


def _change(ctx: Context, db: Session, workspace: Workspace, verb: str, name: str) -> None:
    guid = workspace.guid
    if verb == "cancel":
        job_verbs.cancel(ctx, db, guid, name)
    elif verb in ("archive", "restore"):
        tracking.update_run(db, guid, name, hidden=verb == "archive")
    elif verb == "undelete":
        tracking.restore_run(db, tracking.get_run(db, guid, name))
    else:
        kept = jobs.find(db, guid, name)
        if kept is not None and not kept.job.ended:
            raise Conflict(f"job '{name}' is {kept.job.status.value}; cancel it first")
        tracking.remove_run(db, tracking.get_run(db, guid, name))
