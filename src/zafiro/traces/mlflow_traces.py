"""MLflow's traces, verb by verb.

Source: mlflow/server/handlers.py and otel_api.py, mlflow 3.17.
"""

import json
import time
from typing import Any

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from zafiro.core.body import receive
from zafiro.core.errors import Invalid, NotFound
from zafiro.mlflow_rest.call import HINT, Call, missing
from zafiro.mlflow_rest.router import AnyVerb, Asked, Stream, Verb
from zafiro.traces import messages, rules, service, spans, wire
from zafiro.traces.domain import SIZE_STATS, SOURCE_RUN, NewTrace, Trace
from zafiro.tracking import service as tracking

READ, WRITE = "experiments/runs/read", "experiments/runs/write"
_WAIT_S = 3.0  # for spans that the client says it has sent, as MLflow's own server waits
EXPERIMENT_HEADER, RUN_HEADER = "x-mlflow-experiment-id", "x-mlflow-run-id"


def experiment(call: Call, id: str, *, to_write: bool = False) -> int:
    """The key of an experiment. A job may write traces only where it has a run.
    Raises NotFound, Denied, Invalid."""
    with call.ctx.db.read() as db:
        found = tracking.experiments.find_by_id(db, call.guid, id)
    if found is None:
        with call.ctx.db.begin() as db:
            found = tracking.experiments.get_or_default(db, call.guid, id)
    if to_write:
        call.may(WRITE)
        tracking.experiments.check_active(found)
        if call.caller.job:
            with call.ctx.db.read() as db:
                if not tracking.experiments.holds_job(db, found, call.caller.job):
                    call.may_in_workspace(WRITE)
    return found.key


def may_write(call: Call, job: str | None) -> None:
    """A trace that no job made is the workspace's. Raises Denied."""
    if job is None:
        call.may_in_workspace(WRITE)
    else:
        call.may(WRITE, job)


def readable(call: Call, trace_id: str) -> Trace:
    call.may(READ)
    with call.ctx.db.read() as db:
        return service.get(db, call.guid, trace_id)


def writable(call: Call, trace_id: str) -> Trace:
    found = readable(call, trace_id)
    may_write(call, found.job)
    return found


def start(call: Call) -> Any:
    """MLflow 3's, which comes when the trace has ended, or MLflow 2's at its beginning."""
    said = call.read(messages.StartTrace)
    if said.trace is None:
        return _start_v2(call, said)
    given = said.trace.trace_info
    where = given.trace_location.mlflow_experiment
    if where is None or not where.experiment_id:
        raise Invalid("", missing("trace.trace_info.trace_location.mlflow_experiment").why + HINT)
    key = experiment(call, where.experiment_id, to_write=True)
    new = wire.new_trace(given)
    job = _job_of(call, new.metadata.get(SOURCE_RUN))
    with call.ctx.db.begin() as db:
        made = service.start(
            db, call.guid, key, new, job=job, check=lambda job: may_write(call, job)
        )
    return {"trace": {"trace_info": wire.info(made)}}


def _job_of(call: Call, run_id: str | None) -> str | None:
    """Whose the trace is: the caller's, or that of the run it names. Raises Denied for the run of
    another job."""
    if run_id:
        with call.ctx.db.read() as db:
            run = tracking.find_run(db, call.guid, run_id)
        if run is not None:
            call.may(WRITE, run.owner)
            return run.job
    return call.caller.job


def _start_v2(call: Call, said: messages.StartTrace) -> Any:
    if not said.experiment_id:
        raise Invalid("", missing("experiment_id").why + HINT)
    key = experiment(call, said.experiment_id, to_write=True)
    new = NewTrace(
        trace_id="",
        state="IN_PROGRESS",
        start_ms=said.timestamp_ms,
        tags={one.key: one.value for one in said.tags},
        metadata={one.key: one.value for one in said.request_metadata},
    )
    job = _job_of(call, new.metadata.get(SOURCE_RUN))
    with call.ctx.db.begin() as db:
        return {"trace_info": wire.info_v2(service.begin(db, call.guid, key, new, job=job))}


