"""What pages show: functions of an open session that put the reads of several slices together.
One call gives a page's first screen."""

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy.orm import Session

from zafiro.computes import service as computes
from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.errors import NotFound, ZafiroError
from zafiro.jobs import overview as jobs
from zafiro.jobs import service as job_verbs
from zafiro.jobs.domain import Status
from zafiro.studio import filters, wire
from zafiro.studio.logs import Lines
from zafiro.tracking import overview as runs
from zafiro.tracking import service as tracking
from zafiro.tracking.domain import Run
from zafiro.workspaces.domain import Workspace

_MOST_WHY = 20  # waiting jobs of a list that are told why, each a few queries
_DAY = timedelta(days=1)
_NUMBERS = re.compile(r"0x[0-9a-f]+|\d+", re.I)


def query(
    ctx: Context, db: Session, workspace: Workspace, asked: wire.JobsQuery, *, me: str
) -> wire.Jobs:
    """A window of the list of jobs and runs. Raises Invalid for a filter or order that is none."""
    wanted = filters.parse(asked.filter, me=me, now=clock.now())
    window = runs.window(
        db,
        workspace.guid,
        wanted,
        sort=asked.sort.removeprefix("-"),
        descending=asked.sort.startswith("-"),
        offset=asked.offset,
        limit=asked.limit,
        columns=asked.columns,
    )
    shown = rows(ctx, db, workspace, window.runs, window.values)
    return wire.Jobs(rows=shown, total=window.total, as_of=clock.now())


def histogram(
    db: Session, workspace: Workspace, asked: wire.HistogramQuery, *, me: str
) -> wire.Histogram:
    wanted = filters.parse(asked.filter, me=me, now=clock.now())
    first, last, bins = runs.histogram(db, workspace.guid, wanted, bins=asked.bins)
    return wire.Histogram(
        first=_at(first) if bins else None,
        last=_at(last) if bins else None,
        bins=[wire.Bin(index=b, state=s, count=n) for b, s, n in bins],
    )


def home(ctx: Context, db: Session, workspace: Workspace) -> wire.Home:
    since = int((clock.now() - _DAY).timestamp() * 1000)
    recent = runs.window(db, workspace.guid, runs.Wanted(), limit=10).runs
    failed = runs.failures(db, workspace.guid, since_ms=since)
    standing = jobs.standings(db, workspace.guid, [run.run_id for run in failed])
    groups: dict[str, wire.FailureGroup] = {}
    for run in failed:
        job = standing.get(run.run_id)
        if job is None or job.failure is None:
            continue
        print_ = fingerprint(job.failure.message)
        if print_ not in groups:
            groups[print_] = wire.FailureGroup(
                text=job.failure.message, count=0, example=run.run_id
            )
        groups[print_].count += 1
    used, slots = computes.usage(ctx, db, workspace.subscription)
    return wire.Home(
        counts=runs.counts(db, workspace.guid, since_ms=since),
        recent=rows(ctx, db, workspace, recent),
        failures=sorted(groups.values(), key=lambda group: -group.count)[:8],
        computes=compute_rows(db, workspace),
        slots_used=used,
        slots=slots,
    )


def fingerprint(message: str) -> str:
    """Equal for failures that differ in numbers only."""
    return _NUMBERS.sub("#", message)[:200]


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
            why = _why_waiting(ctx, db, workspace, run.run_id)
        shown = {k: _number(v) for k, v in (values or {}).get(run.key, {}).items()}
        made.append(_row(run, why, shown))
    return made


def job(ctx: Context, db: Session, workspace: Workspace, lines: Lines, name: str) -> wire.Job:
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
    return wire.Job(
        row=row,
        description=run.description,
        job=kept is not None,
        command=asked.get("command"),
        environment=_short(workspace, asked.get("environmentId")),
        code=_short(workspace, asked.get("codeId")),
        compute_id=_short(workspace, asked.get("computeId")),
        variables=sorted(asked.get("environmentVariables") or {}),
        inputs=[_input(name, given) for name, given in (asked.get("inputs") or {}).items()],
        outputs=[_output(run, name, given) for name, given in (asked.get("outputs") or {}).items()],
        params=dict(sorted(runs.params(db, [run.key]).get(run.key, {}).items())),
        tags=run.tags,
        properties={k: str(v) for k, v in (run.properties or {}).items()},
        metrics=[
            wire.Metric(
                key=p.key,
                last=p.value if math.isfinite(p.value) else None,
                step=p.step,
                at=_at(p.timestamp_ms),
            )
            for p in latest
        ],
        steps=[
            wire.Step(name=s.name, began=s.began, ended=s.ended, reason=s.reason)
            for s in (kept.job.steps if kept else ())
        ],
        failure=None
        if failure is None
        else wire.Failure(
            code=failure.code, message=failure.message, tail=failure.tail.splitlines()
        ),
        exit_code=kept.job.exit_code if kept else None,
        warnings=[str(one.get("message", one)) for one in run.warnings],
        git=_git(run),
        parent=run.parent,
        children=rows(ctx, db, workspace, below),
        log=jobs.LOG if has_log else None,
    )


