"""MLflow's frequent writes. Each reads and checks its message here and leaves a function that
writes it, to be committed together with others (`ingest`).
"""

import random
import uuid
from collections.abc import Callable
from typing import Any

from zafiro.core.errors import Invalid
from zafiro.tracking import metrics, rules, service, wire
from zafiro.tracking.access import Access
from zafiro.tracking.domain import RUN_NAME, Run
from zafiro.tracking.ingest import Batch, Write
from zafiro.tracking.tags import put_tags

_FIRST = ["able", "bold", "calm", "deep", "eager", "fair", "glad", "keen", "light", "merry"]
_SECOND = ["auk", "bear", "crane", "deer", "elk", "finch", "gull", "hare", "ibis", "jay", "kite"]


def some_name() -> str:
    """A name for what nobody named, as MLflow's server gives one."""
    return f"{random.choice(_FIRST)}-{random.choice(_SECOND)}-{random.randrange(1000)}"


def log_metric(access: Access, said: wire.LogMetric, size: int) -> Write:
    rules.metric(said)

    def write(batch: Batch) -> Any:
        batch.check_active(access.run)
        batch.log(access.run, access.experiment, [said])
        return {}

    return write


def log_param(access: Access, said: wire.LogParam, size: int) -> Write:
    given = {said.key: rules.param(said.key, said.value)}

    def write(batch: Batch) -> Any:
        batch.check_active(access.run)
        metrics.log_params(batch.db, access.run, access.experiment, given, run_id=access.run_id)
        return {}

    return write


def log_batch(access: Access, said: wire.LogBatch, size: int) -> Write:
    if size > rules.MAX_BATCH_BYTES:
        raise Invalid(
            "",
            f"Batched logging API requests must be at most {rules.MAX_BATCH_BYTES} bytes, got a "
            f"request of size {size}.",
        )
    rules.metrics(said.metrics)
    params = {
        one.key: rules.param(one.key, one.value, f"params[{n}]")
        for n, one in enumerate(said.params)
    }
    tags = {one.key: rules.tag(one.key, one.value, f"tags[{n}]") for n, one in enumerate(said.tags)}
    rules.batch(said.metrics, said.params, said.tags)
    rules.unique_params(one.key for one in said.params)

    def write(batch: Batch) -> Any:
        batch.check_active(access.run)
        metrics.log_params(batch.db, access.run, access.experiment, params, run_id=access.run_id)
        if tags:
            put_tags(batch.db, access.run, access.experiment, tags)
        batch.log(access.run, access.experiment, said.metrics)
        return {}

    return write


def set_tag(access: Access, said: wire.SetTag, size: int) -> Write:
    tags = {said.key: rules.tag(said.key, said.value)}

    def write(batch: Batch) -> Any:
        batch.check_active(access.run)
        put_tags(batch.db, access.run, access.experiment, tags)
        return {}

    return write


def create(access: Access, said: wire.CreateRun, size: int) -> Write:
    tags = {tag.key: tag.value for tag in said.tags}
    named = tags.get(RUN_NAME)
    if said.run_name and named and said.run_name != named:
        raise Invalid(
            "",
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different "
            f"values (run_name='{said.run_name}', mlflow.runName='{named}').",
        )

    def write(batch: Batch) -> Run:
        guid = access.workspace.guid
        experiment = batch.experiment(guid, said.experiment_id)
        run = service.create_run(
            batch.db,
            guid,
            uuid.uuid4().hex,
            experiment,
            said.run_name or named or some_name(),
            user=said.user_id,
            start_ms=said.start_time,
            tags=tags,
            job=access.caller.job,
        )
        return run

    return write


def shown(made: Run) -> Any:
    """A run that was just made."""
    tags = [wire.Pair(key, value) for key, value in made.tags.items()]
    return {"run": wire.run(made.head, [], [], tags, [], [], [])}


def update(access: Access, said: wire.UpdateRun, size: int) -> Write:
    status = None if said.status is None else str(said.status)
    if status is not None and status.isdecimal():
        status = wire.STATUSES.get(int(status), status)
    if status is not None and status not in wire.STATUSES.values():
        raise Invalid("", f"Invalid value {said.status!r} for parameter 'status' supplied")

    def write(batch: Batch) -> Any:
        run = service.get_run(batch.db, access.workspace.guid, access.run_id)
        run = service.set_mlflow_status(
            batch.db, run, status=status, end_ms=said.end_time, name=said.run_name
        )
        return {"run_info": wire.run_info(run.head)}

    return write


# verb → (its message, what prepares the write)
WRITES: dict[str, tuple[Any, Callable[[Access, Any, int], Write]]] = {
    "runs/log-metric": (wire.LogMetric, log_metric),
    "runs/log-batch": (wire.LogBatch, log_batch),
    # azureml-mlflow 1.62: an answer without batch_tracking_id tells it that all is done.
    "runs/log-batch-async": (wire.LogBatch, log_batch),
    "runs/log-parameter": (wire.LogParam, log_param),
    "runs/set-tag": (wire.SetTag, set_tag),
    "runs/create": (wire.CreateRun, create),
    "runs/update": (wire.UpdateRun, update),
}
