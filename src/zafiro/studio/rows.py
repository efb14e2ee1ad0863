"""Rows of jobs and runs as every page shows them, and how values are written in them."""

import math
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.jobs import overview as jobs
from zafiro.jobs import service as job_verbs
from zafiro.jobs.domain import Status
from zafiro.studio import wire
from zafiro.tracking.domain import Run
from zafiro.workspaces.domain import Workspace

_MOST_WHY = 20  # waiting jobs of a list that are told why, each a few queries


def rows(
    ctx: Context,
    db: Session,
    workspace: Workspace,
    found: Sequence[Run],
    values: dict[int, dict[str, float | str]] | None = None,
) -> list[wire.Row]:
    standing = jobs.standings(db, workspace.guid, [run.run_id for run in found])
    left, made = _MOST_WHY, []
    for run in found:
        job, why = standing.get(run.run_id), None
        if job is not None and job.failure is not None:
            why = wire.Why(code=job.failure.code, text=job.failure.message, log=jobs.LOG)
        elif job is not None and job.status == Status.QUEUED and left:
            left -= 1
            why = why_waiting(ctx, db, workspace, run.run_id)
        shown = {k: number(v) for k, v in (values or {}).get(run.key, {}).items()}
        made.append(_row(run, why, shown))
    return made


def _row(run: Run, why: wire.Why | None, values: dict[str, float | str | None]) -> wire.Row:
    return wire.Row(
        name=run.run_id,
        display_name=run.name,
        state=run.state,
        why=why,
        experiment=run.experiment,
        type=kind(run),
        compute=run.target,
        user=run.user,
        created=at(run.created_ms),
        began=None if run.began_ms is None else at(run.began_ms),
        ended=None if run.ended_ms is None else at(run.ended_ms),
        archived=run.hidden,
        values=values,
    )


def kind(run: Run) -> str:
    kind = (run.run_type or "run").lower()
    return kind.removeprefix("azureml.").removesuffix("job") or "run"


def why_waiting(ctx: Context, db: Session, workspace: Workspace, name: str) -> wire.Why | None:
    kept = jobs.find(db, workspace.guid, name)
    text = job_verbs.why_waiting(ctx, db, kept.job) if kept else None
    return None if text is None else wire.Why(code="Waiting", text=text)


def number(value: float | str) -> float | str | None:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def at(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, timezone.utc)


def short(workspace: Workspace, id: Any) -> str | None:
    """An ARM id of this workspace as people write it: environments/name/versions/1 → name:1."""
    if not id:
        return None
    text = str(id).removeprefix("azureml:")
    if not text.lower().startswith(workspace.id.lower() + "/"):
        return text
    parts = text[len(workspace.id) + 1 :].split("/")
    return f"{parts[1]}:{parts[3]}" if len(parts) == 4 else parts[-1]
