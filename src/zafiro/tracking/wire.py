"""MLflow's JSON: what its protobuf messages look like on the wire.

Requests are read by msgspec into the structs here; int64 may come as text, NaN and infinities do.
Answers are plain dicts, runs structs. Unknown fields are ignored, as the server's own ParseDict does.
Source: mlflow/protos/service.proto, mlflow 3.17; bodies of mlflow 2.x are the same.
"""

import math
import sys
from typing import Any

import msgspec

from zafiro.tracking.artifacts import SCHEME, uri_of
from zafiro.tracking.domain import DatasetInput, Experiment, Head, ModelLink, Point

STATUSES = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
VIEWS = {1: "ACTIVE_ONLY", 2: "DELETED_ONLY", 3: "ALL"}


class Pair(msgspec.Struct, gc=False):
    key: str
    value: str = ""


class Metric(msgspec.Struct, rename={"timestamp_ms": "timestamp"}):
    """Is a `Logged`: a thousand of these become no thousand Points."""

    key: str
    value: float
    timestamp_ms: int
    step: int = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class RunRef(msgspec.Struct):
    """Anything that names a run: old clients say run_uuid."""

    run_id: str = ""
    run_uuid: str = ""


class LogMetric(RunRef, kw_only=True, rename={"timestamp_ms": "timestamp"}):
    """Is a `Logged` itself."""

    key: str
    value: float
    timestamp_ms: int
    step: int = 0
    model_id: str | None = None
    dataset_name: str | None = None
    dataset_digest: str | None = None


class LogParam(RunRef, kw_only=True):
    key: str
    value: str = ""


class SetTag(LogParam, kw_only=True):
    pass


class DeleteTag(RunRef, kw_only=True):
    key: str


class LogBatch(RunRef):
    metrics: list[Metric] = []
    params: list[Pair] = []
    tags: list[Pair] = []


class LogModel(RunRef, kw_only=True):
    model_json: str


class DatasetSaid(msgspec.Struct):
    name: str
    digest: str
    source_type: str = ""
    source: str = ""
    schema: str | None = None
    profile: str | None = None


class DatasetInputSaid(msgspec.Struct):
    dataset: DatasetSaid
    tags: list[Pair] = []


class ModelSaid(msgspec.Struct):
    model_id: str
    step: int = 0


class LogInputs(RunRef):
    datasets: list[DatasetInputSaid] = []
    models: list[ModelSaid] = []


class LogOutputs(RunRef):
    models: list[ModelSaid] = []


class CreateRun(msgspec.Struct):
    experiment_id: str = "0"
    user_id: str = ""
    run_name: str = ""
    start_time: int | None = None
    tags: list[Pair] = []


class UpdateRun(RunRef):
    status: str | int | None = None
    end_time: int | None = None
    run_name: str | None = None


class SearchRuns(msgspec.Struct):
    experiment_ids: list[str] = []
    filter: str = ""
    run_view_type: str | int = "ACTIVE_ONLY"
    max_results: int = 1000
    order_by: list[str] = []
    page_token: str | None = None


class GetMetricHistory(RunRef, kw_only=True):
    metric_key: str
    page_token: str | None = None
    max_results: int | None = None


class GetHistoryBulk(msgspec.Struct):
    metric_key: str = ""
    run_id: list[str] = []
    max_results: int = 25_000


class GetHistoryInterval(msgspec.Struct):
    run_ids: list[str] = []
    metric_key: str = ""
    start_step: int | None = None
    end_step: int | None = None
    max_results: int = 2500


class ListArtifacts(RunRef):
    path: str = ""
    page_token: str | None = None


class ExperimentRef(msgspec.Struct):
    experiment_id: str


class CreateExperiment(msgspec.Struct):
    name: str
    artifact_location: str = ""
    tags: list[Pair] = []


class GetByName(msgspec.Struct):
    experiment_name: str


class UpdateExperiment(ExperimentRef):
    new_name: str = ""


