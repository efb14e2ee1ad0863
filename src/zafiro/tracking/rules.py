"""What MLflow's server refuses, in its words, because clients and people search for them.

Limits and messages: mlflow/utils/validation.py, mlflow 3.17.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.call import invalid_value, missing
from zafiro.tracking.domain import DatasetInput, Logged

MAX_PARAMS_OR_TAGS = 100
MAX_METRICS = 1000
MAX_ENTITIES = 1000
MAX_BATCH_BYTES = 1_000_000
MAX_KEY = 250
MAX_PARAM_VALUE = 6000
MAX_TAG_VALUE = 8000
MAX_EXPERIMENT_NAME = 500
MAX_EXPERIMENT_TAG_VALUE = 20_000
MAX_DATASET = {
    "name": 500,
    "digest": 36,
    "source": 65_535,
    "schema": 1_048_575,
    "profile": 16_777_215,
}
MAX_INPUT_TAG = {"key": 255, "value": 500}

_NAME = re.compile(r"[/\w.\- :]*")
# Names that need no closer look: one match instead of two and a path normalised, for hot writes.
_PLAIN = re.compile(r"\w[\w \-:]*(?:/\w[\w \-:.]*)*")
_RUN_ID = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}")
_CHARACTERS = (
    "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), "
    "colon(:) and slashes (/)."
)


def name(value: str | None, path: str) -> None:
    if value is None:
        raise missing(path)
    if _PLAIN.fullmatch(value):
        return
    if not _NAME.fullmatch(value):
        raise invalid_value(path, value, _CHARACTERS)
    normal = posixpath.normpath(value)
    if normal != value or normal == "." or normal.startswith(("..", "/")):
        raise invalid_value(
            path,
            value,
            "Names may be treated as files in certain cases, and must not resolve to other names "
            f"when treated as such. This name would resolve to {normal!r}",
        )


def length(what: str, limit: int, value: str) -> None:
    if len(value) > limit:
        raise Invalid("", f"'{what}' exceeds the maximum length of {limit} characters")


def metrics(points: Sequence[Logged]) -> None:
    """All of a batch; a name that comes again is not looked at again."""
    seen: set[str] = set()
    for n, point in enumerate(points):
        if point.key not in seen or point.timestamp_ms < 0:
            metric(point, f"metrics[{n}]")
            seen.add(point.key)


def metric(point: Logged, path: str = "") -> None:
    name(point.key, f"{path}.name" if path else "name")
    if point.timestamp_ms < 0:
        raise invalid_value(
            f"{path}.timestamp" if path else "timestamp",
            point.timestamp_ms,
            f"metric '{point.key}' (value={point.value}). Timestamp must be a nonnegative long "
            "(64-bit integer) ",
        )
    length("Metric name", MAX_KEY, point.key)


def param(key: str | None, value: str, path: str = "") -> str:
    """The value as it is kept: MLflow cuts long ones."""
    name(key, f"{path}.key" if path else "key")
    length("Param key", MAX_KEY, key or "")
    return value[:MAX_PARAM_VALUE]


def tag(key: str | None, value: str, path: str = "") -> str:
    """The value as it is kept: MLflow cuts long ones."""
    name(key, f"{path}.key" if path else "key")
    length(f"{path}.key" if path else "key", MAX_KEY, key or "")
    return value[:MAX_TAG_VALUE]


def experiment_name(value: Any) -> None:
    if value == "" or value is None:
        raise Invalid("", f"Invalid experiment name: '{value}'")
    length("name", MAX_EXPERIMENT_NAME, value)


def experiment_tag(key: str, value: str) -> None:
    name(key, "key")
    length("key", MAX_KEY, key)
    length("value", MAX_EXPERIMENT_TAG_VALUE, value)


def run_id(value: str, path: str = "run_id") -> None:
    if not _RUN_ID.fullmatch(value):
        raise invalid_value(path, value)


def model_name(value: str | None) -> None:
    bad = ("/", ":", ".", "%", '"', "'")
    if value is not None and (not value or any(c in value for c in bad)):
        raise Invalid(
            "",
            f"Invalid model name ({value!r}) provided. Model name must be a non-empty string and "
            f"cannot contain the following characters: {bad}",
        )


def batch(metrics: Sequence[Any], params: Sequence[Any], tags: Sequence[Any]) -> None:
    for what, limit, count in (
        ("metrics", MAX_METRICS, len(metrics)),
        ("params", MAX_PARAMS_OR_TAGS, len(params)),
        ("tags", MAX_PARAMS_OR_TAGS, len(tags)),
        ("metrics, params, and tags", MAX_ENTITIES, len(metrics) + len(params) + len(tags)),
    ):
        if count > limit:
            raise Invalid(
                "",
                f"A batch logging request can contain at most {limit} {what}. Got {count} {what}. "
                f"Please split up {what} across multiple requests and try again.",
            )


def unique_params(keys: Iterable[str]) -> None:
    seen: set[str] = set()
    twice = [key for key in keys if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
    if twice:
        raise Invalid(
            "",
            f"Duplicate parameter keys have been submitted: {twice}. Please ensure the request "
            "contains only one param value per param key.",
        )


def unchanged(kept: Mapping[str, str], given: Mapping[str, str], run: str) -> None:
    """Parameters are written once. Saying the same again is fine."""
    changed = [
        {"key": key, "old_value": kept[key], "new_value": value}
        for key, value in given.items()
        if kept.get(key, value) != value
    ]
    if len(changed) == 1 and len(given) == 1:
        only = changed[0]
        raise Invalid(
            "",
            f"Changing param values is not allowed. Param with key='{only['key']}' was already "
            f"logged with value='{only['old_value']}' for run ID='{run}'. Attempted logging new "
            f"value '{only['new_value']}'.",
        )
    if changed:
        raise Invalid(
            "",
            f"Changing param values is not allowed. Params were already logged='{changed}' for "
            f"run ID='{run}'.",
        )


def dataset_input(given: DatasetInput) -> None:
    for name, limit in MAX_DATASET.items():
        length(name, limit, getattr(given.dataset, name) or "")
    for key, value in given.tags.items():
        length("key", MAX_INPUT_TAG["key"], key)
        length("value", MAX_INPUT_TAG["value"], value)
