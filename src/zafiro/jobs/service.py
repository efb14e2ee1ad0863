"""What may be asked of jobs: functions of an open session."""

import contextlib
import os
import shutil
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from zafiro.computes import service as computes
from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.errors import Conflict, Invalid, ZafiroError
from zafiro.jobs import description, registration, store, wire
from zafiro.jobs.domain import LAUNCHED, Failure, Job, Status, ended, queued, reported
from zafiro.jobs.store import Kept
from zafiro.tracking import service as tracking
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

LOOP = "jobs"
_OFFERED = (None, "Tracking", "Studio", "TensorBoard")  # job services


def submit(
    ctx: Context, db: Session, workspace: Workspace, name: str, body: dict[str, Any], *, by: str
) -> Kept:
    """Check everything that can be checked now, then queue it; a loop will start it.

    Raises Unsupported for kinds of jobs that are not there yet; Invalid or NotFound with the field
    that names something which is not there. A refused job leaves nothing behind.
    """
    properties = body["properties"]
    asked = wire.command(properties)
    compute = computes.get(db, workspace, asked.compute_id)
    if compute.why_not:
        raise Invalid("compute", f"'{compute.name}' cannot run jobs: {compute.why_not}")
    description.check(ctx, db, workspace, name, asked)
    at = clock.now()
    job = queued(
        Job(
            0, workspace.id, workspace.guid, name, f"{workspace.guid}/{compute.name}", Status.QUEUED
        ),
        at,
    )
    kept = store.add(db, job, body, by=by)  # first: of two at once, the second finds this
    experiment = tracking.ensure_experiment(db, workspace.guid, asked.experiment_name or "Default")
    tracking.create_run(
        db,
        workspace.guid,
        name,
        experiment,
        asked.display_name or name,
        user=by,
        tags={k: v or "" for k, v in (asked.tags or {}).items()},
        properties={k: v or "" for k, v in (asked.properties or {}).items()},
        description=asked.description,
        owned=True,
        state=Status.QUEUED.value,
        run_type="azureml.commandjob",
        target=compute.name,
    )
    notes = [
        {
            "message": f"the service '{service}' ({(given or {}).get('jobServiceType')}) is not started: interactive services are not supported yet"
        }
        for service, given in (asked.services or {}).items()
        if (given or {}).get("jobServiceType") not in _OFFERED
    ]
    notes += [
        {
            "message": f"the log_dir of the service '{service}' is not kept, so TensorBoard will not show it: name a folder below the working directory, such as outputs/tensorboard"
        }
        for service, folder in wire.log_dirs(asked).items()
        if folder is None
    ]
    if notes:
        tracking.update_run(db, workspace.guid, name, warnings=notes)
    return kept


def amend(db: Session, kept: Kept, body: dict[str, Any]) -> Kept:
    """A PUT on a job that is there: what people may change changes, it is never started again."""
    given = wire.Changes.model_validate(body["properties"])
    tracking.update_run(
        db,
        kept.job.guid,
        kept.job.name,
        display_name=given.display_name,
        description=given.description,
        tags={k: v or "" for k, v in (given.tags or {}).items()},
        properties={k: v or "" for k, v in (given.properties or {}).items()},
        hidden=given.is_archived,
    )
    return store.get(db, kept.job.guid, kept.job.name)


def cancel(ctx: Context, db: Session, guid: str, name: str) -> Job:
    """Ask for the end. Silent when it has been asked for already; raises Conflict when the job has
    ended."""
    job = store.lock(db, store.get(db, guid, name).job.key)
    if job.ended:
        raise Conflict(
            f"job '{job.name}' is {job.status.value} already; there is nothing to cancel"
        )
    if job.status is Status.CANCEL_REQUESTED:
        return job
    if job.status is Status.QUEUED:
        return _end(ctx, db, ended(job, Status.CANCELED, clock.now(), None, None), {})
    job = store.change(db, job.to(Status.CANCEL_REQUESTED))
    tracking.set_status(db, guid, job.name, job.status.value)
    return job


def slots(ctx: Context) -> int:
    """How many jobs this machine runs at once."""
    return ctx.settings.slots or os.cpu_count() or 1


def why_waiting(ctx: Context, db: Session, job: Job) -> str | None:
    """Why a queued job has not begun, in a sentence; None for one that is not queued."""
    if job.status is not Status.QUEUED:
        return None
    name = job.compute.rpartition("/")[2]
    try:
        compute = computes.get(db, workspaces.by_id(db, job.workspace), name)
    except Invalid:
        return f"the compute '{name}' is not there any more; the job is about to fail"
    if compute.why_not:
        return compute.why_not
    ahead = store.ahead(db, job)
    before = "1 job was" if ahead == 1 else f"{ahead} jobs were"
    order = f"; {before} sent before it" if ahead else "; it is the next"
    busy = store.count(db, tuple(LAUNCHED))
    if busy >= slots(ctx):
        return f"all {slots(ctx)} slots of this machine are busy{order} (setting ZAFIRO_SLOTS)"
    if compute.max_nodes is not None and len(computes.nodes(db, compute)) >= compute.max_nodes:
        if compute.max_nodes == 1:
            return f"the node of '{name}' is busy{order}"
        return f"all {compute.max_nodes} nodes of '{name}' are busy{order}"
    return f"it is about to start{order}"