def curves(db: Session, workspace: Workspace, asked: wire.CurvesQuery) -> wire.Curves:
    """Each metric of each run; those without values are left out."""
    found = []
    for run in runs.by_ids(db, workspace.guid, asked.runs):
        for key in asked.keys:
            e = runs.envelope(
                db, run.key, key, width=asked.width, x=asked.x, first=asked.first, last=asked.last
            )
            if e.points or e.odd or e.x:
                found.append(
                    wire.Curve(
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
    return wire.Curves(curves=found)


def compare(
    ctx: Context, db: Session, workspace: Workspace, names: Sequence[str]
) -> wire.Comparison:
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
            "environment": _short(workspace, asked.get("environmentId")) or "",
            "code": _short(workspace, asked.get("codeId")) or "",
            "compute": run.target or "",
            "user": run.user,
            "commit": run.tags.get("mlflow.source.git.commit")
            or (run.properties or {}).get("mlflow.source.git.commit", ""),
        }
        for name, given in (asked.get("inputs") or {}).items():
            facts[f"input {name}"] = _input(name, given).value
        compared.append(
            wire.Compared(
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
    return wire.Comparison(runs=compared, missing=[n for n in names if n not in there])


def change(
    ctx: Context, db: Session, workspace: Workspace, verb: str, names: Sequence[str]
) -> wire.Done:
    """cancel, archive or restore each; those that cannot be are told with the reason."""
    done, refused = [], []
    for name in names:
        try:
            with db.begin_nested():
                if verb == "cancel":
                    job_verbs.cancel(ctx, db, workspace.guid, name)
                else:
                    hidden = verb == "archive"
                    tracking.update_run(db, workspace.guid, name, hidden=hidden)
            done.append(name)
        except ZafiroError as e:
            refused.append(wire.Refusal(name=name, why=str(e)))
    return wire.Done(done=done, refused=refused)


def experiments(db: Session, workspace: Workspace) -> wire.Experiments:
    return wire.Experiments(
        experiments=[
            wire.Experiment(name=name, runs=count, newest=_at(at))
            for name, count, at in runs.experiments(db, workspace.guid)
        ]
    )


def compute_rows(db: Session, workspace: Workspace) -> list[wire.ComputeRow]:
    made = []
    for one in computes.all_of(db, workspace):
        nodes = computes.nodes(db, one)
        waiting = runs.window(
            db, workspace.guid, runs.Wanted(states=("Queued",), computes=(one.name,)), limit=0
        )
        busy = sum(1 for node in nodes if node.run)
        made.append(
            wire.ComputeRow(
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


def compute(ctx: Context, db: Session, workspace: Workspace, name: str) -> wire.Compute:
    """Raises NotFound."""
    found = next((r for r in compute_rows(db, workspace) if r.name.lower() == name.lower()), None)
    if found is None:
        raise NotFound("compute", name)
    nodes = computes.nodes(db, computes.get(db, workspace, found.name))
    on_it = runs.window(db, workspace.guid, runs.Wanted(computes=(found.name,)), limit=20).runs
    return wire.Compute(
        row=found,
        nodes=[wire.Node(name=n.name, state=n.state, run=n.run or None) for n in nodes],
        jobs=rows(ctx, db, workspace, on_it),
    )


def _row(run: Run, why: wire.Why | None, values: dict[str, float | str | None]) -> wire.Row:
    return wire.Row(
        name=run.run_id,
        display_name=run.name,
        state=run.state,
        why=why,
        experiment=run.experiment,
        type=_type(run),
        compute=run.target,
        user=run.user,
        created=_at(run.created_ms),
        began=None if run.began_ms is None else _at(run.began_ms),
        ended=None if run.ended_ms is None else _at(run.ended_ms),
        archived=run.hidden,
        values=values,
    )


def _type(run: Run) -> str:
    kind = (run.run_type or "run").lower()
    return kind.removeprefix("azureml.").removesuffix("job") or "run"


def _why_waiting(ctx: Context, db: Session, workspace: Workspace, name: str) -> wire.Why | None:
    kept = jobs.find(db, workspace.guid, name)
    text = job_verbs.why_waiting(ctx, db, kept.job) if kept else None
    return None if text is None else wire.Why(code="Waiting", text=text)


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


def _input(name: str, given: dict[str, Any]) -> wire.Port:
    kind = str(given.get("jobInputType", ""))
    value = given.get("value") if kind == "literal" else given.get("uri")
    text = "" if value is None else str(value)
    return wire.Port(name=name, type=kind, mode=given.get("mode"), value=text)


def _output(run: Run, name: str, given: dict[str, Any] | None) -> wire.Port:
    asked = given or {}
    made = (run.outputs or {}).get(name) or {}
    return wire.Port(
        name=name,
        type=str(asked.get("jobOutputType") or "uri_folder"),
        mode=asked.get("mode"),
        value=str(asked.get("uri") or ""),
        asset=made.get("assetId"),
    )


def _git(run: Run) -> wire.Git | None:
    known = {**(run.properties or {}), **run.tags}

    def said(name: str) -> str | None:
        return known.get(f"mlflow.source.git.{name}") or known.get(f"azureml.git.{name}")

    commit, repository = said("commit"), said("repoURL") or said("repository_uri")
    if not commit and not repository:
        return None
    dirty = str(known.get("azureml.git.dirty", "")).lower() == "true"
    return wire.Git(repository=repository, branch=said("branch"), commit=commit, dirty=dirty)


def _short(workspace: Workspace, id: Any) -> str | None:
    """An ARM id of this workspace as people write it: environments/name/versions/1 → name:1."""
    if not id:
        return None
    text = str(id).removeprefix("azureml:")
    if not text.lower().startswith(workspace.id.lower() + "/"):
        return text
    parts = text[len(workspace.id) + 1 :].split("/")
    return f"{parts[1]}:{parts[3]}" if len(parts) == 4 else parts[-1]


def _number(value: float | str) -> float | str | None:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _at(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, timezone.utc)