def end_v2(call: Call) -> Any:
    said = call.read(messages.EndTrace)
    trace = writable(call, call.groups[0])
    new = NewTrace(
        trace_id=trace.trace_id,
        state=wire.state(said.status),
        start_ms=trace.start_ms,
        tags={one.key: one.value for one in said.tags},
        metadata={one.key: one.value for one in said.request_metadata},
    )
    with call.ctx.db.begin() as db:
        return {
            "trace_info": wire.info_v2(service.end(db, trace, new.state, said.timestamp_ms, new))
        }


def info(call: Call) -> Any:
    return {"trace": {"trace_info": wire.info(readable(call, call.groups[0]))}}


def info_v2(call: Call) -> Any:
    return {"trace_info": wire.info_v2(readable(call, call.groups[0]))}


def get(call: Call) -> Any:
    """With its spans; waits a little for those that are still on their way."""
    said = call.read(messages.GetTrace)
    trace = readable(call, said.trace_id)
    end = time.monotonic() + (0 if said.allow_partial else _WAIT_S)
    while True:
        with call.ctx.db.read() as db:
            found = _whole(db, [trace])
        if found or said.allow_partial:
            break
        if time.monotonic() > end:
            raise NotFound(
                "trace",
                said.trace_id,
                f"Trace with ID {said.trace_id} is not fully exported yet, please try again later.",
            )
        time.sleep(0.05)
        trace = readable(call, said.trace_id)
    if not found:
        with call.ctx.db.read() as db:
            found = [_shown(trace, spans.of_traces(db, [trace.key])[trace.key])]
    return {"trace": found[0]}


def batch_get(call: Call) -> Any:
    traces = _named(call)
    with call.ctx.db.read() as db:
        return {"traces": _whole(db, traces)}


def batch_infos(call: Call) -> Any:
    return {"trace_infos": [wire.info(trace) for trace in _named(call)]}


def _named(call: Call) -> list[Trace]:
    said = call.read(messages.BatchGet)
    call.may(READ)
    if not said.trace_ids:
        raise Invalid("", missing("trace_ids").why + HINT)
    within = said.experiment_ids
    keys = None if within is None else [experiment(call, id) for id in within]
    with call.ctx.db.read() as db:
        return service.get_many(db, call.guid, said.trace_ids, keys)


def _whole(db: Session, traces: list[Trace]) -> list[dict[str, Any]]:
    """Those of which all spans are here."""
    kept = spans.of_traces(db, [trace.key for trace in traces])
    return [
        _shown(trace, kept[trace.key])
        for trace in traces
        if kept[trace.key] and len(kept[trace.key]) >= _expected(trace)
    ]


def _shown(trace: Trace, kept: list[Any]) -> dict[str, Any]:
    return {"trace_info": wire.info(trace), "spans": [wire.span(one) for one in kept]}


def _expected(trace: Trace) -> int:
    try:
        return int(json.loads(trace.metadata.get(SIZE_STATS, "{}")).get("num_spans", 0))
    except (ValueError, TypeError, AttributeError):
        return 0


def known(call: Call, ids: list[str]) -> list[int]:
    """The keys of those experiments that there are."""
    found = []
    with call.ctx.db.read() as db:
        for id in ids:
            try:
                one = tracking.experiments.find_by_id(db, call.guid, id)
            except NotFound:
                continue
            if one is not None:
                found.append(one.key)
    return found


def remove(call: Call) -> Any:
    said = call.read(messages.DeleteTraces)
    key = experiment(call, said.experiment_id)
    call.may(WRITE)
    with call.ctx.db.begin() as db:
        gone = service.remove(
            db,
            key,
            ids=said.request_ids,
            until_ms=said.max_timestamp_millis,
            at_most=said.max_traces,
            check=lambda job: may_write(call, job),
        )
    for trace_id, job in gone:
        tracking.remove_files(call.ctx.home, call.workspace, service.folder(trace_id, job))
    return {"traces_deleted": len(gone)}


