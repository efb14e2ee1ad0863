"""MLflow's experiments, verb by verb."""

from typing import Any

from sqlalchemy.orm import Session

from zafiro.core.errors import Invalid, NotFound, Unsupported
from zafiro.datastores import service as datastores
from zafiro.mlflow_rest.call import Call
from zafiro.mlflow_rest.paging import paged, read_token, write_token
from zafiro.tracking import artifacts, experiments, metrics, wire
from zafiro.tracking.domain import DEFAULT_EXPERIMENT, Experiment, Place
from zafiro.tracking.search import VIEWS

MOST_RESULTS = 50_000
MOST_SEARCHED = 20  # experiments whose datasets are asked for at once


def create(call: Call) -> Any:
    said = call.read(wire.CreateExperiment)
    call.may("experiments/write")
    place = artifacts.chosen(said.artifact_location or "")
    if place is not None:
        call.may_in_workspace("experiments/write")  # where others will write: no job's to decide
    known(call, "0")  # which MLflow's server has before any other
    with call.ctx.db.begin() as db:
        if place is not None and place.folder is None:
            place = _in_datastore(call, db, place)
        tags = {tag.key: tag.value for tag in said.tags}
        made = experiments.create(db, call.guid, said.name, tags=tags, place=place)
        return {"experiment_id": made.id}


def _in_datastore(call: Call, db: Session, place: Place) -> Place:
    """The same with its folder, if it is a datastore's URI and that is on this server. Raises
    NotFound for a datastore that is not there, Denied for one that is not the workspace's."""
    if not place.location.lower().startswith(("azureml:", "wasbs:", "abfss:", "https:")):
        return place
    try:
        found = datastores.locate(call.ctx, db, call.workspace, place.location)
    except (Invalid, Unsupported):  # somebody else's address
        return place
    if found.path is None or not found.account:
        return place
    folder = artifacts.in_storage(found.account, found.container, found.name)
    return Place(place.location, folder)


def get(call: Call) -> Any:
    said = call.read(wire.ExperimentRef)
    call.may("experiments/read")
    return {"experiment": wire.experiment(known(call, said.experiment_id))}


def get_by_name(call: Call) -> Any:
    said = call.read(wire.GetByName)
    call.may("experiments/read")
    with call.ctx.db.read() as db:
        found = experiments.find(db, call.guid, said.experiment_name)
    if found is None and said.experiment_name == DEFAULT_EXPERIMENT:
        found = known(call, "0")
    if found is None:
        raise NotFound(
            "experiment",
            said.experiment_name,
            f"Could not find experiment with name '{said.experiment_name}'",
        )
    return {"experiment": wire.experiment(found)}


def known(call: Call, id: str) -> Experiment:
    """By id. MLflow's clients count on experiment "0" being there before anything was made."""
    if id == "0":
        with call.ctx.db.read() as db:
            found = experiments.find(db, call.guid, DEFAULT_EXPERIMENT)
        if found is not None:
            return found
        with call.ctx.db.begin() as db:
            return experiments.ensure(db, call.guid, DEFAULT_EXPERIMENT)
    with call.ctx.db.read() as db:
        return experiments.get(db, call.guid, id)


def update(call: Call) -> Any:
    said = call.read(wire.UpdateExperiment)
    call.may_in_workspace("experiments/write")
    found = known(call, said.experiment_id)
    with call.ctx.db.begin() as db:
        if said.new_name:
            experiments.rename(db, found, said.new_name)
    return {}


def remove(call: Call) -> Any:
    said = call.read(wire.ExperimentRef)
    call.may_in_workspace("experiments/delete")
    found = known(call, said.experiment_id)
    with call.ctx.db.begin() as db:
        experiments.remove(db, found)
    return {}


def restore(call: Call) -> Any:
    said = call.read(wire.ExperimentRef)
    call.may_in_workspace("experiments/write")
    found = known(call, said.experiment_id)
    with call.ctx.db.begin() as db:
        experiments.restore(db, found)
    return {}


def set_tag(call: Call) -> Any:
    said = call.read(wire.ExperimentTag)
    call.may("experiments/write")
    found = known(call, said.experiment_id)
    with call.ctx.db.begin() as db:
        experiments.set_tag(db, found, said.key, said.value)
    return {}


def delete_tag(call: Call) -> Any:
    said = call.read(wire.ExperimentTag)
    call.may("experiments/write")
    found = known(call, said.experiment_id)
    with call.ctx.db.begin() as db:
        experiments.delete_tag(db, found, said.key)
    return {}


def search(call: Call) -> Any:
    said = call.read(wire.SearchExperiments)
    call.may("experiments/read")
    if not 0 < said.max_results <= MOST_RESULTS:
        raise Invalid(
            "",
            f"Invalid value {said.max_results} for parameter 'max_results' supplied: It must be "
            f"at least 1 and at most {MOST_RESULTS}",
        )
    _, offset = read_token(said.page_token)
    known(call, "0")
    with call.ctx.db.read() as db:
        found = experiments.search(
            db,
            call.guid,
            text=said.filter,
            order_by=said.order_by,
            lifecycles=VIEWS[view(said.view_type)],
            offset=offset,
            limit=said.max_results + 1,
        )
    most = said.max_results
    token = write_token(0, offset + most) if len(found) > most else None
    return paged({"experiments": [wire.experiment(one) for one in found[:most]]}, token)


def search_datasets(call: Call) -> Any:
    said = call.read(wire.SearchDatasets)
    call.may("experiments/read")
    if not said.experiment_ids:
        raise Invalid("", "SearchDatasets request must specify at least one experiment_id.")
    if len(said.experiment_ids) > MOST_SEARCHED:
        raise Invalid(
            "",
            f"SearchDatasets request cannot specify more than {MOST_SEARCHED} experiment_ids. "
            f"Received {len(said.experiment_ids)} experiment_ids.",
        )
    keys = [known(call, id).key for id in said.experiment_ids]
    with call.ctx.db.read() as db:
        found = metrics.datasets_of(db, keys)
    summaries = []
    for experiment, name, digest, context in found:
        summary = {"experiment_id": str(experiment), "name": name, "digest": digest}
        summaries.append(summary | ({"context": context} if context else {}))
    return {"dataset_summaries": summaries}


def view(said: str | int) -> str:
    """ACTIVE_ONLY, DELETED_ONLY or ALL, however the client spelled the enum."""
    name = wire.VIEWS.get(int(said)) if str(said).isdecimal() else str(said)
    if name not in VIEWS:
        raise Invalid("", f"Invalid view type '{said}'; it is one of {', '.join(VIEWS)}")
    return name
