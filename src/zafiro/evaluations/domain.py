"""What an evaluation dataset, a record of it, a scorer and an issue are. Times are epoch ms."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

USER_TAG = "mlflow.user"
ISSUE_STATES = ("pending", "rejected", "resolved")
SEVERITIES = ("not_an_issue", "low", "medium", "high")  # in the order of their weight
SOURCES = ("UNSPECIFIED", "TRACE", "HUMAN", "DOCUMENT", "CODE")


@dataclass(frozen=True)
class Dataset:
    """schema, profile  JSON as MLflow's clients keep it; None before the first record"""

    key: int
    dataset_id: str
    name: str
    digest: str
    schema: dict[str, Any] | None
    profile: dict[str, Any] | None
    created_ms: int
    modified_ms: int
    created_by: str | None
    modified_by: str | None
    tags: dict[str, str]
    experiment_ids: tuple[str, ...]


@dataclass(frozen=True)
class Record:
    """One example. `source` is {"source_type", "source_data"} or None."""

    key: int
    record_id: str
    dataset_id: str
    inputs: dict[str, Any]
    outputs: Any
    expectations: dict[str, Any] | None
    tags: dict[str, Any] | None
    source: dict[str, Any] | None
    created_ms: int
    modified_ms: int
    created_by: str | None
    modified_by: str | None


@dataclass(frozen=True)
class Scorer:
    """One version of a scorer; `serialized` is JSON that only clients read."""

    scorer_id: str
    experiment: int
    name: str
    version: int
    serialized: str
    created_ms: int


@dataclass(frozen=True)
class Issue:
    issue_id: str
    experiment: int
    name: str
    description: str
    status: str
    severity: str | None
    root_causes: tuple[str, ...]
    categories: tuple[str, ...]
    source_run: str | None
    created_ms: int
    modified_ms: int
    created_by: str | None
    traces: int | None = None


def digest(name: str, at_ms: int) -> str:
    """Another one after each change."""
    return hashlib.sha256(f"{name}:{at_ms}".encode()).hexdigest()[:8]


def same_inputs(inputs: Any) -> str:
    """Equal for records that ask the same: those are one."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def widened(schema: Mapping[str, Any] | None, record: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with the fields of one more record: {"inputs": {name: type}, …}."""
    found: dict[str, Any] = dict(
        schema or {"inputs": {}, "outputs": {}, "expectations": {}, "version": "1.0"}
    )
    for part in ("inputs", "outputs", "expectations"):
        said = record.get(part)
        if isinstance(said, dict):
            known = found[part] if isinstance(found[part], dict) else {}
            found[part] = {**{k: type_of(v) for k, v in said.items()}, **known}
        elif said is not None and not found[part]:
            found[part] = type_of(said)
    return found


def type_of(value: Any) -> str:
    if value is None:
        return "null"
    for kind, name in (
        (bool, "boolean"),
        (int, "integer"),
        (float, "float"),
        (str, "string"),
        (list, "array"),
        (dict, "object"),
    ):
        if isinstance(value, kind):
            return name
    return "unknown"


def executes(said: Any) -> bool:
    """Whether a serialized scorer carries source code, which whoever loads it would run."""
    if isinstance(said, dict):
        return bool(said.get("call_source")) or any(executes(one) for one in said.values())
    return isinstance(said, list) and any(executes(one) for one in said)


def model_of(said: Mapping[str, Any]) -> str | None:
    """The model a serialized judge asks (mlflow/genai/scorers/scorer_utils.py, 3.17)."""
    for key in (
        "instructions_judge_pydantic_data",
        "builtin_scorer_pydantic_data",
        "third_party_scorer_data",
    ):
        inner = said.get(key)
        if isinstance(inner, dict) and isinstance(inner.get("model"), str):
            return str(inner["model"])
    memory = said.get("memory_augmented_judge_data")
    base = memory.get("base_judge") if isinstance(memory, dict) else None
    return model_of(base) if isinstance(base, dict) else None
