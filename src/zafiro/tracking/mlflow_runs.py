"""MLflow's runs, metrics, params, tags and inputs, verb by verb."""

import json
from typing import Any

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.call import HINT, Call, missing
from zafiro.mlflow_rest.paging import paged, read_token, write_token
from zafiro.tracking import (
    artifacts,
    experiments,
    metrics,
    page,
    rules,
    sampling,
    search,
    service,
    tags,
    wire,
)
from zafiro.tracking.access import read_run
from zafiro.tracking.domain import (
    Dataset,
    DatasetInput,
    ModelLink,
    Point,
    Run,
)
from zafiro.tracking.mlflow_experiments import known, view

MOST_RESULTS = 50_000
MOST_HISTORY = 25_000
MOST_RUNS_IN_HISTORY = 100
MOST_SAMPLED = 2500
MOST_ARTIFACTS = 10_000  # in one answer; MLflow's own server knows no pages
LOGGED_MODELS = "mlflow.log-model.history"


def get(call: Call) -> Any:
    run = read_run(call, call.read(wire.RunRef))
    with call.ctx.db.read() as db:
        return {"run": page.show(db, [run.head])[0]}


def remove(call: Call) -> Any:
    run = writable(call, call.read(wire.RunRef))
    with call.ctx.db.begin() as db:
        service.remove_run(db, run)
    return {}


def restore(call: Call) -> Any:
    run = writable(call, call.read(wire.RunRef))
    with call.ctx.db.begin() as db:
        service.restore_run(db, run)
    return {}


def writable(call: Call, ref: Any) -> Run:
    """The run a message names, once the caller may write it."""
    run = read_run(call, ref)
    call.may("experiments/runs/write", run.owner)
    return run


def active(call: Call, ref: Any) -> Run:
    run = writable(call, ref)
    service.check_active(run)
    return run


def delete_tag(call: Call) -> Any:
    said = call.read(wire.DeleteTag)
    run = active(call, said)
    with call.ctx.db.begin() as db:
        tags.delete_tag(db, run, said.key)
    return {}


def log_inputs(call: Call) -> Any:
    said = call.read(wire.LogInputs)
    run = active(call, said)
    given = [
        DatasetInput(
            Dataset(
                one.dataset.name,
                one.dataset.digest,
                one.dataset.source_type,
                one.dataset.source,
                one.dataset.schema,
                one.dataset.profile,
            ),
            {tag.key: tag.value for tag in one.tags},
        )
        for one in said.datasets
    ]
    for one in given:
        rules.dataset_input(one)
    with call.ctx.db.begin() as db:
        metrics.log_inputs(db, run, given)
        metrics.link_models(db, run.key, "input", [ModelLink(one.model_id) for one in said.models])
    return {}


def log_outputs(call: Call) -> Any:
    said = call.read(wire.LogOutputs)
    run = active(call, said)
    with call.ctx.db.begin() as db:
        links = [ModelLink(one.model_id, one.step) for one in said.models]
        metrics.link_models(db, run.key, "output", links)
    return {}


def log_model(call: Call) -> Any:
    """MLflow 2's log_model: the model is a folder of the run and a line in one of its tags."""
    said = call.read(wire.LogModel)
    try:
        model = json.loads(said.model_json)
    except ValueError as e:
        raise Invalid(
            "", f"Malformed model info. \n {said.model_json} \n is not a valid JSON."
        ) from e
    lacking = {"artifact_path", "flavors", "utc_time_created", "run_id"} - set(model)
    if lacking:
        raise Invalid("", f"Model json is missing mandatory fields: {lacking}")
    run = active(call, said)
    with call.ctx.db.begin() as db:
        kept = service.get_run(db, call.guid, run.run_id).tags.get(LOGGED_MODELS)
        value = json.dumps([*(json.loads(kept) if kept else []), model])
        rules.length(LOGGED_MODELS, rules.MAX_TAG_VALUE, value)
        tags.put_tags(db, run.key, run.experiment_key, {LOGGED_MODELS: value})
    return {}


def search_runs(call: Call) -> Any:
    said = call.read(wire.SearchRuns)
    call.may("experiments/runs/read")
    if not 0 <= said.max_results <= MOST_RESULTS:
        raise Invalid(
            "",
            f"Invalid value {said.max_results} for parameter 'max_results' supplied: It must be "
            f"at most {MOST_RESULTS}, but got value {said.max_results}",
        )
    with call.ctx.db.read() as db:
        keys = experiments.keys(db, call.guid, said.experiment_ids)
    keys = keys or [known(call, id).key for id in said.experiment_ids]
    with call.ctx.db.read() as db:
        found, token = search.search_runs(
            db,
            keys,
            text=said.filter,
            view=view(said.run_view_type),
            order_by=said.order_by,
            limit=said.max_results,
            token=said.page_token,
        )
        return paged({"runs": page.show(db, found)}, token)


