"""Computes: how busy they are, their nodes, what runs on them; started, stopped and scaled."""

from sqlalchemy.orm import Session

from zafiro.computes import service as computes
from zafiro.computes.domain import CLUSTER, INSTANCE, Compute
from zafiro.core import documents
from zafiro.core.context import Context
from zafiro.core.documents import Record
from zafiro.core.errors import Invalid, NotFound
from zafiro.studio import compute_wire as wire
from zafiro.studio.rows import at, rows
from zafiro.tracking import overview as runs
from zafiro.workspaces.domain import Workspace

_SHOWN = 20
_SPELLED = {"start": "Start", "stop": "Stop", "restart": "Restart"}


def compute_rows(
    ctx: Context, db: Session, workspace: Workspace, *, last: bool = True
) -> list[wire.ComputeRow]:
    """`last`: also which job ran last, and since when nothing does."""
    return [_row(ctx, db, workspace, one, last=last) for one in computes.all_of(db, workspace)]


def compute(ctx: Context, db: Session, workspace: Workspace, name: str) -> wire.Compute:
    """Raises NotFound."""
    found = next(
        (c for c in computes.all_of(db, workspace) if c.name.lower() == name.lower()), None
    )
    if found is None:
        raise NotFound("compute", name)
    nodes = computes.nodes(db, found)
    at_work = runs.by_ids(db, workspace.guid, [node.run for node in nodes if node.run])
    shown = {row.name: row for row in rows(ctx, db, workspace, at_work)}
    queue = runs.window(db, workspace.guid, _waiting(found), descending=False, limit=_SHOWN).runs
    on_it = runs.window(db, workspace.guid, _others(found), limit=_SHOWN).runs
    return wire.Compute(
        row=_row(ctx, db, workspace, found),
        nodes=[
            wire.Node(name=n.name, state=n.state, run=n.run or None, job=shown.get(n.run))
            for n in nodes
        ],
        queue=rows(ctx, db, workspace, queue),
        jobs=rows(ctx, db, workspace, on_it),
    )


def action(verb: str) -> str:
    """What of Azure's actions somebody must be allowed to."""
    return "computes/write" if verb == "scale" else f"computes/{verb}/action"


def act(ctx: Context, db: Session, workspace: Workspace, name: str, asked: wire.Act) -> wire.Acted:
    """Raises NotFound, Invalid for a verb that this compute has not, Conflict while work runs."""
    record = documents.find(db, f"{workspace.id}/computes/{name}", lock=True)
    if record is None:
        raise NotFound("compute", name)
    if asked.verb == "scale":
        return _scale(ctx, db, record, asked)
    before = computes.of_record(record)
    computes.operate(db, record, _SPELLED[asked.verb])
    if asked.verb == "start" and before.why_not:
        return wire.Acted(undo=wire.Act(verb="stop"))
    if asked.verb == "stop" and not before.why_not:
        return wire.Acted(undo=wire.Act(verb="start"))
    return wire.Acted(undo=None)


def _scale(ctx: Context, db: Session, record: Record, asked: wire.Act) -> wire.Acted:
    properties = record.properties
    if properties["computeType"] != CLUSTER:
        raise Invalid("compute", f"'{record.name}' is no cluster; it has one node and stays so")
    inner = properties["properties"]
    scale = inner["scaleSettings"]
    least = scale["minNodeCount"] if asked.min_nodes is None else asked.min_nodes
    most = scale["maxNodeCount"] if asked.max_nodes is None else asked.max_nodes
    changed = {**scale, "minNodeCount": least, "maxNodeCount": most}
    body = {
        **record.body,
        "properties": {**properties, "properties": {**inner, "scaleSettings": changed}},
    }
    computes.put(ctx, db, record.id, body)
    before = (scale["minNodeCount"], scale["maxNodeCount"])
    undo = wire.Act(verb="scale", min_nodes=before[0], max_nodes=before[1])
    return wire.Acted(undo=None if before == (least, most) else undo)


def _waiting(compute: Compute) -> runs.Wanted:
    return runs.Wanted(states=("Queued",), computes=(compute.name,), view="all", children=True)


def _others(compute: Compute) -> runs.Wanted:
    states = tuple(state for state in runs.STATES if state != "Queued")
    return runs.Wanted(states=states, computes=(compute.name,), view="all", children=True)


def _row(
    ctx: Context, db: Session, workspace: Workspace, one: Compute, *, last: bool = True
) -> wire.ComputeRow:
    nodes = computes.nodes(db, one)
    waiting = runs.window(db, workspace.guid, _waiting(one), limit=0).total
    busy = sum(1 for node in nodes if node.run)
    newest = runs.window(db, workspace.guid, _others(one), limit=1).runs if last else []
    ran = rows(ctx, db, workspace, newest)[0] if newest else None
    ended = newest[0].ended_ms if newest else None
    can = []
    if one.kind == INSTANCE:
        can = ["start"] if one.why_not else ["stop", "restart"]
    elif one.kind == CLUSTER:
        can = ["scale"]
    return wire.ComputeRow(
        name=one.name,
        kind=one.kind,
        size=one.size,
        state="Stopped" if one.why_not else "Busy" if busy else "Idle",
        why_not=one.why_not,
        min_nodes=one.min_nodes,
        max_nodes=one.max_nodes,
        running=busy,
        queued=waiting,
        idle_since=at(ended) if ended is not None and not busy and not waiting else None,
        last=ran,
        can=can,
    )
