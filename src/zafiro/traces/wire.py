"""JSON of traces: what MLflow's protobuf messages look like on the wire.

Messages (`messages`) become values of the domain, and those plain dicts. Times are RFC 3339 texts,
durations "1.5s", int64 text, bytes base64, as protobuf's JSON mapping has them.
Source: mlflow/protos/service.proto and assessments.proto, mlflow 3.17.
"""

import base64
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

from zafiro.core.errors import Invalid
from zafiro.traces import messages
from zafiro.traces.domain import (
    EXPECTATION,
    FEEDBACK,
    ISSUE,
    STATES,
    Assessment,
    NewTrace,
    Span,
    Trace,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DURATION = re.compile(r"(-?\d+(?:\.\d+)?)s")
_NUMBERED_STATES = {0: "STATE_UNSPECIFIED", 1: "OK", 2: "ERROR", 3: "IN_PROGRESS"}
_NUMBERED_SOURCES = {0: "SOURCE_TYPE_UNSPECIFIED", 1: "HUMAN", 2: "LLM_JUDGE", 3: "CODE"}
_OTEL_STATUS = {"UNSET": "STATUS_CODE_UNSET", "OK": "STATUS_CODE_OK", "ERROR": "STATUS_CODE_ERROR"}
_JSON_FORMAT = "JSON_FORMAT"


def ms(said: datetime | None) -> int:
    return 0 if said is None else (said - _EPOCH) // timedelta(milliseconds=1)


def moment(at_ms: int) -> str:
    """Raises Invalid for what is no year of ours."""
    try:
        said = _EPOCH + timedelta(milliseconds=at_ms)
    except OverflowError as e:
        raise Invalid("", f"{at_ms} ms is no time a clock shows") from e
    return said.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def state(said: str | int) -> str:
    found = _NUMBERED_STATES.get(said, "") if isinstance(said, int) else said
    found = "STATE_UNSPECIFIED" if found == "TRACE_STATUS_UNSPECIFIED" else found
    if found not in STATES:
        raise Invalid("", f"Invalid value {said!r} for parameter 'state' supplied")
    return found


def new_trace(said: messages.TraceSaid) -> NewTrace:
    duration = None
    if said.execution_duration is not None:
        match = _DURATION.fullmatch(said.execution_duration)
        if match is None:
            raise Invalid("", f"'{said.execution_duration}' is no duration, such as 1.5s")
        duration = round(float(match[1]) * 1000)
    return NewTrace(
        trace_id=said.trace_id,
        state=state(said.state),
        start_ms=ms(said.request_time),
        duration_ms=duration,
        client_request_id=said.client_request_id,
        request_preview=said.request_preview,
        response_preview=said.response_preview,
        tags=said.tags,
        metadata=said.trace_metadata,
        assessments=tuple(new_assessment(one) for one in said.assessments),
    )


def new_assessment(said: messages.AssessmentSaid) -> Assessment:
    if said.feedback is not None:
        kind, value, error = FEEDBACK, said.feedback.value, _error(said.feedback.error)
    elif said.expectation is not None:
        kind, value, error = EXPECTATION, expected(said.expectation), None
    elif said.issue is not None:
        kind, value, error = ISSUE, {"issue_name": said.issue.issue_name}, None
    else:
        raise Invalid("", "Assessment must have either feedback, expectation, or issue value")
    source = said.source.source_type
    return Assessment(
        id=said.assessment_id,
        name=said.assessment_name,
        kind=kind,
        value=value,
        error=error,
        source_type=_NUMBERED_SOURCES.get(source, "") if isinstance(source, int) else source,
        source_id=said.source.source_id,
        created_ms=ms(said.create_time),
        updated_ms=ms(said.last_update_time),
        span_id=said.span_id or None,
        rationale=said.rationale or None,
        overrides=said.overrides or None,
        metadata=said.metadata,
    )


def changes(said: messages.UpdateAssessment) -> dict[str, Any]:
    """The fields the mask names, as `assessments.change` takes them."""
    given, found = said.assessment, dict[str, Any]()
    for path in said.update_mask.split(","):
        # A mask travels in camelCase, whatever case its fields travel in.
        name = re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), path.strip())
        if name == "assessment_name":
            found["name"] = given.assessment_name
        elif name == "feedback" and given.feedback is not None:
            error = _error(given.feedback.error)
            found |= {"kind": FEEDBACK, "value": given.feedback.value, "error": error}
        elif name == "expectation" and given.expectation is not None:
            found |= {"kind": EXPECTATION, "value": expected(given.expectation)}
        elif name == "rationale":
            found["rationale"] = given.rationale
        elif name in ("metadata", "valid"):
            found[name] = getattr(given, name)
    return found


