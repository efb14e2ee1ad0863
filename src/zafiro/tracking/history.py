"""Azure's run history face: /history/v1.0{ARM id of a workspace}/…

Who calls: azure-ai-ml 1.35.2 (stream, download, update, archive, children), azureml-mlflow 1.62,
azureml-core 1.61. Shapes as those clients read them (history_wire). What is of experiments,
artifacts and the metrics of before /metric/v2.0 stands in modules of their own.
"""

from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select
from starlette.routing import BaseRoute

from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.core.errors import Invalid, NotFound, ZafiroError
from zafiro.mlflow_rest.paging import read_token, write_token
from zafiro.tracking import (
    ask,
    events,
    experiments,
    history_artifacts,
    history_experiments,
    history_metrics,
    links,
    odata,
    purge,
    service,
    tags,
)
from zafiro.tracking import history_wire as wire
from zafiro.tracking.ask import EXPERIMENT, MOST_ON_A_PAGE, RUN, Ask
from zafiro.tracking.domain import ACTIVE, DELETED, Run, state_of
from zafiro.tracking.store import RunRow

# How runcounts spells the states it counts (RunCountsDto, azureml-core 1.61).
_COUNTED = (
    "NotStarted",
    "Starting",
    "Provisioning",
    "Preparing",
    "Queued",
    "Running",
    "Finalizing",
    "CancelRequested",
    "Completed",
    "Failed",
    "Canceled",
    "NotResponding",
)


def routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    return [ask.route("/history/v1.0", ctx, gate, _VERBS)]


def shown(asked: Ask, run: Run) -> dict[str, Any]:
    return wire.run(run, links.cancel_url(asked.ctx, asked.workspace, run))


def get_run(asked: Ask) -> Any:
    return shown(asked, asked.run())


def patch_run(asked: Ask) -> Any:
    return shown(asked, _patch(asked, asked.ids["run"], asked.read(wire.RunChange)))


def _patch(asked: Ask, run_id: str, said: wire.RunChange) -> Run:
    """azure-ai-ml sends only what changes; azureml-core makes runs this way. A status is believed
    when the run is made; from then on events tell it."""
    with asked.ctx.db.read() as db:
        run = service.find_run(db, asked.workspace.guid, run_id)
    if run is None:
        run = _create(asked, run_id, said)
    else:
        asked.may("experiments/runs/write", run.owner)
    service.check_active(run)
    with asked.ctx.db.begin() as db:
        return service.update_run(
            db,
            asked.workspace.guid,
            run.run_id,
            display_name=said.display_name or said.name,
            description=said.description,
            tags=wire.texts(said.tags),
            properties=wire.texts(said.properties),
            hidden=said.hidden,
            target=said.target,
            definition=None if run.owned else said.run_definition,
            told=said.told,
        )


def _create(asked: Ask, run_id: str, said: wire.RunChange) -> Run:
    if not asked.ids.get("experiment") and not asked.ids.get("id"):
        raise NotFound("run", run_id)
    asked.may("experiments/runs/write")
    with asked.ctx.db.begin() as db:
        if asked.ids.get("id"):
            experiment = asked.experiment(db)
        else:
            experiment = experiments.ensure(db, asked.workspace.guid, asked.ids["experiment"])
        run = service.create_run(
            db,
            asked.workspace.guid,
            run_id,
            experiment,
            said.display_name or said.name or run_id,
            parent=said.parent_run_id,
            user=asked.caller.name,
            job=asked.caller.job,
            run_type=said.run_type,
            target=said.target,
        )
        if said.status:
            run = service.set_status(db, asked.workspace.guid, run_id, said.status)
        return run


def patch_runs(asked: Ask) -> Any:
    """{runs} → {runs: {id: …}, errors: {id: …}}: each by itself, as the client expects."""
    done: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for n, said in enumerate(asked.read(wire.RunChanges).runs):
        try:
            if not said.run_id:
                raise Invalid(f"runs[{n}].runId", "is missing")
            done[said.run_id] = shown(asked, _patch(asked, said.run_id, said))
        except ZafiroError as e:
            errors[said.run_id or str(n)] = ask.told(e)[0]
    return {"runs": done, "errors": errors}


def details(asked: Ask) -> Any:
    run = asked.run()
    return wire.details(run, wire.log_files(asked.ctx, asked.workspace, run))


