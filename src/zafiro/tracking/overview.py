"""What pages ask of runs, each in one look: a window of a list, counts, a curve at the width of a
plot. Reads only. Public to other slices (docs/decisions/0008)."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from zafiro.core.errors import Invalid, NotFound
from zafiro.core.home import Home
from zafiro.mlflow_rest.filters import parse
from zafiro.tracking import artifacts, columns, metrics, service
from zafiro.tracking import gathered as gathered
from zafiro.tracking.artifacts import File
from zafiro.tracking.domain import ACTIVE, DELETED, MLFLOW_STATUS, Point, Run
from zafiro.tracking.envelopes import Envelope as Envelope
from zafiro.tracking.envelopes import envelope as envelope
from zafiro.tracking.kin import Taken as Taken
from zafiro.tracking.kin import logged as logged
from zafiro.tracking.kin import taken as taken
from zafiro.tracking.kin import takers as takers
from zafiro.tracking.overlays import overlay as overlay
from zafiro.tracking.search import ATTRIBUTES, condition
from zafiro.tracking.standing import ENDED_MS, STATE
from zafiro.tracking.store import ExperimentRow, LatestRow, ParamRow, RunRow, TagRow
from zafiro.workspaces.domain import Workspace

STATES = tuple(MLFLOW_STATUS)

_SORTS: dict[str, Any] = {
    "created": RunRow.key,
    "name": RunRow.name,
    "status": STATE,
    "experiment": ExperimentRow.name,
    "user": RunRow.user_name,
    "compute": RunRow.target,
    "type": RunRow.run_type,
    "duration": ENDED_MS - RunRow.start_ms,
}


@dataclass(frozen=True)
class Wanted:
    """Which runs a list is about; every part must hold, and of a tuple any.

    words    each stands in the name or the id, in any case
    states   Azure's words: "Running"
    users, experiments, computes, types   as they are, in any case
    from_ms, to_ms   when they were made
    mlflow   a filter in MLflow's language
    view     active | archived | all | deleted
    children whether runs below other runs are listed too
    upto, after   keys: none made later than that, only such
    """

    words: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()
    computes: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    from_ms: int | None = None
    to_ms: int | None = None
    mlflow: str = ""
    view: str = "active"
    children: bool = False
    upto: int | None = None
    after: int | None = None


@dataclass(frozen=True)
class Window:
    """runs: those asked for; values: {run key: {column: number or text}}; total: all that match."""

    runs: list[Run]
    values: columns.Values
    total: int


def window(
    db: Session,
    workspace: str,
    wanted: Wanted,
    *,
    sort: str = "created",
    descending: bool = True,
    offset: int = 0,
    limit: int = 100,
    shown: Sequence[str] = (),
    grouped: bool = False,
) -> Window:
    """`sort`: a key of a list, or a column as `tracking/columns.py` has them. `shown`: those to
    show. `grouped`: by experiment first, by name. Raises Invalid, naming what cannot be asked."""
    where = _where(db, workspace, wanted)
    total = db.scalar(select(func.count(RunRow.key)).where(*where)) or 0
    found = _keys(db, where, sort, descending, offset, limit, grouped)
    return Window(*_shown(db, found, shown), total)


def keys_of(
    db: Session,
    workspace: str,
    wanted: Wanted,
    *,
    sort: str,
    descending: bool,
    grouped: bool = False,
) -> list[int]:
    """The keys of all runs of a list, in its order. Raises Invalid."""
    return _keys(db, _where(db, workspace, wanted), sort, descending, 0, None, grouped)


def count(db: Session, workspace: str, wanted: Wanted) -> int:
    return db.scalar(select(func.count(RunRow.key)).where(*_where(db, workspace, wanted))) or 0


def groups(db: Session, workspace: str, wanted: Wanted) -> list[tuple[str, str, int]]:
    """(experiment, state, runs), the experiments in the order of a grouped list."""
    query = (
        select(ExperimentRow.name, STATE, func.count())
        .select_from(RunRow)
        .join(ExperimentRow, ExperimentRow.key == RunRow.experiment)
        .where(*_where(db, workspace, wanted))
        .group_by(ExperimentRow.name, STATE)
        .order_by(ExperimentRow.name)
    )
    return [(str(name), str(state), int(number)) for name, state, number in db.execute(query)]


def with_keys(
    db: Session, found: Sequence[int], shown: Sequence[str]
) -> tuple[list[Run], columns.Values]:
    """Those runs, in that order, and what the columns say of them by their keys."""
    return _shown(db, found, shown)


def histogram(
    db: Session, workspace: str, wanted: Wanted, *, bins: int
) -> tuple[int, int, list[tuple[int, str, int]]]:
    """(first, last, [(bin, state, count)]) over the time they were made, epoch ms."""
    where = _where(db, workspace, wanted)
    bounds = select(func.min(RunRow.created_ms), func.max(RunRow.created_ms)).where(*where)
    first, last = db.execute(bounds).one()
    if first is None:
        return 0, 0, []
    bin = ((RunRow.created_ms - first) * bins) // (last - first + 1)
    query = select(bin, STATE, func.count()).where(*where).group_by(bin, STATE)
    return first, last, [(int(b), str(s), int(n)) for b, s, n in db.execute(query)]


def counts(db: Session, workspace: str, *, since_ms: int) -> dict[str, int]:
    """How many runs stand how: all that are under way, and those that ended since."""
    recent = or_(ENDED_MS.is_(None), since_ms <= ENDED_MS)
    query = (
        select(STATE, func.count()).where(*_where(db, workspace, Wanted()), recent).group_by(STATE)
    )
    return {str(state): int(count) for state, count in db.execute(query)}


def failures(db: Session, workspace: str, *, since_ms: int, limit: int = 200) -> list[Run]:
    """The runs that failed since, newest first."""
    where = [*_where(db, workspace, Wanted(states=("Failed",))), since_ms <= ENDED_MS]
    query = service.every_run().where(*where).order_by(RunRow.key.desc()).limit(limit)
    return service.load(db, query)


def params(db: Session, runs: Iterable[int]) -> dict[int, dict[str, str]]:
    """{run key: {name: value}}."""
    return metrics.params(db, runs)


def latest(db: Session, runs: Iterable[int]) -> dict[int, list[Point]]:
    """{run key: the latest point of each metric, by name}."""
    found = metrics.latest(db, runs)
    return {run: sorted(points, key=lambda p: p.key) for run, points in found.items()}


def keys(db: Session, workspace: str, like: str, *, limit: int = 200) -> list[str]:
    """Columns a list can show: metrics.X, params.X and tags.X of the newest 500 runs, by name."""
    newest = (
        select(RunRow.key)
        .where(RunRow.workspace == workspace, RunRow.lifecycle == ACTIVE)
        .order_by(RunRow.key.desc())
        .limit(500)
        .subquery()
    )
    found = []
    for prefix, table in (("metrics", LatestRow), ("params", ParamRow), ("tags", TagRow)):
        query = select(table.key).where(table.run.in_(select(newest.c.key))).distinct()
        if table is TagRow:  # the clients' own, of which a list has columns where they matter
            query = query.where(table.key.not_like("mlflow.%"), table.key.not_like("azureml%"))
        if like:
            query = query.where(func.lower(table.key).contains(like.lower(), autoescape=True))
        found += [f"{prefix}.{key}" for key in db.scalars(query.order_by(table.key).limit(limit))]
    return found[:limit]


@dataclass(frozen=True)
class Sign:
    """How a run stood when somebody looked: the less to compare, the better."""

    key: int
    workspace: str
    run_id: str
    state: str
    modified_ms: int


def newest_key(db: Session) -> int:
    return db.scalar(select(func.max(RunRow.key))) or 0


def signs(db: Session, *, after: int = 0, among: Sequence[int] = ()) -> list[Sign]:
    """Of the runs made after the key `after`, and of those with the keys `among`."""
    query = select(RunRow.key, RunRow.workspace, RunRow.run_id, STATE, RunRow.modified_ms)
    query = query.where(or_(RunRow.key > after, RunRow.key.in_(among)))
    return [Sign(*row) for row in db.execute(query.limit(5000))]


def open_keys(db: Session, *, within: int) -> list[int]:
    """The keys of the runs under way among the `within` newest."""
    floor = newest_key(db) - within
    ended = ("Completed", "Failed", "Canceled")
    query = select(RunRow.key).where(RunRow.key > floor, STATE.not_in(ended))
    return list(db.scalars(query))


def activity(db: Session, runs: Sequence[int]) -> dict[int, tuple[int, int]]:
    """{run key: (metrics, newest timestamp)}: changes when something is logged."""
    query = (
        select(LatestRow.run, func.count(), func.max(LatestRow.timestamp_ms))
        .where(LatestRow.run.in_(runs))
        .group_by(LatestRow.run)
    )
    return {run: (int(count), int(at)) for run, count, at in db.execute(query)}


def by_ids(db: Session, workspace: str, ids: Sequence[str]) -> list[Run]:
    """Those that exist, in the order asked for."""
    found = service.get_runs(db, workspace, ids)
    return [found[id] for id in ids if id in found]


def _where(db: Session, workspace: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    lifecycle = DELETED if wanted.view == "deleted" else ACTIVE
    where: list[Any] = [RunRow.workspace == workspace, RunRow.lifecycle == lifecycle]
    if wanted.view in ("active", "archived"):
        where.append(RunRow.hidden.is_(wanted.view == "archived"))
    if not wanted.children:
        where.append(RunRow.parent.is_(None))
    for word in wanted.words:
        where.append(
            or_(
                func.lower(RunRow.name).contains(word.lower(), autoescape=True),
                func.lower(RunRow.run_id).contains(word.lower(), autoescape=True),
            )
        )
    if wanted.states:
        where.append(STATE.in_(wanted.states))
    for column, given in (
        (RunRow.user_name, wanted.users),
        (RunRow.target, wanted.computes),
        (RunRow.run_type, wanted.types),
    ):
        if given:
            where.append(func.lower(column).in_([one.lower() for one in given]))
    if wanted.experiments:
        names = [name.lower() for name in wanted.experiments]
        known = select(ExperimentRow.key).where(
            ExperimentRow.workspace == workspace, func.lower(ExperimentRow.name).in_(names)
        )
        where.append(RunRow.experiment.in_(known))
    if wanted.from_ms is not None:
        where.append(RunRow.created_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        where.append(RunRow.created_ms <= wanted.to_ms)
    if wanted.upto is not None:
        where.append(RunRow.key <= wanted.upto)
    if wanted.after is not None:
        where.append(RunRow.key > wanted.after)
    if wanted.mlflow:
        clauses = parse(wanted.mlflow, ATTRIBUTES)
        where += [condition(db, clause, f"filter{n}") for n, clause in enumerate(clauses)]
    return where


def _keys(
    db: Session,
    where: Sequence[ColumnElement[bool]],
    sort: str,
    descending: bool,
    offset: int,
    limit: int | None,
    grouped: bool,
) -> list[int]:
    query = select(RunRow.key).where(*where)
    if grouped:
        query = query.join(ExperimentRow, ExperimentRow.key == RunRow.experiment)
        query = query.order_by(ExperimentRow.name)
    column = columns.read(sort)
    if column is not None and column.kind == "at":
        if grouped:
            raise Invalid("sort", f"'{sort}' cannot be the order of a grouped list")
        few = query.order_by(RunRow.key.desc()).limit(columns.MOST_SORTED + 1)
        known = columns.ordered_at(db, list(db.scalars(few)), column, descending)
        return known[offset : None if limit is None else offset + limit]
    if column is not None:
        query = columns.ordered(query, column, descending)
    elif sort == "created":
        query = query.order_by(RunRow.key.desc() if descending else RunRow.key.asc())
    elif sort in _SORTS:
        by = _SORTS[sort]
        if not grouped:
            query = query.join(ExperimentRow, ExperimentRow.key == RunRow.experiment)
        query = query.order_by(
            by.is_(None), by.desc() if descending else by.asc(), RunRow.key.desc()
        )
    else:
        raise Invalid(
            "sort",
            f"'{sort}' is none of {', '.join(_SORTS)}, metrics.<name>, max(<name>), min(<name>), "
            "<name> at max(<name>), params.<name>, tags.<name>",
        )
    return list(db.scalars(query.offset(offset).limit(limit)))


def _shown(
    db: Session, found: Sequence[int], shown: Sequence[str]
) -> tuple[list[Run], columns.Values]:
    known: dict[int, Run] = {}
    values: columns.Values = {}
    for start in range(0, len(found), 500):
        some = found[start : start + 500]
        query = service.every_run().where(RunRow.key.in_(some))
        known.update((run.key, run) for run in service.load(db, query))
        values.update(columns.values(db, some, shown))
    return [known[key] for key in found if key in known], values


def files(home: Home, workspace: Workspace, run: Run, folder: str) -> list[File]:
    """What lies directly in a folder of a run's artifacts, "" for all of them, by name."""
    below = artifacts.folder_of(run) + (f"/{artifacts.safe(folder)}" if folder else "")
    return artifacts.listing(home, workspace, below)


def file(home: Home, workspace: Workspace, run: Run, path: str) -> Path:
    """A file of a run's artifacts. Raises NotFound, Invalid for a path that leaves them."""
    root = artifacts.place(home, workspace, artifacts.folder_of(run))
    found = artifacts.place_in(root, path)
    if not found.is_file():
        raise NotFound("file", path, f"run '{run.run_id}' has no file of that name")
    return found


def paths(home: Home, workspace: Workspace, run: Run, *, at_most: int) -> tuple[list[str], bool]:
    """(the files of a run's artifacts by path, whether there are more)."""
    root = artifacts.place(home, workspace, artifacts.folder_of(run))
    found: list[str] = []
    for base, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            if len(found) == at_most:
                return found, True
            found.append(Path(base, name).relative_to(root).as_posix())
    return found, False


def inside(folder: Path, path: str) -> Path:
    """A place in a folder. Raises Invalid for a path that leaves it."""
    return artifacts.place_in(folder, path)
