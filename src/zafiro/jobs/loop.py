"""Moves jobs along: claim in a short transaction, act with none open, write back."""

import logging
from datetime import timedelta

from sqlalchemy.orm import Session

from zafiro.computes import service as computes
from zafiro.computes.backend import Backend, Handle, LaunchFailed, Phase, Results, Work
from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.errors import Invalid
from zafiro.core.loops import Loop
from zafiro.identity import service as identity
from zafiro.jobs import service, store, wire
from zafiro.jobs.domain import LAUNCHED, Failure, Job, Status, ended, lost
from zafiro.jobs.store import Claim
from zafiro.tracking import service as tracking
from zafiro.workspaces import service as workspaces

LEASE_S = 60.0
GRACE_S = 10.0
TOKEN_BEYOND = timedelta(days=7)  # the longest a job may take, and for waiting and cleaning up
LONGEST = timedelta(days=90)  # of a job without a time limit

log = logging.getLogger(__name__)


def loops(ctx: Context) -> list[Loop]:
    tokens = identity.of(ctx)
    return [
        Loop(service.LOOP, lambda c: step(c, tokens), every_s=1.0, threads=2),
        Loop("jobs-watch", watch, every_s=2.0),
    ]


def step(ctx: Context, tokens: identity.Tokens) -> bool:
    """Start one queued job, or stop one that is to end. False when there is nothing to do."""
    with ctx.db.read() as db:  # an idle server takes no write lock
        if not store.waiting(db):
            return False
    with ctx.db.begin() as db:
        claim = store.claim_due(db, lease_s=LEASE_S)
        if claim is None:
            claim = _claim_queued(ctx, db)
    if claim is None:
        return False
    if claim.job.status is Status.CANCEL_REQUESTED:
        _stop(ctx, claim)
    else:
        _launch(ctx, claim, tokens)
    return True


def watch(ctx: Context) -> bool:
    """Look at everything that was launched; what ended or was lost without a word is written
    down. Looking needs no lease, and what is as expected costs no write."""
    with ctx.db.read() as db:
        jobs = store.launched(db)
    for job in jobs:
        assert job.handle is not None
        try:
            _settle(ctx, job, job.handle)
        except Exception:  # what is wrong with one job must not hide the end of the others
            log.exception("the job '%s' could not be looked at", job.name)
    return False


def _claim_queued(ctx: Context, db: Session) -> Claim | None:
    """The job that waited longest for a compute that has a node free, on a machine with a slot."""
    if store.count(db, tuple(LAUNCHED)) >= service.slots(ctx):
        return None
    full: list[str] = []
    while (claim := store.claim_queued(db, full=full, lease_s=LEASE_S)) is not None:
        job = claim.job
        workspace = workspaces.by_id(db, job.workspace)
        try:
            compute = computes.get(db, workspace, job.compute.rpartition("/")[2])
        except Invalid as e:  # deleted while the job waited
            service.end(ctx, db, _failed(job, str(e)))
            store.release(db, claim)
            continue
        if compute.can_run_jobs and computes.occupy(db, workspace, compute, job.name):
            job = store.change(db, job.to(Status.STARTING).stepped("starting", clock.now()))
            tracking.set_status(db, job.guid, job.name, job.status.value)
            return Claim(job, claim.token)
        full.append(job.compute)
        store.release(db, claim)
    return None


def _failed(job: Job, why: str) -> Job:
    failure = Failure("SystemError", f"the job could not be started: {why}")
    return ended(job, Status.FAILED, clock.now(), None, failure)


def _launch(ctx: Context, claim: Claim, tokens: identity.Tokens) -> None:
    job = claim.job
    backend: Backend = ctx.engines["process"]
    handle, why = None, ""
    try:
        handle = backend.launch(_work(ctx, job, tokens))
    except LaunchFailed as e:
        why = str(e)
    except Exception as e:  # tried again it would fail again, and the job be "Starting" for ever
        log.exception("the job '%s' could not be launched", job.name)
        why = f"the server failed ({type(e).__name__}); its log says more"
    with ctx.db.begin() as db:
        now = store.lock(db, job.key)
        if not store.release(db, claim):
            return  # somebody else acts on it; launching twice is launching once
        if handle is not None:
            store.set_handle(db, now, handle)
        else:
            service.end(ctx, db, _failed(now, why))


def _work(ctx: Context, job: Job, tokens: identity.Tokens) -> Work:
    with ctx.db.read() as db:
        asked = wire.command(store.get(db, job.guid, job.name).body["properties"])
    limit = (asked.limits.timeout if asked.limits else None) or LONGEST
    token = tokens.for_job(job.workspace, job.name, limit + TOKEN_BEYOND).token
    url = f"{ctx.url}/execution/v1/workspaces/{job.guid}/jobs/{job.name}"
    return Work(
        name=f"{job.guid}/{job.name}",
        variables={
            "ZAFIRO_EXECUTION_URL": url,
            "ZAFIRO_JOB_TOKEN": token,
            # Only our own authority: loading all of the system's costs every job 15 ms.
            "ZAFIRO_CA": str(ctx.home.tls / "ca.pem"),
        },
        directory=service.folder(ctx, job),
    )


def _stop(ctx: Context, claim: Claim) -> None:
    """Ask the backend for the end; asked again each second until it is seen."""
    job, backend = claim.job, ctx.engines["process"]
    if job.handle is not None:
        backend.stop(job.handle, grace_s=GRACE_S)
        _settle(ctx, job, job.handle)
    with ctx.db.begin() as db:
        now = store.lock(db, job.key)
        if job.handle is None and not now.ended:
            service.end(ctx, db, ended(now, Status.CANCELED, clock.now(), None, None))
        store.release(db, claim, due_in_s=1.0)


def _settle(ctx: Context, job: Job, handle: Handle) -> None:
    backend: Backend = ctx.engines["process"]
    seen = backend.look(handle)
    if seen.phase in (Phase.PENDING, Phase.RUNNING):
        return
    word = backend.result(handle) if isinstance(backend, Results) else None
    said = None if word is None else {**word, "phase": "ended"}
    try:
        if said is not None:
            wire.report(said)
    except Invalid as e:
        log.warning("the last word of job '%s' makes no sense: %s", job.name, e)
        said = None
    if said is None:
        backend.stop(handle, grace_s=0)  # whatever is left of it
    with ctx.db.begin() as db:
        if said is not None:
            service.report(ctx, db, job.key, said)
        else:
            now = store.lock(db, job.key)
            service.end(ctx, db, lost(now, seen, clock.now()))
    ctx.wakes.wake(service.LOOP)
