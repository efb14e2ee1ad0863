"""MLflow's evaluation datasets, verb by verb."""

import json
from collections.abc import Iterable
from typing import Any

from zafiro.core.errors import Invalid, NotFound
from zafiro.evaluations import datasets, messages, wire
from zafiro.evaluations.domain import Dataset
from zafiro.mlflow_rest.call import Call
from zafiro.mlflow_rest.router import AnyVerb, Verb
from zafiro.tracking import service as tracking

READ, WRITE, DELETE = "experiments/read", "experiments/write", "experiments/delete"
MOST_RESULTS = 50_000
MOST_RECORDS = 10_000


def experiments(call: Call, ids: Iterable[str]) -> list[int]:
    """The keys of experiments. Raises NotFound, Invalid."""
    with call.ctx.db.begin() as db:
        return [tracking.experiments.get_or_default(db, call.guid, id).key for id in ids]


def experiment(call: Call, id: str) -> int:
    """The key of one that was not deleted."""
    with call.ctx.db.begin() as db:
        found = tracking.experiments.get_or_default(db, call.guid, id)
    tracking.experiments.check_active(found)
    return found.key


def known(call: Call, what: str = READ) -> Dataset:
    """The dataset the path names, once the caller may do that."""
    call.may(what)
    with call.ctx.db.read() as db:
        return datasets.get(db, call.guid, call.groups[0])


def create(call: Call) -> Any:
    said = call.read(messages.CreateDataset)
    call.may(WRITE)
    tags = wire.read_json(said.tags, "tags", dict) if said.tags else {}
    within = experiments(call, said.experiment_ids)
    with call.ctx.db.begin() as db:
        made = datasets.create(
            db,
            call.guid,
            said.name,
            tags={key: str(value) for key, value in tags.items()},
            experiments=within,
        )
    return {"dataset": wire.dataset(made)}


def get(call: Call) -> Any:
    return {"dataset": wire.dataset(known(call))}


def remove(call: Call) -> Any:
    call.may_in_workspace(DELETE)
    with call.ctx.db.begin() as db:
        found = datasets.find(db, call.guid, call.groups[0])
        if found is not None:
            datasets.remove(db, found)
    return {}


def search(call: Call) -> Any:
    said = call.read(messages.SearchDatasets)
    call.may(READ)
    _within(said.max_results, MOST_RESULTS)
    keys = None
    if said.experiment_ids:
        keys = []
        for id in said.experiment_ids:
            try:
                keys += experiments(call, [id])
            except NotFound:
                continue
    with call.ctx.db.read() as db:
        found, token = datasets.search(
            db,
            call.guid,
            experiments=keys,
            text=said.filter_string,
            order_by=said.order_by,
            limit=said.max_results,
            token=said.page_token,
        )
    answer: dict[str, Any] = {"datasets": [wire.dataset(one) for one in found]}
    return answer | ({"next_page_token": token} if token else {})


def set_tags(call: Call) -> Any:
    said = call.read(messages.DatasetTags)
    tags = wire.read_json(said.tags, "tags", dict)
    found = known(call, WRITE)
    with call.ctx.db.begin() as db:
        datasets.set_tags(db, found, tags)
        return {"dataset": wire.dataset(datasets.get(db, call.guid, found.dataset_id))}


def delete_tag(call: Call) -> Any:
    call.may(WRITE)
    with call.ctx.db.begin() as db:
        found = datasets.find(db, call.guid, call.groups[0])
        if found is not None:
            datasets.delete_tag(db, found, call.groups[1])
    return {}


def put_records(call: Call) -> Any:
    said = call.read(messages.PutRecords)
    records = wire.read_json(said.records, "records", list)
    if not all(isinstance(one, dict) for one in records):
        raise Invalid("records", "each must be an object")
    found = known(call, WRITE)
    with call.ctx.db.begin() as db:
        added, changed = datasets.put_records(db, found, records)
    return {"inserted_count": added, "updated_count": changed}


def get_records(call: Call) -> Any:
    said = call.read(messages.GetRecords)
    found = known(call)
    _within(said.max_results, MOST_RECORDS)
    with call.ctx.db.read() as db:
        page, token = datasets.records(db, found, limit=said.max_results, token=said.page_token)
    answer: dict[str, Any] = {"records": json.dumps([wire.record(one) for one in page])}
    return answer | ({"next_page_token": token} if token else {})


def delete_records(call: Call) -> Any:
    said = call.read(messages.DeleteRecords)
    found = known(call, WRITE)
    with call.ctx.db.begin() as db:
        return {"deleted_count": datasets.remove_records(db, found, said.dataset_record_ids)}


def experiment_ids(call: Call) -> Any:
    """None for a dataset there is not, as MLflow's server answers."""
    call.may(READ)
    with call.ctx.db.read() as db:
        found = datasets.find(db, call.guid, call.groups[0])
    return {"experiment_ids": found.experiment_ids if found else []}


def add_experiments(call: Call) -> Any:
    said = call.read(messages.Experiments)
    found, keys = known(call, WRITE), experiments(call, said.experiment_ids)
    with call.ctx.db.begin() as db:
        datasets.link(db, found, keys)
        return {"dataset": wire.dataset(datasets.get(db, call.guid, found.dataset_id))}


def remove_experiments(call: Call) -> Any:
    said = call.read(messages.Experiments)
    found, keys = known(call, WRITE), experiments(call, said.experiment_ids)
    with call.ctx.db.begin() as db:
        datasets.unlink(db, found, keys)
        return {"dataset": wire.dataset(datasets.get(db, call.guid, found.dataset_id))}


def _within(said: int, most: int) -> None:
    if not 0 < said <= most:
        raise Invalid(
            "",
            f"Invalid value {said} for parameter 'max_results' supplied: It must be at least 1 and "
            f"at most {most}",
        )


VERBS: tuple[AnyVerb, ...] = (
    Verb("POST", "mlflow/datasets/create", create),
    Verb("POST", "mlflow/datasets/search", search),
    Verb("GET", "mlflow/datasets/search", search),
    Verb("GET", "mlflow/datasets/{}", get),
    Verb("DELETE", "mlflow/datasets/{}", remove),
    Verb("PATCH", "mlflow/datasets/{}/tags", set_tags),
    Verb("DELETE", "mlflow/datasets/{}/tags/{*}", delete_tag),
    Verb("POST", "mlflow/datasets/{}/records", put_records),
    Verb("GET", "mlflow/datasets/{}/records", get_records),
    Verb("DELETE", "mlflow/datasets/{}/records", delete_records),
    Verb("GET", "mlflow/datasets/{}/experiment-ids", experiment_ids),
    Verb("POST", "mlflow/datasets/{}/add-experiments", add_experiments),
    Verb("POST", "mlflow/datasets/{}/remove-experiments", remove_experiments),
)