def history(call: Call) -> Any:
    said = call.read(wire.GetMetricHistory)
    run = read_run(call, said)
    limit = None if said.max_results is None else max(1, said.max_results)
    with call.ctx.db.read() as db:
        points = metrics.history(
            db,
            run.key,
            said.metric_key,
            after=_behind(said.page_token),
            limit=None if limit is None else limit + 1,
        )
    token = _token(points[limit - 1]) if limit is not None and len(points) > limit else None
    return paged({"metrics": [wire.metric(point) for point in points[:limit]]}, token)


def history_bulk(call: Call) -> Any:
    said = call.read(wire.GetHistoryBulk)
    if not said.run_id:
        raise Invalid("", "GetMetricHistoryBulk request must specify at least one run_id.")
    if len(said.run_id) > MOST_RUNS_IN_HISTORY:
        raise Invalid(
            "",
            f"GetMetricHistoryBulk request cannot specify more than {MOST_RUNS_IN_HISTORY} "
            f"run_ids. Received {len(said.run_id)} run_ids.",
        )
    if not said.metric_key:
        raise Invalid("", "GetMetricHistoryBulk request must specify a metric_key.")
    limit = min(said.max_results, MOST_HISTORY)
    found: list[dict[str, Any]] = []
    for run in sorted((_run(call, id) for id in said.run_id), key=lambda run: run.run_id):
        with call.ctx.db.read() as db:
            points = metrics.history(db, run.key, said.metric_key, limit=limit - len(found))
        found += [wire.metric(point, run.run_id) for point in points]
        if len(found) >= limit:
            break
    return {"metrics": found}


def history_interval(call: Call) -> Any:
    said = call.read(wire.GetHistoryInterval)
    for name in ("run_ids", "metric_key"):
        if not getattr(said, name):
            raise Invalid("", missing(name).why + HINT)
    if len(said.run_ids) > MOST_RUNS_IN_HISTORY:
        raise Invalid(
            "",
            "GetMetricHistoryBulkInterval request must specify at most "
            f"{MOST_RUNS_IN_HISTORY} run_ids. Received {len(said.run_ids)} run_ids.",
        )
    if not 1 <= said.max_results <= MOST_SAMPLED:
        raise Invalid("", f"max_results must be between 1 and {MOST_SAMPLED}.")
    if (said.start_step is None) != (said.end_step is None):
        raise Invalid("", "If either start step or end step are specified, both must be specified.")
    between = None
    if said.start_step is not None and said.end_step is not None:
        between = (said.start_step, said.end_step)
        if said.start_step > said.end_step:
            raise Invalid(
                "",
                "end_step must be greater than start_step. "
                f"Found start_step={said.start_step} and end_step={said.end_step}.",
            )
    runs = {run.key: run.run_id for run in (_run(call, id) for id in said.run_ids)}
    with call.ctx.db.read() as db:
        found = sampling.by_step(
            db, list(runs), said.metric_key, at_most=said.max_results, between=between
        )
    return {"metrics": [wire.metric(point, runs[run]) for run, point in found]}


def list_artifacts(call: Call) -> Any:
    """What lies directly in a folder, by name, a page at a time."""
    said = call.read(wire.ListArtifacts)
    run = read_run(call, said)
    folder = artifacts.folder_of(run)
    below = artifacts.safe(said.path) if said.path else ""
    found = artifacts.listing(
        call.ctx.home, call.workspace, f"{folder}/{below}" if below else folder
    )
    _, offset = read_token(said.page_token)
    page = found[offset : offset + MOST_ARTIFACTS]
    done = offset + len(page)
    token = write_token(0, done) if len(found) > done else None
    files = [file_info(file, below) for file in page]
    return paged({"root_uri": artifacts.uri_of(run), "files": files}, token)


def file_info(file: artifacts.File, below: str = "") -> dict[str, Any]:
    path = f"{below}/{file.path}" if below else file.path
    said: dict[str, Any] = {"path": path, "is_dir": file.is_folder}
    return said if file.is_folder else said | {"file_size": file.size_bytes}


def _run(call: Call, id: str) -> Run:
    return read_run(call, wire.RunRef(run_id=id))


def _token(point: Point) -> str:
    value = wire.number(point.value)
    return json.dumps([point.timestamp_ms, point.step, value], separators=(",", ":"))


def _behind(token: str | None) -> tuple[int, int, float, bool] | None:
    if not token:
        return None
    try:
        at, step, value = json.loads(token)
        nan = value == "NaN"
        return int(at), int(step), 0.0 if nan else float(value), nan
    except (ValueError, TypeError) as e:
        raise Invalid("", f"Invalid page token: {token!r}") from e