def expected(said: messages.ExpectationValue) -> Any:
    if said.serialized_value is None:
        return said.value
    if said.serialized_value.serialization_format != _JSON_FORMAT:
        raise Invalid(
            "",
            f"Unknown serialization format: {said.serialized_value.serialization_format}. "
            "Only JSON_FORMAT is supported.",
        )
    try:
        return json.loads(said.serialized_value.value)
    except ValueError as e:
        raise Invalid("", f"the value of an expectation is not JSON: {e}") from e


def _error(said: messages.AssessmentError | None) -> dict[str, str] | None:
    return None if said is None else msgspec.to_builtins(said)


def info(trace: Trace) -> dict[str, Any]:
    """TraceInfoV3."""
    said: dict[str, Any] = {
        "trace_id": trace.trace_id,
        "trace_location": {
            "type": "MLFLOW_EXPERIMENT",
            "mlflow_experiment": {"experiment_id": trace.experiment_id},
        },
        "request_time": moment(trace.start_ms),
        "state": trace.state,
        "trace_metadata": trace.metadata,
        "tags": trace.tags,
        "assessments": [assessment(one) for one in trace.assessments],
    }
    for name in ("client_request_id", "request_preview", "response_preview"):
        if getattr(trace, name) is not None:
            said[name] = getattr(trace, name)
    if trace.duration_ms is not None:
        said["execution_duration"] = f"{trace.duration_ms / 1000:.3f}s"
    return said


def info_v2(trace: Trace) -> dict[str, Any]:
    """TraceInfo, as clients before 3.0 read it."""
    said: dict[str, Any] = {
        "request_id": trace.trace_id,
        "experiment_id": trace.experiment_id,
        "timestamp_ms": trace.start_ms,
        "status": "TRACE_STATUS_UNSPECIFIED" if trace.state not in _WORDS_V2 else trace.state,
        "request_metadata": [{"key": k, "value": v} for k, v in trace.metadata.items()],
        "tags": [{"key": k, "value": v} for k, v in trace.tags.items()],
    }
    if trace.duration_ms is not None:
        said["execution_time_ms"] = trace.duration_ms
    return said


_WORDS_V2 = frozenset({"OK", "ERROR", "IN_PROGRESS"})


def assessment(one: Assessment) -> dict[str, Any]:
    said: dict[str, Any] = {
        "assessment_id": one.id,
        "assessment_name": one.name,
        "trace_id": one.trace_id,
        "source": {"source_type": one.source_type, "source_id": one.source_id},
        "create_time": moment(one.created_ms),
        "last_update_time": moment(one.updated_ms),
        "metadata": one.metadata,
        "valid": one.valid,
    }
    if one.kind == FEEDBACK:
        said["feedback"] = {"value": one.value}
        if one.error is not None:
            said["feedback"]["error"] = one.error
    elif one.kind == EXPECTATION and isinstance(one.value, (list, dict)):
        as_text = json.dumps(one.value)
        serialized = {"serialization_format": _JSON_FORMAT, "value": as_text}
        said["expectation"] = {"serialized_value": serialized}
    elif one.kind == EXPECTATION:
        said["expectation"] = {"value": one.value}
    else:
        said["issue"] = one.value
    for name in ("span_id", "rationale", "overrides"):
        if getattr(one, name) is not None:
            said[name] = getattr(one, name)
    return said


def span(one: Span) -> dict[str, Any]:
    """OpenTelemetry's Span as protobuf maps it to JSON."""
    said: dict[str, Any] = {
        "trace_id": _id(one.trace_id),
        "span_id": _id(one.span_id),
        "name": one.name,
        "kind": one.kind,
        "start_time_unix_nano": str(one.start_ns),
        "attributes": _attributes(one.attributes),
        "events": [
            {
                "name": e.name,
                "time_unix_nano": str(e.time_ns),
                "attributes": _attributes(e.attributes),
            }
            for e in one.events
        ],
        "links": [
            {
                "trace_id": _id(e.trace_id),
                "span_id": _id(e.span_id),
                "attributes": _attributes(e.attributes),
            }
            for e in one.links
        ],
        "status": {"code": _OTEL_STATUS[one.status], "message": one.message},
    }
    if one.parent_id:
        said["parent_span_id"] = _id(one.parent_id)
    if one.end_ns is not None:
        said["end_time_unix_nano"] = str(one.end_ns)
    return said


def _id(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


def _attributes(said: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in said.items()]


def _value(said: Any) -> dict[str, Any]:
    if said is None:
        return {}
    if isinstance(said, bool):
        return {"bool_value": said}
    if isinstance(said, int):
        return {"int_value": str(said)}
    if isinstance(said, float):
        return {"double_value": said}
    if isinstance(said, list):
        return {"array_value": {"values": [_value(one) for one in said]}}
    if isinstance(said, dict):
        return {"kvlist_value": {"values": _attributes(said)}}
    return {"string_value": said}