def report(ctx: Context, db: Session, key: int, said: dict[str, Any]) -> Job:
    """What the runner says of a phase, or of the end. Late and repeated reports change nothing.

    Raises Invalid for what is no report."""
    told = wire.report(said)
    job = store.lock(db, key)
    if job.ended:
        return job
    at = clock.now() if told.at is None else datetime.fromtimestamp(told.at, timezone.utc)
    if told.status is None:
        after = reported(job, told.phase, at, told.reason)
        if after == job:
            return job
        store.change(db, after)
        tracking.set_status(db, job.guid, job.name, after.status.value, at_ms=_ms(at))
        return after
    failure = None
    if told.error is not None:
        failure = Failure(told.error.code, told.error.message, told.error.tail or "")
    made = ended(job, Status(told.status), at, told.exit_code, failure)
    return _end(ctx, db, made, told.outputs or {})


def end(ctx: Context, db: Session, job: Job) -> Job:
    """Write down an end that no runner told."""
    return _end(ctx, db, job, {})


def _end(ctx: Context, db: Session, job: Job, written: dict[str, Any]) -> Job:
    """Outputs become assets, the run ends. A named output that cannot be registered fails the
    job: nothing says Completed that did not happen."""
    kept = store.get(db, job.guid, job.name)
    if kept.job.ended:  # somebody else saw the end first: what it came to stays
        return kept.job
    try:
        asked = wire.command(kept.body["properties"])
        with db.begin_nested():
            found = registration.outputs(ctx, db, job, asked, written, by=kept.created_by)
    except (ZafiroError, ValidationError) as e:
        found = {}
        if job.status is Status.COMPLETED:
            failure = Failure("UserError", f"an output could not be registered: {e}")
            job = replace(job, status=Status.FAILED, failure=failure)
    if found:
        tracking.set_outputs(db, job.guid, job.name, found)
    store.change(db, job)
    _free_nodes(db, job)
    error = None
    if job.failure is not None:
        error = wire.error(job.failure.code, job.failure.message, job.failure.tail)
    at = job.steps[-1].ended if job.steps else None
    tracking.set_status(
        db, job.guid, job.name, job.status.value, at_ms=_ms(at or clock.now()), error=error
    )
    return job


def _free_nodes(db: Session, job: Job) -> None:
    workspace = workspaces.by_id(db, job.workspace)
    with contextlib.suppress(Invalid):  # the compute was deleted, and its nodes with it
        compute = computes.get(db, workspace, job.compute.rpartition("/")[2])
        computes.free(db, workspace, compute, job.name)


def delete(ctx: Context, db: Session, guid: str, name: str) -> Path:
    """Forget an ended job; its run becomes a deleted one. Returns the job's working folder, to be
    removed once this is committed. Raises Conflict while it runs."""
    kept = store.get(db, guid, name)
    if not kept.job.ended:
        raise Conflict(f"job '{name}' is {kept.job.status.value}; cancel it first")
    store.remove(db, kept.job.key)
    tracking.remove_run(db, tracking.get_run(db, guid, kept.job.name))
    return folder(ctx, kept.job)


def holds(db: Session, guid: str, run_id: str) -> str | None:
    """Why a run cannot be deleted for good: the job it is of is still there."""
    if store.find(db, guid, run_id) is None:
        return None
    return f"'{run_id}' is the run of a job; delete the job first"


def furnish(ctx: Context, db: Session, workspace: str) -> None:
    """A new workspace has no jobs."""


def clear(ctx: Context, db: Session, workspace: str) -> None:
    """Raises Conflict while jobs run in it."""
    guid = workspaces.by_id(db, workspace).guid
    running = store.running(db, guid)
    if running:
        raise Conflict(
            f"{len(running)} jobs run in this workspace, '{running[0]}' among them; cancel them first"
        )
    store.remove_all(db, guid)


def folder(ctx: Context, job: Job) -> Path:
    """The job's working folder on this machine."""
    return ctx.home.jobs / job.guid / job.name


def output_folders(ctx: Context, db: Session, workspace: Workspace, name: str) -> dict[str, Path]:
    """Where on this machine a job's named outputs lie; {} for a run that is no job."""
    kept = store.find(db, workspace.guid, name)
    found: dict[str, Path] = {}
    for output, asked in (kept.body["properties"].get("outputs") or {}).items() if kept else ():
        given = wire.Output.model_validate(asked or {})
        with contextlib.suppress(ZafiroError):  # its datastore was deleted meanwhile
            uri = description.output_uri(ctx, db, workspace, name, output, given)
            place = description.locate(ctx, db, workspace, uri, output)
            if place.path is not None:
                found[output] = place.path
    return found


def remove_folder(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