def set_tag(call: Call) -> Any:
    said = call.read(messages.Tag)
    rules.users_tag(said.key)
    trace = writable(call, call.groups[0])
    with call.ctx.db.begin() as db:
        service.set_tag(db, trace, said.key, said.value)
    return {}


def delete_tag(call: Call) -> Any:
    said = call.read(messages.Tag)
    rules.users_tag(said.key)
    trace = writable(call, call.groups[0])
    with call.ctx.db.begin() as db:
        service.delete_tag(db, trace, said.key)
    return {}


def link_to_run(call: Call) -> Any:
    said = call.read(messages.LinkTraces)
    if len(said.trace_ids) > service.MOST_LINKS:
        raise Invalid(
            "",
            f"Cannot link more than {service.MOST_LINKS} traces to a run in a single request. "
            f"Provided {len(said.trace_ids)} traces.",
        )
    with call.ctx.db.read() as db:
        run = tracking.get_run(db, call.guid, said.run_id)
        traces = service.get_many(db, call.guid, said.trace_ids)
    call.may(WRITE, run.owner)
    with call.ctx.db.begin() as db:
        service.link(db, traces, "run", [run.run_id])
    return {}


def link_prompts(call: Call) -> Any:
    said = call.read(messages.LinkPrompts)
    trace = writable(call, said.trace_id)
    with call.ctx.db.begin() as db:
        service.link(db, [trace], "prompt", [f"{p.name}/{p.version}" for p in said.prompt_versions])
    return {}


async def export(asked: Asked) -> Response:
    """OTLP: spans as they end, from MLflow's client or any other. Errors are MLflow's."""
    from zafiro.traces import otlp  # protobuf: 0.1 s that a server without traces is spared

    headers = asked.request.headers
    content_type = headers.get("content-type", "")
    body = await receive(asked.request, otlp.MOST_BYTES)

    def act() -> Response:
        call = asked.enter()
        if not headers.get(EXPERIMENT_HEADER):
            return _unprocessable(f"the header {EXPERIMENT_HEADER} must name an experiment")
        try:
            given = otlp.read(body, content_type, headers.get("content-encoding", ""))
        except otlp.Unreadable as e:
            return _unprocessable(str(e))
        key = experiment(call, headers[EXPERIMENT_HEADER], to_write=True)
        with call.ctx.db.begin() as db:
            ended = spans.log_spans(
                db,
                call.guid,
                key,
                given,
                job=call.caller.job,
                check=lambda job: may_write(call, job),
            )
            if ended and headers.get(RUN_HEADER):
                run = tracking.get_run(db, call.guid, headers[RUN_HEADER])
                call.may(WRITE, run.owner)
                service.link(db, service.get_many(db, call.guid, ended), "run", [run.run_id])
        return Response(otlp.answer(content_type), media_type=content_type)

    return await run_in_threadpool(act)


def _unprocessable(why: str) -> Response:
    return JSONResponse({"detail": why}, 422)


VERBS: tuple[AnyVerb, ...] = (
    Stream("POST", "/v1/traces", export),
    Verb("POST", "mlflow/traces", start),
    Verb("GET", "mlflow/traces/get", get),
    Verb("GET", "mlflow/traces/batchGet", batch_get),
    Verb("POST", "mlflow/traces/batchGetInfos", batch_infos),
    Verb("POST", "mlflow/traces/delete-traces", remove),
    Verb("POST", "mlflow/traces/link-to-run", link_to_run),
    Verb("POST", "mlflow/traces/link-prompts", link_prompts),
    Verb("GET", "mlflow/traces/{}", info),
    Verb("PATCH", "mlflow/traces/{}", end_v2),
    Verb("GET", "mlflow/traces/{}/info", info_v2),
    Verb("PATCH", "mlflow/traces/{}/tags", set_tag),
    Verb("DELETE", "mlflow/traces/{}/tags", delete_tag),
)