def children(asked: Ask) -> Any:
    """All of them: azure-ai-ml reads the first page only."""
    run = asked.run()
    with asked.ctx.db.read() as db:
        query = service.every_run().where(
            RunRow.workspace == asked.workspace.guid,
            RunRow.parent == run.run_id,
            RunRow.lifecycle == ACTIVE,
        )
        if asked.query.get("$filter"):
            query = query.where(odata.condition(asked.query["$filter"]))
        order = odata.order(asked.query.get("$orderby") or "")
        query = query.order_by(*order, RunRow.key)
        _, offset = read_token(asked.token())
        top = asked.top(0)
        if not top:
            return {"value": [shown(asked, child) for child in service.load(db, query)]}
        found = service.load(db, query.offset(offset).limit(top + 1))
    return _page(asked, found, offset, top)


def _page(asked: Ask, found: list[Run], offset: int, top: int) -> dict[str, Any]:
    answer: dict[str, Any] = {"value": [shown(asked, run) for run in found[:top]]}
    if len(found) > top:
        answer["continuationToken"] = write_token(0, offset + top)
    return answer


def service_instances(asked: Ask) -> Any:
    """What listens in a run's node for its user: nothing yet. A job that asks for a service is
    told so in its warnings, which `jobs.stream` prints."""
    asked.run()
    return {"instances": {}}


def event(asked: Ask) -> Any:
    said = asked.read(wire.Event)
    run = asked.run("write")
    with asked.ctx.db.begin() as db:
        events.post(db, run, said)
    return {}


def post_events(asked: Ask) -> Any:
    """{events} → {errors: [{key, value}]}: each by itself; data.RunId says whose it is."""
    errors = []
    for said in asked.read(wire.Events).events:
        try:
            run_id = (said.data or {}).get("RunId")
            if not isinstance(run_id, str):
                raise Invalid("data.RunId", "is missing")
            run = asked.run("write", run_id)
            with asked.ctx.db.begin() as db:
                events.post(db, run, said)
        except ZafiroError as e:
            key = {"name": said.name, "data": said.data, "timestamp": said.timestamp}
            errors.append({"key": wire.present(key), "value": ask.told(e)[0]})
    return {"errors": errors}


def get_events(asked: Ask) -> Any:
    """{value: [{timestamp, name, data}], continuationToken}, oldest first."""
    run = asked.run()
    _, after = read_token(asked.token())
    with asked.ctx.db.read() as db:
        found, last = events.heard(db, run, after=after, at_most=asked.top())
    answer: dict[str, Any] = {"value": found}
    return answer if last is None else {**answer, "continuationToken": write_token(0, last)}


def delete_tags(asked: Ask) -> Any:
    """The body is a list of names; those the run does not have are gone already."""
    names = asked.read(list[str])
    run = asked.run("write")
    service.check_active(run)
    with asked.ctx.db.begin() as db:
        for name in names:
            if name in run.tags:
                tags.delete_tag(db, run, name)
        return shown(asked, service.get_run(db, run.workspace, run.run_id))


def run_data(asked: Ask) -> Any:
    said = asked.read(wire.RunDataQuery)
    if not said.run_id:
        raise Invalid("runId", "is missing")
    run = asked.run(run_id=said.run_id)
    answer: dict[str, Any] = {}
    if said.select_run_metadata:
        answer["runMetadata"] = shown(asked, run)
    if said.select_run_definition and run.definition is not None:
        answer["runDefinition"] = run.definition
    return answer


def token(asked: Ask) -> Any:
    """A fresh token of the job the run belongs to; no other is ever given out."""
    run = asked.run("write")
    job = run
    if run.job and run.job != run.run_id:
        with asked.ctx.db.read() as db:
            job = service.get_run(db, asked.workspace.guid, run.job)
    return links.run_token(asked.ctx, asked.workspace, job)


def query_runs(asked: Ask) -> Any:
    """{filter, orderby, top, continuationToken} → {value, continuationToken}"""
    said = asked.read(wire.RunsQuery)
    asked.may("experiments/runs/read")
    return _search(asked, said.filter, said.orderby, said.top, said.continuation_token)


def runs_of_compute(asked: Ask) -> Any:
    asked.may("experiments/runs/read")
    top, filter = asked.top(), asked.query.get("$filter")
    return _search(asked, filter, None, top, asked.token(), target=asked.ids["compute"])


