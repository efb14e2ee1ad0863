"""What pages ask of runs, each in one look: a window of a list, counts, a curve at the width of a
plot. Reads only. Public to other slices (docs/decisions/0008)."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from zafiro.core.errors import Invalid, NotFound
from zafiro.core.home import Home
from zafiro.mlflow_rest.filters import parse
from zafiro.tracking import artifacts, metrics, service
from zafiro.tracking.artifacts import File
from zafiro.tracking.domain import ACTIVE, AZURE_STATE, MLFLOW_STATUS, Point, Run
from zafiro.tracking.envelopes import Envelope as Envelope
from zafiro.tracking.envelopes import envelope as envelope
from zafiro.tracking.kin import Taken as Taken
from zafiro.tracking.kin import logged as logged
from zafiro.tracking.kin import taken as taken
from zafiro.tracking.kin import takers as takers
from zafiro.tracking.search import ATTRIBUTES, condition
from zafiro.tracking.store import ExperimentRow, LatestRow, ParamRow, RunRow
from zafiro.workspaces.domain import Workspace

STATES = tuple(MLFLOW_STATUS)

_STATE: Any = case(
    (RunRow.owned.is_(True), RunRow.state),
    *[(RunRow.status == status, literal(state)) for status, state in AZURE_STATE.items()],
)
_ended: Any = case((RunRow.owned.is_(True), RunRow.state_end_ms), else_=RunRow.end_ms)
_SORTS: dict[str, Any] = {
    "created": RunRow.key,
    "name": RunRow.name,
    "status": _STATE,
    "experiment": ExperimentRow.name,
    "user": RunRow.user_name,
    "compute": RunRow.target,
    "type": RunRow.run_type,
    "duration": _ended - RunRow.start_ms,
}


@dataclass(frozen=True)
class Wanted:
    """Which runs a list is about; every part must hold, and of a tuple any.

    words    each stands in the name or the id, in any case
    states   Azure's words: "Running"
    users, experiments, computes, types   as they are, in any case
    from_ms, to_ms   when they were made
    mlflow   a filter in MLflow's language
    view     active | archived | all
    children whether runs below other runs are listed too
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


@dataclass(frozen=True)
class Window:
    """runs: those asked for; values: {run key: {column: number or text}}; total: all that match."""

    runs: list[Run]
    total: int
    values: dict[int, dict[str, float | str]]


def window(
    db: Session,
    workspace: str,
    wanted: Wanted,
    *,
    sort: str = "created",
    descending: bool = True,
    offset: int = 0,
    limit: int = 100,
    columns: Sequence[str] = (),
) -> Window:
    """`sort`: a key of a list, or metrics.X or params.X. `columns`: metrics.X and params.X to
    show. Raises Invalid, naming what cannot be asked."""
    where = _where(db, workspace, wanted)
    base = select(RunRow.key).join(ExperimentRow, ExperimentRow.key == RunRow.experiment)
    total = db.scalar(select(func.count(RunRow.key)).where(*where)) or 0
    page = _ordered(base.where(*where), sort, descending).offset(offset).limit(limit)
    keys = list(db.scalars(page))
    found = {run.key: run for run in service.load(db, _with_keys(keys))} if keys else {}
    runs = [found[key] for key in keys if key in found]
    return Window(runs, total, _values(db, keys, columns))


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
    query = select(bin, _STATE, func.count()).where(*where).group_by(bin, _STATE)
    return first, last, [(int(b), str(s), int(n)) for b, s, n in db.execute(query)]


def counts(db: Session, workspace: str, *, since_ms: int) -> dict[str, int]:
    """How many runs stand how: all that are under way, and those that ended since."""
    recent = or_(_ended.is_(None), _ended >= since_ms)
    query = (
        select(_STATE, func.count())
        .where(*_where(db, workspace, Wanted()), recent)
        .group_by(_STATE)
    )
    return {str(state): int(count) for state, count in db.execute(query)}


def failures(db: Session, workspace: str, *, since_ms: int, limit: int = 200) -> list[Run]:
    """The runs that failed since, newest first."""
    where = [*_where(db, workspace, Wanted(states=("Failed",))), _ended >= since_ms]
    query = service.every_run().where(*where).order_by(RunRow.key.desc()).limit(limit)
    return service.load(db, query)