class ExperimentTag(ExperimentRef):
    key: str
    value: str = ""


class SearchExperiments(msgspec.Struct):
    max_results: int = 1000
    page_token: str | None = None
    filter: str = ""
    order_by: list[str] = []
    view_type: str | int = "ACTIVE_ONLY"


class SearchDatasets(msgspec.Struct):
    experiment_ids: list[str] = []


_MOST = sys.float_info.max


def number(value: float) -> float | str:
    """protobuf's JSON spells what JSON has no number for."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def metric(point: Point, run_id: str | None = None) -> dict[str, Any]:
    key, value, timestamp_ms, step, model_id, dataset_name, dataset_digest = point
    said: dict[str, Any] = {
        "key": key,
        "value": value if -_MOST <= value <= _MOST else number(value),
        "timestamp": timestamp_ms,
        "step": step,
    }
    if run_id:
        said["run_id"] = run_id
    if model_id:
        said["model_id"] = model_id
    if dataset_name:
        said["dataset_name"] = dataset_name
        said["dataset_digest"] = dataset_digest or ""
    return said


def pairs(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def experiment(found: Experiment) -> dict[str, Any]:
    return {
        "experiment_id": found.id,
        "name": found.name,
        "artifact_location": found.place.location if found.place else f"{SCHEME}ExperimentRun",
        "lifecycle_stage": found.lifecycle,
        "creation_time": found.created_ms,
        "last_update_time": found.modified_ms,
        "tags": pairs(found.tags),
    }


class Said(msgspec.Struct, gc=False):
    """A metric in an answer. Structs, because a page of runs has thousands: they are made and
    written twice as fast as dicts."""

    key: str
    value: float | str
    timestamp: int
    step: int


class RunInfo(msgspec.Struct, omit_defaults=True):
    run_id: str
    run_uuid: str
    run_name: str
    experiment_id: str
    user_id: str
    status: str
    start_time: int
    artifact_uri: str
    lifecycle_stage: str
    end_time: int | None = None


class RunData(msgspec.Struct):
    metrics: list[Said]
    params: list[Pair]
    tags: list[Pair]


class FullRun(msgspec.Struct):
    info: RunInfo
    data: RunData
    inputs: dict[str, list[Any]]
    outputs: dict[str, list[Any]]


def run_info(run: Head) -> RunInfo:
    return RunInfo(
        run.run_id,
        run.run_id,
        run.name,
        str(run.experiment_key),
        run.user,
        run.status,
        run.start_ms,
        uri_of(run),
        run.lifecycle,
        run.end_ms,
    )


def said(key: str, value: float, nan: bool, timestamp_ms: int, step: int) -> Said:
    """A metric as its row has it."""
    if nan:
        return Said(key, "NaN", timestamp_ms, step)
    return Said(key, value if -_MOST <= value <= _MOST else number(value), timestamp_ms, step)


def run(
    found: Head,
    metrics: list[Said],
    params: list[Pair],
    tags: list[Pair],
    inputs: list[DatasetInput],
    models_in: list[ModelLink],
    models_out: list[ModelLink],
) -> FullRun:
    """`tags` without those that mirror the run's own fields."""
    mirrors = [Pair(key, value) for key, value in found.mirrors.items()]
    return FullRun(
        run_info(found),
        RunData(metrics, params, tags + mirrors),
        {
            "dataset_inputs": [dataset_input(given) for given in inputs],
            "model_inputs": [{"model_id": link.model_id} for link in models_in],
        },
        {"model_outputs": [{"model_id": link.model_id, "step": link.step} for link in models_out]},
    )


def dataset_input(given: DatasetInput) -> dict[str, Any]:
    kept = given.dataset
    shown = {
        "name": kept.name,
        "digest": kept.digest,
        "source_type": kept.source_type,
        "source": kept.source,
    }
    if kept.schema is not None:
        shown["schema"] = kept.schema
    if kept.profile is not None:
        shown["profile"] = kept.profile
    return {"tags": pairs(given.tags), "dataset": shown}
