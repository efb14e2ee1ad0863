"""One job or run: everything its page shows first, and its curves."""

import math
from typing import Any

from sqlalchemy.orm import Session

from zafiro.assets import service as assets
from zafiro.core.context import Context
from zafiro.jobs import overview as jobs
from zafiro.studio import job_wire
from zafiro.studio.editing import RERUN_OF
from zafiro.studio.logs import Lines
from zafiro.studio.rows import at, rows, short
from zafiro.tracking import overview as runs
from zafiro.tracking import service as tracking
from zafiro.tracking.domain import Run
from zafiro.workspaces.domain import Workspace


def job(ctx: Context, db: Session, workspace: Workspace, lines: Lines, name: str) -> job_wire.Job:
    """Everything of one job or run but curves and files. Raises NotFound."""
    run = tracking.get_run(db, workspace.guid, name)
    kept = jobs.find(db, workspace.guid, run.run_id)
    (row,) = rows(ctx, db, workspace, [run])
    asked: dict[str, Any] = kept.body["properties"] if kept else {}
    failure = kept.job.failure if kept else None
    log = jobs.log_file(ctx, workspace, run.run_id)
    has_log = log.is_file()
    if row.why is not None and failure is not None:
        line = _line_of(lines, log, failure.message) if has_log else None
        row.why = row.why.model_copy(update={"log": jobs.LOG if has_log else None, "line": line})
    below = tracking.children(db, workspace.guid, run.run_id, limit=100)
    latest = runs.latest(db, [run.key]).get(run.key, [])
    return job_wire.Job(
        row=row,
        description=run.description,
        job=kept is not None,
        command=asked.get("command"),
        environment=short(workspace, asked.get("environmentId")),
        code=short(workspace, asked.get("codeId")),
        compute_id=short(workspace, asked.get("computeId")),
        variables=sorted(asked.get("environmentVariables") or {}),
        inputs=[input_(name, given) for name, given in (asked.get("inputs") or {}).items()],
        outputs=[_output(run, name, given) for name, given in (asked.get("outputs") or {}).items()],
        params=dict(sorted(runs.params(db, [run.key]).get(run.key, {}).items())),
        tags=run.tags,
        properties={k: str(v) for k, v in (run.properties or {}).items()},
        metrics=[
            job_wire.Metric(
                key=p.key,
                last=p.value if math.isfinite(p.value) else None,
                step=p.step,
                at=at(p.timestamp_ms),
            )
            for p in latest
        ],
        steps=[
            job_wire.Step(name=s.name, began=s.began, ended=s.ended, reason=s.reason)
            for s in (kept.job.steps if kept else ())
        ],
        failure=None
        if failure is None
        else job_wire.Failure(
            code=failure.code, message=failure.message, tail=failure.tail.splitlines()
        ),
        exit_code=kept.job.exit_code if kept else None,
        warnings=[str(one.get("message", one)) for one in run.warnings],
        git=git_of(run),
        parent=run.parent,
        children=rows(ctx, db, workspace, below),
        log=jobs.LOG if has_log else None,
        made=[
            job_wire.Made(kind=one.kind, name=one.name, version=one.version)
            for one in assets.of_run(db, workspace, run.run_id)
        ],
        rerun_of=(run.properties or {}).get(RERUN_OF),
    )


def curves(db: Session, workspace: Workspace, asked: job_wire.CurvesQuery) -> job_wire.Curves:
    """Each metric of each run; those without values are left out."""
    found = []
    for run in runs.by_ids(db, workspace.guid, asked.runs):
        for key in asked.keys:
            e = runs.envelope(
                db, run.key, key, width=asked.width, x=asked.x, first=asked.first, last=asked.last
            )
            if e.points or e.odd or e.x:
                found.append(
                    job_wire.Curve.model_construct(  # our own numbers need no second look
                        run=run.run_id,
                        key=key,
                        points=e.points,
                        odd=e.odd,
                        x=e.x,
                        low=e.low,
                        high=e.high,
                        line=e.line,
                    )
                )
    return job_wire.Curves(curves=found)


def _line_of(lines: Lines, log: Any, message: str) -> int | None:
    """The line of the log that names the cause: the last that ends with the message, else the
    last traceback."""
    part = lines.part(log, -2000, 2000)
    wanted = message.strip().splitlines()[0] if message.strip() else ""
    for text in filter(None, (wanted, "Traceback (most recent call last)")):
        for number in range(len(part.text) - 1, -1, -1):
            if text in part.text[number]:
                return part.first + number
    return None


def input_(name: str, given: dict[str, Any]) -> job_wire.Port:
    kind = str(given.get("jobInputType", ""))
    value = given.get("value") if kind == "literal" else given.get("uri")
    text = "" if value is None else str(value)
    return job_wire.Port(name=name, type=kind, mode=given.get("mode"), value=text)


def _output(run: Run, name: str, given: dict[str, Any] | None) -> job_wire.Port:
    asked = given or {}
    made = (run.outputs or {}).get(name) or {}
    return job_wire.Port(
        name=name,
        type=str(asked.get("jobOutputType") or "uri_folder"),
        mode=asked.get("mode"),
        value=str(asked.get("uri") or ""),
        asset=made.get("assetId"),
    )


def git_of(run: Run) -> job_wire.Git | None:
    known = {**(run.properties or {}), **run.tags}

    def said(name: str) -> str | None:
        return known.get(f"mlflow.source.git.{name}") or known.get(f"azureml.git.{name}")

    commit, repository = said("commit"), said("repoURL") or said("repository_uri")
    if not commit and not repository:
        return None
    dirty = str(known.get("azureml.git.dirty", "")).lower() == "true"
    return job_wire.Git(repository=repository, branch=said("branch"), commit=commit, dirty=dirty)
