"""One metric of many runs, for one plot."""

from sqlalchemy.orm import Session

from zafiro.studio import compare_wire as wire
from zafiro.tracking import overview as runs
from zafiro.workspaces.domain import Workspace

_BUCKETS = 40_000  # of all curves together: no screen shows more
_LEAST = 60


def overlaid(db: Session, workspace: Workspace, asked: wire.OverlayQuery) -> wire.Overlay:
    """In the order of the runs; those without values are left out. The more runs there are, the
    wider the buckets, but none of their values lies outside."""
    found = runs.by_ids(db, workspace.guid, list(dict.fromkeys(asked.runs)))
    width = max(_LEAST, min(asked.width, _BUCKETS // max(1, len(found))))
    drawn = runs.overlay(
        db,
        [run.key for run in found],
        asked.keys,
        width=width,
        x=asked.x,
        first=asked.first,
        last=asked.last,
    )
    curves = []
    for run in found:
        for e in drawn.get(run.key, []):
            if not (e.points or e.odd or e.x):
                continue
            banded = e.low != e.high
            curves.append(
                wire.Overlaid(
                    run=run.run_id,
                    key=e.key,
                    points=e.points,
                    odd=e.odd,
                    x=e.x,
                    line=e.line,
                    low=e.low if banded else None,
                    high=e.high if banded else None,
                )
            )
    return wire.Overlay(curves=curves)
