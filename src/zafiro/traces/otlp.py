"""OpenTelemetry's protocol for spans (OTLP over HTTP): protobuf or JSON, plain or compressed.

Source: opentelemetry.io/docs/specs/otlp; the MLflow client sends protobuf since 3.4.
"""

import base64
import json
import math
import zlib
from collections.abc import Iterable
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from zafiro.core.errors import Invalid
from zafiro.traces.domain import Event, Link, Span

PROTOBUF, JSON = "application/x-protobuf", "application/json"
MOST_BYTES = 64 << 20  # uncompressed
_IDS = ("traceId", "spanId", "parentSpanId")
_STATUS = {0: "UNSET", 1: "OK", 2: "ERROR"}


class Unreadable(Invalid):
    """A span that makes no sense in a request that does."""


def read(body: bytes, content_type: str, encoding: str) -> list[Span]:
    """The spans of an export request. Raises Invalid."""
    media = content_type.split(";")[0].strip().lower()
    if media not in (PROTOBUF, JSON):
        raise Invalid("", f"Invalid Content-Type: {content_type}. Expected: {PROTOBUF} or {JSON}")
    request = ExportTraceServiceRequest()
    raw = _plain(body, encoding.strip().lower())
    try:
        if media == PROTOBUF:
            request.ParseFromString(raw)
        else:
            json_format.ParseDict(_with_base64(raw), request, ignore_unknown_fields=True)
    except (
        DecodeError,
        json_format.Error,
        ValueError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as e:
        raise Invalid("", f"Invalid OpenTelemetry format: {e}") from e
    if not request.resource_spans:
        raise Invalid("", "Invalid OpenTelemetry format - no spans found")
    found = []
    for block in request.resource_spans:
        resource = _attributes(block.resource.attributes)
        for scope in block.scope_spans:
            found += [_span(one, resource) for one in scope.spans]
    return found


def answer(content_type: str) -> bytes:
    if content_type.startswith(JSON):
        return b"{}"
    return bytes(ExportTraceServiceResponse().SerializeToString())


def _plain(body: bytes, encoding: str) -> bytes:
    """Raises Invalid; never unpacks more than the limit, so a small body cannot fill memory."""
    if encoding in ("", "identity"):
        return body
    ways = {"gzip": (zlib.MAX_WBITS | 16,), "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}
    if encoding not in ways:
        raise Invalid("", f"Unsupported Content-Encoding: {encoding}")
    for bits in ways[encoding]:
        unpacker = zlib.decompressobj(bits)
        try:
            found = unpacker.decompress(body, MOST_BYTES)
        except zlib.error:
            continue
        if unpacker.unconsumed_tail:
            raise Invalid("body", f"is larger than {MOST_BYTES} bytes when unpacked")
        if unpacker.eof:
            return found
    raise Invalid("", f"Failed to decompress {encoding} payload")


def _with_base64(raw: bytes) -> Any:
    """OTLP's JSON has ids in hexadecimal where protobuf's own mapping has base64."""
    said = json.loads(raw)
    for block in said.get("resourceSpans", []):
        for scope in block.get("scopeSpans", []):
            for span in scope.get("spans", []):
                for one in (span, *span.get("links", [])):
                    for key in _IDS:
                        if one.get(key):
                            one[key] = base64.b64encode(bytes.fromhex(one[key])).decode()
    return said


def _span(said: Any, resource: dict[str, Any]) -> Span:
    if len(said.trace_id) != 16 or len(said.span_id) != 8:
        raise Unreadable(
            "",
            "Cannot convert OpenTelemetry span to MLflow span: it needs a trace id of 16 bytes and "
            "a span id of 8",
        )
    return Span(
        trace_id=said.trace_id.hex(),
        span_id=said.span_id.hex(),
        parent_id=said.parent_span_id.hex() or None,
        name=_text(said.name),
        start_ns=_ns(said.start_time_unix_nano),
        end_ns=_ns(said.end_time_unix_nano) or None,
        status=_STATUS.get(said.status.code, "UNSET"),
        message=_text(said.status.message),
        kind=said.kind,
        attributes=_attributes(said.attributes),
        events=tuple(
            Event(_text(e.name), _ns(e.time_unix_nano), _attributes(e.attributes))
            for e in said.events
        ),
        links=tuple(
            Link(one.trace_id.hex(), one.span_id.hex(), _attributes(one.attributes))
            for one in said.links
        ),
        resource=resource,
    )


def _ns(value: int) -> int:
    if value >= 1 << 63:
        raise Unreadable("", f"a time of {value} ns is past what can be kept")
    return int(value)


def _attributes(said: Iterable[Any]) -> dict[str, Any]:
    return {_text(one.key): _value(one.value) for one in said}


def _value(said: Any) -> Any:
    kind = said.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(one) for one in said.array_value.values]
    if kind == "kvlist_value":
        return _attributes(said.kvlist_value.values)
    value = getattr(said, kind)
    if kind == "string_value":
        return _text(value)
    if kind == "bytes_value":
        return base64.b64encode(value).decode()
    if kind == "double_value" and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    return value


def _text(said: str) -> str:
    """NUL is no part of a text that a database keeps."""
    return said.replace("\0", "\ufffd")
