"""Runs side by side."""

import math
from collections.abc import Sequence

from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.jobs import overview as jobs
from zafiro.studio import compare_wire
from zafiro.studio.job import input_
from zafiro.studio.rows import rows, short
from zafiro.tracking import overview as runs
from zafiro.workspaces.domain import Workspace


def compare(
    ctx: Context, db: Session, workspace: Workspace, names: Sequence[str]
) -> compare_wire.Comparison:
    """Runs side by side, in the order asked for; those that are not there are named."""
    found = runs.by_ids(db, workspace.guid, names)
    params = runs.params(db, [run.key for run in found])
    latest = runs.latest(db, [run.key for run in found])
    shown = {row.name: row for row in rows(ctx, db, workspace, found)}
    compared = []
    for run in found:
        kept = jobs.find(db, workspace.guid, run.run_id)
        asked = kept.body["properties"] if kept else {}
        facts = {
            "experiment": run.experiment,
            "command": asked.get("command") or "",
            "environment": short(workspace, asked.get("environmentId")) or "",
            "code": short(workspace, asked.get("codeId")) or "",
            "compute": run.target or "",
            "user": run.user,
            "commit": run.tags.get("mlflow.source.git.commit")
            or (run.properties or {}).get("mlflow.source.git.commit", ""),
        }
        for name, given in (asked.get("inputs") or {}).items():
            facts[f"input {name}"] = input_(name, given).value
        compared.append(
            compare_wire.Compared(
                row=shown[run.run_id],
                params=params.get(run.key, {}),
                metrics={
                    p.key: p.value if math.isfinite(p.value) else None
                    for p in latest.get(run.key, [])
                },
                facts=facts,
            )
        )
    there = {run.run_id for run in found}
    return compare_wire.Comparison(runs=compared, missing=[n for n in names if n not in there])
