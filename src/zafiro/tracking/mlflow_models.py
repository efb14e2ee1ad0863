"""MLflow 3's logged models, verb by verb."""

import uuid
from typing import Any

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.call import Call
from zafiro.mlflow_rest.paging import paged
from zafiro.tracking import artifacts, model_wire, models, service
from zafiro.tracking.domain import LoggedModel
from zafiro.tracking.mlflow_experiments import known
from zafiro.tracking.mlflow_runs import file_info
from zafiro.tracking.mlflow_writes import some_name


def create(call: Call) -> Any:
    said = call.read(model_wire.CreateModel)
    job, run = call.caller.job, None
    if said.source_run_id:  # may name a run of another server: the model was made there
        with call.ctx.db.read() as db:
            run = service.find_run(db, call.guid, said.source_run_id)
    if run is not None:
        call.may("experiments/runs/write", run.owner)
        job = run.job or run.run_id
    else:
        call.may("experiments/runs/write")
    experiment = known(call, said.experiment_id)
    with call.ctx.db.begin() as db:
        made = models.create(
            db,
            call.guid,
            f"m-{uuid.uuid4().hex}",
            experiment,
            said.name or some_name(),
            model_type=said.model_type or None,
            source_run=said.source_run_id or None,
            in_run=run is not None,
            job=job,
            params={one.key: one.value for one in said.params},
            tags={one.key: one.value for one in said.tags},
        )
    return {"model": model_wire.logged_model(made)}


def get(call: Call) -> Any:
    deleted = call.query.get("allow_deleted", "false").lower() == "true"
    return {"model": model_wire.logged_model(readable(call, call.groups[0], deleted=deleted))}


def readable(call: Call, model_id: str, *, deleted: bool = False) -> LoggedModel:
    """The model, once the caller may read it."""
    with call.ctx.db.read() as db:
        model = models.get(db, call.guid, model_id, deleted=deleted)
    may(call, "experiments/runs/read", model)
    return model


def writable(call: Call) -> LoggedModel:
    model = readable(call, call.groups[0])
    may(call, "experiments/runs/write", model)
    return model


def may(call: Call, what: str, model: LoggedModel) -> None:
    """Raises Denied: a model is written by whose run it comes from, or by the job that made it."""
    run = None
    if model.source_run:
        with call.ctx.db.read() as db:
            run = service.find_run(db, call.guid, model.source_run)
    if run is not None:
        call.may(what, run.owner)
    elif call.caller.job and call.caller.job == model.job:
        call.may(what)
    else:
        call.may_in_workspace(what)


def finalize(call: Call) -> Any:
    said = call.read(model_wire.FinalizeModel)
    numbers = {name: number for number, name in model_wire.MODEL_STATUSES.items()}
    status = int(said.status) if str(said.status).isdecimal() else numbers.get(str(said.status))
    if status not in (1, 2, 3):
        raise Invalid("", f"Invalid value {said.status!r} for parameter 'status' supplied")
    model = writable(call)
    with call.ctx.db.begin() as db:
        models.finalize(db, model, status)
        return {"model": model_wire.logged_model(models.get(db, call.guid, model.model_id))}


def remove(call: Call) -> Any:
    model = writable(call)
    with call.ctx.db.begin() as db:
        models.remove(db, model)
    return {}


def log_params(call: Call) -> Any:
    said = call.read(model_wire.ModelParams)
    model = writable(call)
    with call.ctx.db.begin() as db:
        models.put_params(db, model.key, {one.key: one.value for one in said.params})
    return {}


def set_tags(call: Call) -> Any:
    said = call.read(model_wire.ModelTags)
    model = writable(call)
    with call.ctx.db.begin() as db:
        models.put_tags(db, model.key, {one.key: one.value for one in said.tags})
        return {"model": model_wire.logged_model(models.get(db, call.guid, model.model_id))}


def delete_tag(call: Call) -> Any:
    model = writable(call)
    with call.ctx.db.begin() as db:
        models.delete_tag(db, model, call.groups[1])
    return {}


def search(call: Call) -> Any:
    said = call.read(model_wire.SearchModels)
    call.may("experiments/runs/read")
    keys = [known(call, id).key for id in said.experiment_ids]
    with call.ctx.db.read() as db:
        found, token = models.search(
            db,
            keys,
            text=said.filter,
            datasets=[(one.dataset_name, one.dataset_digest) for one in said.datasets],
            order_by=[
                (one.field_name, one.ascending, one.dataset_name, one.dataset_digest)
                for one in said.order_by
            ],
            limit=min(max(1, said.max_results), 1000),
            token=said.page_token,
        )
    return paged({"models": [model_wire.logged_model(model) for model in found]}, token)


def list_artifacts(call: Call) -> Any:
    model = readable(call, call.groups[0])
    path = call.query.get("artifact_directory_path", "")
    below = artifacts.safe(path) if path else ""
    folder = f"{model.folder}/{below}" if below else model.folder
    return {
        "root_uri": artifacts.SCHEME + model.folder,
        "files": [
            file_info(file, below)
            for file in artifacts.listing(call.ctx.home, call.workspace, folder)
        ],
    }