def _search(
    asked: Ask,
    filter: str | None,
    orderby: str | list[str] | None,
    top: int | None,
    token: str | None,
    *,
    target: str | None = None,
) -> Any:
    top = min(top or MOST_ON_A_PAGE, MOST_ON_A_PAGE)
    _, offset = read_token(token)
    with asked.ctx.db.read() as db:
        query = service.every_run().where(
            RunRow.workspace == asked.workspace.guid, RunRow.lifecycle == ACTIVE
        )
        if asked.ids.get("experiment") or asked.ids.get("id"):
            query = query.where(RunRow.experiment == asked.experiment(db).key)
        if target is not None:
            query = query.where(func.lower(RunRow.target) == target.lower())
        if filter:
            query = query.where(odata.condition(filter))
        order = odata.order(orderby or "StartTimeUtc desc")
        query = query.order_by(*order, RunRow.key.desc())
        found = service.load(db, query.offset(offset).limit(top + 1))
    return _page(asked, found, offset, top)


def run_counts(asked: Ask) -> Any:
    """How many runs of an experiment are in each state."""
    asked.may("experiments/runs/read")
    with asked.ctx.db.read() as db:
        query = select(RunRow.owned, RunRow.state, RunRow.status, func.count()).where(
            RunRow.experiment == asked.experiment(db).key, RunRow.lifecycle == ACTIVE
        )
        if asked.query.get("$filter"):
            query = query.where(odata.condition(asked.query["$filter"]))
        rows = db.execute(query.group_by(RunRow.owned, RunRow.state, RunRow.status)).all()
    counts = {state[:1].lower() + state[1:]: 0 for state in _COUNTED}
    for owned, own_state, status, count in rows:
        state = state_of(owned, own_state, status)
        name = state[:1].lower() + state[1:]
        counts[name] = counts.get(name, 0) + count
    return counts


def metrics_ingested(asked: Ask) -> Any:
    """Metrics are there when their request is answered: there is nothing to wait for."""
    asked.run()
    return {}


def delete_run(asked: Ask) -> Any:
    """For good when it was deleted before, or with ?hardDelete=true; else marked as deleted."""
    run = asked.run("delete")
    hard = asked.query.get("hardDelete", "").lower() == "true" or run.lifecycle == DELETED
    with asked.ctx.db.begin() as db:
        if hard:
            purge.run(db, asked.workspace, run)
        else:
            service.remove_run(db, run)
    if hard:
        asked.ctx.wakes.wake(purge.LOOP)
    return {}


def collect(asked: Ask) -> Any:
    """{olderThanS, runIds} → {runs, models, experiments, kept: {run id: why}}. A call of Zafiro's
    own: what was marked as deleted so long ago goes for good, as `mlflow gc` does it."""
    said = asked.read(wire.Collect)
    asked.may_in_workspace("experiments/delete")
    before_ms = experiments.now_ms() - int(said.older_than_s * 1000)
    done = purge.Collected()
    while True:
        with asked.ctx.db.begin() as db:
            some = purge.collect(db, asked.workspace, before_ms=before_ms, run_ids=said.run_ids)
        done.runs += some.runs
        done.models += some.models
        done.experiments += some.experiments
        done.kept.update(some.kept)
        if not some.runs + some.models + some.experiments:
            break
    asked.ctx.wakes.wake(purge.LOOP)
    return asdict(done)


_VERBS = ask.verbs(
    (
        ("GET", RUN, get_run),
        ("PATCH", RUN, patch_run),
        ("DELETE", RUN, delete_run),
        ("GET", rf"{RUN}/details", details),
        ("GET", rf"{RUN}/children", children),
        ("GET", rf"{RUN}/serviceinstances/[^/]+", service_instances),
        ("POST", rf"{RUN}/events", event),
        ("GET", rf"{RUN}/events", get_events),
        ("GET", rf"{RUN}/token", token),
        ("DELETE", rf"{RUN}/tags", delete_tags),
        ("GET", rf"{RUN}/metricsingest/wait", metrics_ingested),
        ("PATCH", rf"{EXPERIMENT}/batch/runs", patch_runs),
        ("POST", rf"{EXPERIMENT}/batch/events", post_events),
        ("GET", rf"{EXPERIMENT}/runcounts", run_counts),
        ("GET", "computes/(?P<compute>[^/]+)/runs", runs_of_compute),
        ("POST", "rundata", run_data),
        ("POST", "gc", collect),
        ("POST", rf"(?:{EXPERIMENT}/)?runs:query", query_runs),
        *history_artifacts.VERBS,
        *history_metrics.VERBS,
        *history_experiments.VERBS,
    )
)
