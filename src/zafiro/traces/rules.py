"""What MLflow's server refuses of traces, in its words (mlflow/utils/validation.py, mlflow 3.17)."""

import re
from typing import Any

import msgspec

from zafiro.core.errors import Invalid
from zafiro.traces.domain import MOST_KEY, MOST_SESSION, MOST_TAG, OWN_TAGS

_NAME = re.compile(r"[/\w.\- :]*")
_TRACE_ID = re.compile(r"[^\x00-\x1f/?#]{1,250}")


def as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def trace_id(value: str) -> str:
    if not _TRACE_ID.fullmatch(value):
        raise Invalid("trace_id", f"'{value}' is no id of a trace")
    return value


def tag(key: str, value: str) -> tuple[str, str]:
    """As they are kept: a long value is cut."""
    if not key or not _NAME.fullmatch(key):
        raise Invalid(
            "",
            f'Invalid tag name: "{key}": Names may only contain alphanumerics, underscores (_), '
            "dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
        )
    if len(key) > MOST_KEY:
        raise Invalid("", f"'key' exceeds the maximum length of {MOST_KEY} characters")
    return key, value[:MOST_TAG]


def tag_or_none(key: str, value: str) -> tuple[str, str] | None:
    """For what no person said and nobody would hear the refusal of."""
    try:
        return tag(key, value)
    except Invalid:
        return None


def users_tag(key: str) -> None:
    if key in OWN_TAGS:
        raise Invalid("", f"Tag '{key}' is immutable and cannot be changed on a trace.")


def session(value: str) -> str:
    if len(value) > MOST_SESSION:
        raise Invalid("", f"'Session ID' exceeds the maximum length of {MOST_SESSION} characters")
    return value


def key(value: str) -> str:
    if len(value) > MOST_KEY:
        raise Invalid("", f"'key' exceeds the maximum length of {MOST_KEY} characters")
    return value
