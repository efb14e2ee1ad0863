"""What a trace, a span and an assessment are, and what follows from the spans of a trace.

Words and rules as mlflow 3.17 has them (mlflow/tracing/constant.py, mlflow/entities).
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

OK, ERROR, IN_PROGRESS, UNSPECIFIED = "OK", "ERROR", "IN_PROGRESS", "STATE_UNSPECIFIED"
STATES = frozenset({OK, ERROR, IN_PROGRESS, UNSPECIFIED})
FEEDBACK, EXPECTATION, ISSUE = "feedback", "expectation", "issue"

# Tags of a trace.
NAME_TAG = "mlflow.traceName"
SPANS_LOCATION = "mlflow.trace.spansLocation"
IN_STORE = "TRACKING_STORE"
ARTIFACTS_TAG = "mlflow.artifactLocation"
PROMPTS_TAG = "mlflow.linkedPrompts"
# What only the server may say.
OWN_TAGS = frozenset({SPANS_LOCATION, "mlflow.trace.archiveLocation"})

# Metadata of a trace.
SOURCE_RUN = "mlflow.sourceRun"
SESSION = "mlflow.trace.session"
USER = "mlflow.trace.user"
TOKEN_USAGE = "mlflow.trace.tokenUsage"
COST = "mlflow.trace.cost"
SIZE_STATS = "mlflow.trace.sizeStats"
FINALIZED = "mlflow.trace.infoFinalized"

# Attributes of a span.
INPUTS = "mlflow.spanInputs"
OUTPUTS = "mlflow.spanOutputs"
SPAN_TYPE = "mlflow.spanType"
REQUEST_ID = "mlflow.traceRequestId"
CHAT_USAGE = "mlflow.chat.tokenUsage"
LLM_COST = "mlflow.llm.cost"
MODEL = "mlflow.llm.model"
PROVIDER = "mlflow.llm.provider"
TAG_ATTRIBUTE = "mlflow.traceTag."

SCORER_RUN = "mlflow.assessment.sourceRunId"

TOKENS = {  # name of a number → field of Usage and column
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "total_tokens": "total_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation_input_tokens": "cache_creation_tokens",
}
COSTS = ("input_cost", "output_cost", "total_cost")

MOST_PREVIEW = 1000  # characters
MOST_KEY = 250
MOST_TAG = 8000
MOST_SESSION = 250
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Trace:
    """A trace as clients see it, without its spans. Times are epoch ms.

    key         surrogate key; never leaves the slice
    job         the job whose code made it, if any; that job's token may write it
    tags, metadata  with all that clients read, the name and the place of spans included
    """

    key: int
    trace_id: str
    experiment_key: int
    job: str | None
    state: str
    start_ms: int
    duration_ms: int | None
    client_request_id: str | None
    request_preview: str | None
    response_preview: str | None
    tags: dict[str, str]
    metadata: dict[str, str]
    assessments: tuple["Assessment", ...] = ()

    @property
    def experiment_id(self) -> str:
        return str(self.experiment_key)


@dataclass(frozen=True)
class NewTrace:
    """What a client says of a trace that has ended, or begins."""

    trace_id: str
    state: str
    start_ms: int
    duration_ms: int | None = None
    client_request_id: str | None = None
    request_preview: str | None = None
    response_preview: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    assessments: tuple["Assessment", ...] = ()


@dataclass(frozen=True)
class Event:
    name: str
    time_ns: int
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Link:
    """To a span of another trace; ids in hexadecimal."""

    trace_id: str
    span_id: str
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Span:
    """Ids in hexadecimal, 32 and 16 digits. Attributes hold what JSON can: no NaN, no bytes.

    status  OK | ERROR | UNSET
    kind    the number OpenTelemetry gives the kind of span
    resource  what OpenTelemetry calls so: the service that made it
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    start_ns: int
    end_ns: int | None
    status: str
    message: str = ""
    kind: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    resource: dict[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str | None:
        found = self.attributes.get(SPAN_TYPE)
        return found if isinstance(found, str) else None


@dataclass(frozen=True)
class Assessment:
    """What somebody thinks of a trace or of a span of it. Times are epoch ms.

    kind   feedback | expectation | issue (then `name` is the issue's id, `value` its name)
    value  anything JSON can hold
    error  {"error_code", "error_message", "stack_trace"} when the judge failed
    """

    id: str
    name: str
    kind: str
    value: Any
    source_type: str
    source_id: str
    created_ms: int
    updated_ms: int
    trace_id: str = ""
    error: dict[str, str] | None = None
    span_id: str | None = None
    rationale: str | None = None
    overrides: str | None = None
    valid: bool = True
    metadata: dict[str, str] = field(default_factory=dict)


def mlflow_id(otel_trace_id: str) -> str:
    """MLflow's name of the trace with that OpenTelemetry id."""
    return f"tr-{otel_trace_id}"


def number_of(value: Any) -> tuple[float | None, bool]:
    """What an assessment counts in averages, and whether it is a number to compare with."""
    if isinstance(value, bool):
        return float(value), False
    if isinstance(value, (int, float)):
        found = _finite(value)
        return found, found is not None
    if isinstance(value, str) and value.strip().lower() in ("yes", "no"):
        return float(value.strip().lower() == "yes"), False
    return None, False


def tokens(said: Any) -> dict[str, int]:
    """The whole numbers of a token usage, by name."""
    given = _object(said)
    found = {name: _whole(given[name]) for name in TOKENS if name in given}
    return {name: value for name, value in found.items() if value is not None}


def costs(said: Any) -> dict[str, float]:
    given = _object(said)
    found = {name: _finite(given[name]) for name in COSTS if name in given}
    return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Node:
    """A span as the sums below need it."""

    span_id: str
    parent_id: str | None
    numbers: Mapping[str, float]


def total(nodes: Iterable[Node]) -> dict[str, float]:
    """The sum over the tree. A span that says numbers says them for all below it, so what is
    below is not counted again (some libraries add up on the parent, most only say it on leaves)."""
    by_id = {node.span_id: node for node in nodes}
    found: dict[str, float] = {}
    for node in by_id.values():
        if not node.numbers or _said_above(node, by_id):
            continue
        for name, value in node.numbers.items():
            found[name] = found.get(name, 0) + value
    return found


def _said_above(node: Node, by_id: Mapping[str, Node]) -> bool:
    seen = {node.span_id}
    above = by_id.get(node.parent_id or "")
    while above is not None and above.span_id not in seen:
        if above.numbers:
            return True
        seen.add(above.span_id)
        above = by_id.get(above.parent_id or "")
    return False


def preview(value: Any, role: str) -> str | None:
    """What went in or came out, for a list of traces: the last message of `role` in a chat, else
    all of it; cut."""
    if value is None:
        return None
    said = _last_message(value, role)
    if said is None:
        said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= MOST_PREVIEW else said[: MOST_PREVIEW - 3] + "..."


def _last_message(value: Any, role: str) -> str | None:
    if not isinstance(value, dict):
        return None
    if "request" in value and "messages" not in value:
        return _last_message(value["request"], role)
    given: Any = next((value[k] for k in ("messages", "input", "output") if value.get(k)), None)
    choices = value.get("choices")
    if given is None and isinstance(choices, list) and choices and isinstance(choices[0], dict):
        given = [choices[0].get("message")]
    if not isinstance(given, list):
        return None
    messages = [m for m in given if isinstance(m, dict) and "role" in m and "content" in m]
    if not messages:
        return None
    chosen = next((m for m in reversed(messages) if m["role"] == role), messages[-1])
    content = chosen["content"]
    if isinstance(content, list):
        parts = (p if isinstance(p, str) else p.get("text") for p in content if p)
        content = next((p for p in parts if isinstance(p, str)), None)
    return content if isinstance(content, str) and content else None


def _object(said: Any) -> dict[str, Any]:
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except ValueError:
            return {}
    return said if isinstance(said, dict) else {}


def _whole(value: Any) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, float) and (not math.isfinite(value) or value != int(value)):
        return None
    return int(value) if abs(value) <= _LARGEST else None


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None
