"""MLflow's messages about logged models. Source: mlflow/protos/service.proto, mlflow 3.17."""

from typing import Any

import msgspec

from zafiro.tracking import wire
from zafiro.tracking.artifacts import SCHEME
from zafiro.tracking.domain import LoggedModel

MODEL_STATUSES = {
    0: "LOGGED_MODEL_STATUS_UNSPECIFIED",
    1: "LOGGED_MODEL_PENDING",
    2: "LOGGED_MODEL_READY",
    3: "LOGGED_MODEL_UPLOAD_FAILED",
}


class CreateModel(msgspec.Struct):
    experiment_id: str
    name: str | None = None
    model_type: str | None = None
    source_run_id: str | None = None
    params: list[wire.Pair] = []
    tags: list[wire.Pair] = []


class FinalizeModel(msgspec.Struct):
    status: str | int


class ModelParams(msgspec.Struct):
    params: list[wire.Pair] = []


class ModelTags(msgspec.Struct):
    tags: list[wire.Pair] = []


class ModelOrder(msgspec.Struct):
    field_name: str
    ascending: bool = True
    dataset_name: str | None = None
    dataset_digest: str | None = None


class ModelDataset(msgspec.Struct):
    dataset_name: str
    dataset_digest: str | None = None


class SearchModels(msgspec.Struct):
    experiment_ids: list[str]
    filter: str = ""
    datasets: list[ModelDataset] = []
    max_results: int = 50
    order_by: list[ModelOrder] = []
    page_token: str | None = None


def logged_model(found: LoggedModel) -> dict[str, Any]:
    info: dict[str, Any] = {
        "model_id": found.model_id,
        "experiment_id": str(found.experiment_key),
        "name": found.name,
        "creation_timestamp_ms": found.created_ms,
        "last_updated_timestamp_ms": found.modified_ms,
        "artifact_uri": SCHEME + found.folder,
        "status": MODEL_STATUSES[found.status],
        "tags": wire.pairs(found.tags),
    }
    for name, value in (
        ("model_type", found.model_type),
        ("source_run_id", found.source_run),
        ("status_message", found.status_message),
    ):
        if value:
            info[name] = value
    return {
        "info": info,
        "data": {
            "params": wire.pairs(found.params),
            "metrics": [
                wire.metric(point, run_id) | {"model_id": found.model_id}
                for run_id, point in found.metrics
            ],
        },
    }
