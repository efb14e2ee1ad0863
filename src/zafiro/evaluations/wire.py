"""JSON of evaluations: what MLflow's protobuf messages look like on the wire.

Source: mlflow/protos/datasets.proto, issues.proto and service.proto, mlflow 3.17.
"""

import json
from typing import Any

from zafiro.core.errors import Invalid
from zafiro.evaluations.domain import Dataset, Issue, Record, Scorer


def read_json(text: str, what: str, kind: type) -> Any:
    """JSON that travels in a text. Raises Invalid."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise Invalid(what, f"is not JSON: {e}") from e
    if not isinstance(found, kind):
        raise Invalid(what, f"must be a JSON {'object' if kind is dict else 'array'}")
    if "\\u0000" in text:
        raise Invalid(what, "holds a NUL character (\\u0000)")
    return found


def dataset(one: Dataset) -> dict[str, Any]:
    said: dict[str, Any] = {
        "dataset_id": one.dataset_id,
        "name": one.name,
        "tags": json.dumps(one.tags),
        "digest": one.digest,
        "created_time": one.created_ms,
        "last_update_time": one.modified_ms,
        "experiment_ids": one.experiment_ids,
    }
    if one.schema is not None:
        said["schema"] = json.dumps(one.schema)
    if one.profile is not None:
        said["profile"] = json.dumps(one.profile)
    if one.created_by is not None:
        said["created_by"] = one.created_by
    if one.modified_by is not None:
        said["last_updated_by"] = one.modified_by
    return said


def record(one: Record) -> dict[str, Any]:
    """As DatasetRecord.to_dict has it: records travel as JSON in a text."""
    said: dict[str, Any] = {
        "dataset_record_id": one.record_id,
        "dataset_id": one.dataset_id,
        "inputs": one.inputs,
        "created_time": one.created_ms,
        "last_update_time": one.modified_ms,
    }
    for name, value in (
        ("outputs", one.outputs),
        ("expectations", one.expectations),
        ("tags", one.tags),
        ("source", one.source),
        ("created_by", one.created_by),
        ("last_updated_by", one.modified_by),
    ):
        if value is not None:
            said[name] = value
    if one.source is not None:
        said["source_type"] = one.source["source_type"]
    return said


def scorer(one: Scorer) -> dict[str, Any]:
    return {
        "experiment_id": one.experiment,
        "scorer_name": one.name,
        "scorer_version": one.version,
        "serialized_scorer": one.serialized,
        "creation_time": one.created_ms,
        "scorer_id": one.scorer_id,
    }


def issue(one: Issue) -> dict[str, Any]:
    said: dict[str, Any] = {
        "issue_id": one.issue_id,
        "experiment_id": str(one.experiment),
        "name": one.name,
        "description": one.description,
        "status": one.status,
        "root_causes": one.root_causes,
        "categories": one.categories,
        "created_timestamp": one.created_ms,
        "last_updated_timestamp": one.modified_ms,
    }
    for name, value in (
        ("severity", one.severity),
        ("source_run_id", one.source_run),
        ("created_by", one.created_by),
        ("trace_count", one.traces),
    ):
        if value is not None:
            said[name] = value
    return said
