"""MLflow's scorers, verb by verb."""

from typing import Any

from zafiro.core.errors import Invalid, NotFound, Unsupported
from zafiro.evaluations import messages, scorers, wire
from zafiro.evaluations.mlflow_datasets import READ, WRITE, experiment, experiments
from zafiro.mlflow_rest.call import Call
from zafiro.mlflow_rest.router import AnyVerb, Verb
from zafiro.tracking import service as tracking


def register(call: Call) -> Any:
    said = call.read(messages.RegisterScorer)
    call.may(WRITE)
    key = experiment(call, said.experiment_id)
    with call.ctx.db.begin() as db:
        made = scorers.register(db, key, said.name, said.serialized_scorer)
    return {
        "version": made.version,
        "scorer_id": made.scorer_id,
        "experiment_id": str(key),
        "name": made.name,
        "serialized_scorer": made.serialized,
        "creation_time": made.created_ms,
    }


def listing(call: Call) -> Any:
    said = call.read(messages.ListScorers)
    call.may(READ)
    if said.experiment_id and said.experiment_ids is not None:
        raise Invalid("", "Cannot specify both 'experiment_id' and 'experiment_ids'.")
    if said.experiment_id:
        keys = [experiment(call, said.experiment_id)]
    elif said.experiment_ids is None:
        with call.ctx.db.read() as db:
            keys = tracking.experiments.active_keys(db, call.guid)
    else:
        keys = []
        for id in said.experiment_ids:
            try:
                keys += experiments(call, [id])
            except NotFound:
                continue
    with call.ctx.db.read() as db:
        return {"scorers": [wire.scorer(one) for one in scorers.newest(db, keys)]}


def versions(call: Call) -> Any:
    said = call.read(messages.ScorerRef)
    call.may(READ)
    key = experiment(call, said.experiment_id)
    with call.ctx.db.read() as db:
        return {"scorers": [wire.scorer(one) for one in scorers.versions(db, key, said.name)]}


def get(call: Call) -> Any:
    said = call.read(messages.ScorerRef)
    call.may(READ)
    key = experiment(call, said.experiment_id)
    with call.ctx.db.read() as db:
        return {"scorer": wire.scorer(scorers.get(db, key, said.name, said.version))}


def remove(call: Call) -> Any:
    said = call.read(messages.ScorerRef)
    call.may(WRITE)
    key = experiment(call, said.experiment_id)
    with call.ctx.db.begin() as db:
        scorers.remove(db, key, said.name, said.version)
    return {}


def no_online(call: Call) -> Any:
    raise Unsupported("MLflow's online scoring (judging new traces on the server)")


def online(call: Call) -> Any:
    """None is configured, for none can be."""
    call.may(READ)
    return {"configs": []}


VERBS: tuple[AnyVerb, ...] = (
    Verb("POST", "mlflow/scorers/register", register),
    Verb("GET", "mlflow/scorers/list", listing),
    Verb("GET", "mlflow/scorers/versions", versions),
    Verb("GET", "mlflow/scorers/get", get),
    Verb("DELETE", "mlflow/scorers/delete", remove),
    Verb("PUT", "mlflow/scorers/online-config", no_online),
    Verb("GET", "mlflow/scorers/online-configs", online),
)
