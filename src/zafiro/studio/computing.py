"""Computes: how busy they are, their nodes, what runs on them."""

from sqlalchemy.orm import Session

from zafiro.computes import service as computes
from zafiro.core.context import Context
from zafiro.core.errors import NotFound
from zafiro.studio import compute_wire
from zafiro.studio.rows import rows
from zafiro.tracking import overview as runs
from zafiro.workspaces.domain import Workspace


def compute_rows(db: Session, workspace: Workspace) -> list[compute_wire.ComputeRow]:
    made = []
    for one in computes.all_of(db, workspace):
        nodes = computes.nodes(db, one)
        waiting = runs.window(
            db, workspace.guid, runs.Wanted(states=("Queued",), computes=(one.name,)), limit=0
        )
        busy = sum(1 for node in nodes if node.run)
        made.append(
            compute_wire.ComputeRow(
                name=one.name,
                kind=one.kind,
                size=one.size,
                state="Stopped" if one.why_not else "Busy" if busy else "Idle",
                why_not=one.why_not,
                min_nodes=one.min_nodes,
                max_nodes=one.max_nodes,
                running=busy,
                queued=waiting.total,
            )
        )
    return made


def compute(ctx: Context, db: Session, workspace: Workspace, name: str) -> compute_wire.Compute:
    """Raises NotFound."""
    found = next((r for r in compute_rows(db, workspace) if r.name.lower() == name.lower()), None)
    if found is None:
        raise NotFound("compute", name)
    nodes = computes.nodes(db, computes.get(db, workspace, found.name))
    on_it = runs.window(db, workspace.guid, runs.Wanted(computes=(found.name,)), limit=20).runs
    return compute_wire.Compute(
        row=found,
        nodes=[compute_wire.Node(name=n.name, state=n.state, run=n.run or None) for n in nodes],
        jobs=rows(ctx, db, workspace, on_it),
    )