def experiments(db: Session, workspace: str) -> list[tuple[str, int, int]]:
    """(name, runs, epoch ms of the newest) of the active ones, newest first."""
    newest = func.max(RunRow.created_ms)
    listed = and_(
        RunRow.experiment == ExperimentRow.key,
        RunRow.lifecycle == ACTIVE,
        RunRow.hidden.is_(False),
        RunRow.parent.is_(None),
    )
    query = (
        select(ExperimentRow.name, func.count(RunRow.key), newest, ExperimentRow.created_ms)
        .join(RunRow, listed, isouter=True)
        .where(ExperimentRow.workspace == workspace, ExperimentRow.lifecycle == ACTIVE)
        .group_by(ExperimentRow.key, ExperimentRow.name, ExperimentRow.created_ms)
    )
    found = [(name, int(n), int(at or made)) for name, n, at, made in db.execute(query)]
    return sorted(found, key=lambda one: -one[2])


def params(db: Session, runs: Iterable[int]) -> dict[int, dict[str, str]]:
    """{run key: {name: value}}."""
    return metrics.params(db, runs)


def latest(db: Session, runs: Iterable[int]) -> dict[int, list[Point]]:
    """{run key: the latest point of each metric, by name}."""
    found = metrics.latest(db, runs)
    return {run: sorted(points, key=lambda p: p.key) for run, points in found.items()}


def keys(db: Session, workspace: str, like: str, *, limit: int = 200) -> list[str]:
    """Columns a list can show: metrics.X and params.X of the newest 500 runs, by name."""
    newest = (
        select(RunRow.key)
        .where(RunRow.workspace == workspace, RunRow.lifecycle == ACTIVE)
        .order_by(RunRow.key.desc())
        .limit(500)
        .subquery()
    )
    found = []
    for prefix, table in (("metrics", LatestRow), ("params", ParamRow)):
        query = select(table.key).where(table.run.in_(select(newest.c.key))).distinct()
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
    query = select(RunRow.key, RunRow.workspace, RunRow.run_id, _STATE, RunRow.modified_ms)
    query = query.where(or_(RunRow.key > after, RunRow.key.in_(among)))
    return [Sign(*row) for row in db.execute(query.limit(5000))]


def open_keys(db: Session, *, within: int) -> list[int]:
    """The keys of the runs under way among the `within` newest."""
    floor = newest_key(db) - within
    ended = ("Completed", "Failed", "Canceled")
    query = select(RunRow.key).where(RunRow.key > floor, _STATE.not_in(ended))
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
    where: list[Any] = [RunRow.workspace == workspace, RunRow.lifecycle == ACTIVE]
    if wanted.view != "all":
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
        where.append(_STATE.in_(wanted.states))
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
    if wanted.mlflow:
        clauses = parse(wanted.mlflow, ATTRIBUTES)
        where += [condition(db, clause, f"filter{n}") for n, clause in enumerate(clauses)]
    return where


def _ordered(query: Any, sort: str, descending: bool) -> Any:
    kind, dot, key = sort.partition(".")
    if dot and kind in ("metrics", "params"):
        row: Any = aliased(LatestRow if kind == "metrics" else ParamRow)
        query = query.outerjoin(row, and_(row.run == RunRow.key, row.key == key))
        column: Any = row.value
        if kind == "metrics":
            column = case((row.nan.is_(False), row.value))
    elif sort in _SORTS:
        column = _SORTS[sort]
    else:
        raise Invalid(
            "sort", f"'{sort}' is none of {', '.join(_SORTS)}, metrics.<name>, params.<name>"
        )
    if column is RunRow.key:
        return query.order_by(column.desc() if descending else column.asc())
    by = column.desc() if descending else column.asc()
    return query.order_by(column.is_(None), by, RunRow.key.desc())


def _with_keys(keys: Sequence[int]) -> Any:
    return service.every_run().where(RunRow.key.in_(keys))


def _values(
    db: Session, keys: Sequence[int], columns: Sequence[str]
) -> dict[int, dict[str, float | str]]:
    found: dict[int, dict[str, float | str]] = {key: {} for key in keys}
    for kind, table in (("metrics", LatestRow), ("params", ParamRow)):
        asked = [c.partition(".")[2] for c in columns if c.startswith(f"{kind}.")]
        if not asked or not keys:
            continue
        pairs = [(run, name) for run in keys for name in asked]
        for start in range(0, len(pairs), 500):
            wanted = tuple_(table.run, table.key).in_(pairs[start : start + 500])
            nan: Any = table.nan if table is LatestRow else literal(False)
            query = select(table.run, table.key, table.value, nan).where(wanted)
            for run, name, value, odd in db.execute(query):
                found[run][f"{kind}.{name}"] = math.nan if odd else value
    return found


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
