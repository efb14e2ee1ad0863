"""Lineage: what a job or an asset came of, and what came of it, some steps both ways.

Bounded: so many steps, so many things beside each other, so many in all; what is left out is
counted. What jobs took in is looked up level by level, since each look reads all jobs."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from zafiro.assets import overview as made
from zafiro.assets import service as assets
from zafiro.assets.domain import Asset
from zafiro.core.errors import NotFound
from zafiro.jobs import overview as jobs
from zafiro.studio import lineage_wire as wire
from zafiro.studio import origins
from zafiro.studio.origins import ASSETS, Origin, Thing
from zafiro.tracking import overview as runs
from zafiro.tracking import service as tracking
from zafiro.workspaces.domain import Workspace

STEPS = 4  # each way
FAN = 8  # of one thing, each way
MOST = 80
_LOOK = 200  # jobs read at one level

_Key = tuple[str, str, str]


@dataclass
class _Graph:
    columns: dict[_Key, int] = field(default_factory=dict)
    things: dict[_Key, Thing] = field(default_factory=dict)
    edges: dict[tuple[_Key, _Key], list[str]] = field(default_factory=dict)
    more: dict[tuple[_Key, bool], int] = field(default_factory=dict)

    def add(self, thing: Thing, column: int) -> bool:
        """Whether it is new."""
        if thing.key in self.things:
            return False
        self.things[thing.key], self.columns[thing.key] = thing, column
        return True

    def join(self, source: Thing, target: Thing, label: str) -> None:
        labels = self.edges.setdefault((source.key, target.key), [])
        if label and label not in labels:
            labels.append(label)


def lineage(
    db: Session, workspace: Workspace, kind: str, name: str, version: str = ""
) -> wire.Lineage:
    """Raises NotFound."""
    if kind == "jobs":
        start = Thing("jobs", tracking.get_run(db, workspace.guid, name).run_id)
    elif kind in ASSETS:
        one = _asset(db, workspace, kind, name, version or "latest")
        start = Thing(kind, one.name, one.version)
    else:
        raise NotFound("kind of thing", kind, f"there are jobs, {', '.join(ASSETS)}")
    graph = _Graph()
    graph.add(start, 0)
    for up in (True, False):
        level, column = [start], 0
        for _ in range(STEPS):
            column += -1 if up else 1
            found = _above(db, workspace, graph, level) if up else _below(db, workspace, level)
            level = list(_drawn(graph, found, column, up=up))
            if not level:
                break
    return _shown(db, workspace, graph, start)


# what was found of one thing, and how many there are
_Found = tuple[Thing, list[Origin], int]


def _drawn(graph: _Graph, found: Iterable[_Found], column: int, *, up: bool) -> Iterable[Thing]:
    for of, near, count in found:
        left = count
        for one in near[:FAN]:
            if one.thing.key == of.key:
                left -= 1
                continue
            if one.thing.key not in graph.things and len(graph.things) >= MOST:
                break
            left -= 1
            new = graph.add(one.thing, column)
            graph.join(*((one.thing, of) if up else (of, one.thing)), one.label)
            if new:
                yield one.thing
        if left > 0:
            graph.more[(of.key, up)] = left


def _above(
    db: Session, workspace: Workspace, graph: _Graph, level: list[Thing]
) -> Iterable[_Found]:
    for thing in level:
        near: list[Origin] = []
        if thing.kind == "jobs":
            near = _taken(db, workspace, thing)
        elif thing.kind in ASSETS:
            try:
                one = _asset(db, workspace, thing.kind, thing.name, thing.version)
            except NotFound:  # it was deleted since
                continue
            graph.things[thing.key] = Thing(thing.kind, one.name, one.version)  # as first written
            origin = origins.of_asset(workspace, one)
            near = [] if origin is None else [origin]
        kept = [one for one in near if one.sure or _is_run(db, workspace, one.thing.name)]
        yield thing, kept, len(kept)


def _taken(db: Session, workspace: Workspace, job: Thing) -> list[Origin]:
    """What a run took in: as a job its inputs, and what it told MLflow."""
    kept = jobs.find(db, workspace.guid, job.name)
    found = origins.of_job(workspace, kept.body["properties"]) if kept else []
    run = next(iter(runs.by_ids(db, workspace.guid, [job.name])), None)
    if run is None:
        return found
    said = runs.taken(db, run)
    for dataset in said.datasets:
        found.append(Origin(Thing("dataset", dataset.name, dataset.digest), "dataset"))
    sources = [f"models:/{id}" for id in said.models]
    registered = {one.source: one for one in made.from_sources(db, workspace, sources)}
    for id, source in zip(said.models, sources, strict=True):
        one = registered.get(source)
        thing = Thing("logged", id) if one is None else Thing("models", one.name, one.version)
        found.append(Origin(thing, "model"))
    return found


def _below(db: Session, workspace: Workspace, level: list[Thing]) -> Iterable[_Found]:
    found: dict[_Key, list[Origin]] = {thing.key: [] for thing in level}
    counts: dict[_Key, int] = {}
    values = [text for one in level if one.kind in ASSETS for text in origins.naming(one)]
    names = [one.name for one in level if one.kind == "jobs"]
    readers, total = jobs.readers(db, workspace.guid, values, jobs=names, limit=_LOOK)
    for reader in readers:
        for origin in origins.of_job(workspace, reader.properties):
            if origin.thing.key in found and origin.thing.name.lower() != reader.name.lower():
                found[origin.thing.key].append(Origin(Thing("jobs", reader.name), origin.label))
    if len(level) == 1 and total > _LOOK:
        counts[level[0].key] = total
    for thing in level:
        if thing.kind == "jobs":
            found[thing.key] += _made(db, workspace, thing)
        if thing.kind == "models":
            found[thing.key] += _takers(db, workspace, thing)
    for thing in level:
        once = list({one.thing.key: one for one in reversed(found[thing.key])}.values())[::-1]
        yield thing, once, max(len(once), counts.get(thing.key, 0))


def _made(db: Session, workspace: Workspace, job: Thing) -> list[Origin]:
    """What came of a run: named outputs, models registered from it, models only logged."""
    run = next(iter(runs.by_ids(db, workspace.guid, [job.name])), None)
    if run is None:
        return []
    found = []
    for name, output in (run.outputs or {}).items():
        origin = origins.of_uri(workspace, str(output.get("assetId") or ""), name, "data")
        if origin.thing.kind in ASSETS:
            found.append(origin)
    registered = made.of_runs(db, workspace, [run.run_id], limit=_LOOK)
    found += [Origin(Thing(one.kind, one.name, one.version), "") for one in registered]
    known = {one.source.removeprefix("models:/") for one in registered}
    for model in runs.logged(db, workspace.guid, [run.run_id], limit=_LOOK):
        if model.model_id not in known:
            found.append(Origin(Thing("logged", model.name, model.model_id), ""))
    return found


def _takers(db: Session, workspace: Workspace, model: Thing) -> list[Origin]:
    try:
        one = assets.get(db, workspace, "models", model.name, model.version)
    except NotFound:
        return []
    id = one.source.removeprefix("models:/")
    if not id.startswith("m-"):
        return []
    took = runs.takers(db, workspace.guid, [id], limit=_LOOK)
    return [Origin(Thing("jobs", run), "model") for _, run in took]


def _asset(db: Session, workspace: Workspace, kind: str, name: str, version: str) -> Asset:
    if version == "latest":
        return assets.latest(db, workspace, kind, name)
    return assets.get(db, workspace, kind, name, version)


def _is_run(db: Session, workspace: Workspace, name: str) -> bool:
    return bool(runs.by_ids(db, workspace.guid, [name]))


def _shown(db: Session, workspace: Workspace, graph: _Graph, start: Thing) -> wire.Lineage:
    numbers = {key: n for n, key in enumerate(graph.things)}
    names = [one.name for one in graph.things.values() if one.kind == "jobs"]
    known = {run.run_id.lower(): run for run in runs.by_ids(db, workspace.guid, names)}
    of_logged = {target: source for source, target in graph.edges if target[0] == "logged"}
    nodes = []
    for key, thing in graph.things.items():
        run = known.get(thing.name.lower()) if thing.kind == "jobs" else None
        maker = graph.things.get(of_logged[key]) if key in of_logged else None
        nodes.append(
            wire.Kin(
                id=numbers[key],
                kind=thing.kind,
                name=thing.name,
                version=thing.version,
                label=run.name if run else thing.name,
                state=run.state if run else None,
                column=graph.columns[key],
                run=maker.name if maker else None,
            )
        )
    return wire.Lineage(
        start=numbers[start.key],
        nodes=nodes,
        edges=[
            wire.KinEdge(source=numbers[a], target=numbers[b], label=", ".join(labels))
            for (a, b), labels in graph.edges.items()
        ],
        more=[
            wire.More(node=numbers[key], up=up, count=count)
            for (key, up), count in graph.more.items()
        ],
    )
