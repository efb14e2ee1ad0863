"""Spans over OpenTelemetry's protocol, from anybody."""

import gzip
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.testclient import TestClient

from traces.spans import API, EXPORT, experiment, export, found, get, request, span, start


def plain(said: dict[str, Any]) -> dict[str, Any]:
    """Attributes of a span as Python has them."""

    def of(value: dict[str, Any]) -> Any:
        ((kind, given),) = value.items() or [("", None)]
        if kind == "kvlist_value":
            return {one["key"]: of(one["value"]) for one in given["values"]}
        if kind == "array_value":
            return [of(one) for one in given["values"]]
        return int(given) if kind == "int_value" else given

    return {one["key"]: of(one["value"]) for one in said["attributes"]}


def test_another_instrumentation_is_told_in_mlflows_words(client: TestClient) -> None:
    where = experiment(client)
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-9",
        "gen_ai.provider.name": "openai",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.input.messages": '{"messages": [{"role": "user", "content": "hi"}]}',
        "gen_ai.conversation.id": "talk-1",
        "user.id": "ann",
    }
    answer = export(
        client,
        where,
        span(1, 1, "handle", **{"mlflow.traceTag.team": "red"}),
        span(1, 2, "chat gpt-9", parent=1, **call),
        span(1, 3, "chat gpt-9", parent=1, **call),
        **{"service.name": "shop", "telemetry.sdk.name": "x"},
    )
    assert answer.status_code == 200 and answer.json() == {}
    trace = get(client, 1)
    info, (root, child, _) = trace["trace_info"], trace["spans"]
    assert (root["name"], child["name"]) == ("handle", "chat gpt-9")
    said = plain(child)
    assert said["mlflow.spanType"] == "CHAT_MODEL" and said["mlflow.llm.model"] == "gpt-9"
    assert said["mlflow.chat.tokenUsage"] == {
        "input_tokens": 7,
        "output_tokens": 5,
        "total_tokens": 12,
    }
    assert info["state"] == "OK" and info["execution_duration"] == "1.000s"
    assert info["tags"]["service.name"] == "shop" and info["tags"]["team"] == "red"
    assert "telemetry.sdk.name" not in info["tags"]
    metadata = info["trace_metadata"]
    assert json.loads(metadata["mlflow.trace.tokenUsage"])["total_tokens"] == 24
    assert metadata["mlflow.trace.session"] == "talk-1" and metadata["mlflow.trace.user"] == "ann"
    assert found(client, where, "metadata.`mlflow.trace.session` = 'talk-1'") == [info["trace_id"]]
    assert found(client, where, "span.attributes.`gen_ai.request.model` = 'gpt-9'") != []


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
@pytest.mark.parametrize("media", ["application/x-protobuf", "application/json; charset=utf-8"])
def test_every_encoding_is_read(client: TestClient, media: str, encoding: str) -> None:
    where, said = experiment(client), request(span(5, 1, "one", n=2.5, many=[True, "ä", 3]))
    body = json.dumps(said).encode()
    if media == "application/x-protobuf":
        made = ExportTraceServiceRequest()
        one = made.resource_spans.add().scope_spans.add().spans.add()
        one.trace_id, one.span_id = (5).to_bytes(16, "big"), (1).to_bytes(8, "big")
        one.name, one.start_time_unix_nano, one.end_time_unix_nano = "one", 10**18, 10**18 + 5
        attribute = one.attributes.add(key="n")
        attribute.value.double_value = 2.5
        body = made.SerializeToString()
    packed = {"": lambda b: b, "gzip": gzip.compress, "deflate": zlib.compress}[encoding](body)
    headers = {"x-mlflow-experiment-id": where, "content-type": media}
    if encoding:
        headers["content-encoding"] = encoding
    answer = client.post(EXPORT, content=packed, headers=headers)
    assert answer.status_code == 200, answer.text
    assert plain(get(client, 5)["spans"][0])["n"] == 2.5


def test_what_is_no_export_is_refused(client: TestClient) -> None:
    where = experiment(client)
    good = request(span(1, 1, "x"))
    headers = {"x-mlflow-experiment-id": where, "content-type": "application/json"}
    bomb = gzip.compress(b"[" + b" " * (65 << 20))
    short = request({**span(1, 1, "x"), "traceId": "ab"})
    for body, more, status, why in (
        (b"{", {}, 400, "Invalid OpenTelemetry format"),
        (b"[]", {}, 400, "Invalid OpenTelemetry format"),
        (b'{"resourceSpans": 5}', {}, 400, "Invalid OpenTelemetry format"),
        (b"{}", {}, 400, "no spans found"),
        (b"\xff\xff", {"content-type": "application/x-protobuf"}, 400, "Invalid OpenTelemetry"),
        (b"x", {"content-type": "text/plain"}, 400, "Invalid Content-Type"),
        (b"x", {"content-encoding": "gzip"}, 400, "Failed to decompress"),
        (b"x", {"content-encoding": "br"}, 400, "Unsupported Content-Encoding"),
        (bomb, {"content-encoding": "gzip"}, 400, "larger than"),
        (json.dumps(short).encode(), {}, 422, "16 bytes"),
        (json.dumps(good).encode(), {"x-mlflow-experiment-id": ""}, 422, "experiment"),
        (json.dumps(good).encode(), {"x-mlflow-experiment-id": "999"}, 404, "999"),
        (json.dumps(good).encode(), {"authorization": "Bearer nonsense"}, 401, ""),
    ):
        answer = client.post(EXPORT, content=body, headers={**headers, **more})
        assert answer.status_code == status and why in answer.text, (body[:30], answer.text)
    assert found(client, where) == []


def test_values_that_no_json_has_are_kept_as_text(client: TestClient) -> None:
    where = experiment(client)
    odd = span(2, 1, "odd", text="a\0b", whole=2**62)
    odd["attributes"].append({"key": "nan", "value": {"doubleValue": "NaN"}})
    odd["attributes"].append({"key": "bytes", "value": {"bytesValue": "AAE="}})
    assert export(client, where, odd).status_code == 200
    said = plain(get(client, 2)["spans"][0])
    assert said["nan"] == "NaN" and said["bytes"] == "AAE=" and said["whole"] == 2**62
    assert said["text"] == "a\ufffdb"
    assert found(client, where, "span.attributes.nan = 'NaN'") != []


def test_spans_come_in_any_order_and_again(client: TestClient) -> None:
    where = experiment(client)
    export(client, where, span(3, 2, "child", parent=1, start_ms=2_000, end_ms=9_000))
    info = client.get(f"{API}/traces/tr-{3:032x}").json()["trace"]["trace_info"]
    assert info["state"] == "IN_PROGRESS"
    root = span(3, 1, "root", start_ms=1_000, end_ms=5_000, status=2)
    for _ in range(2):
        export(client, where, root)
    trace = get(client, 3)
    assert [one["name"] for one in trace["spans"]] == ["root", "child"]
    info = trace["trace_info"]
    assert (info["state"], info["request_time"]) == ("ERROR", "1970-01-01T00:00:01.000Z")
    assert info["execution_duration"] == "8.000s"


def test_a_trace_waits_for_the_spans_it_was_said_to_have(client: TestClient) -> None:
    where, id = experiment(client), f"tr-{4:032x}"
    stats = json.dumps({"num_spans": 2})
    start(client, where, id, trace_metadata={"mlflow.trace.sizeStats": stats})
    export(client, where, span(4, 1, "root"))
    batch = client.get(f"{API}/traces/batchGet", params={"trace_ids": [id]}).json()
    assert batch["traces"] == []
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(get, client, 4)
        export(client, where, span(4, 2, "late", parent=1))
        assert len(waiting.result()["spans"]) == 2


def test_many_write_the_same_trace_at_once(client: TestClient) -> None:
    where, id = experiment(client), f"tr-{6:032x}"

    def write(n: int) -> int:
        if n % 5 == 0:
            return int(start(client, where, id, tags={f"t{n}": "x"}).status_code)
        usage = {"mlflow.chat.tokenUsage": {"input_tokens": 1, "total_tokens": 1}}
        one = span(6, n + 1, f"s{n}", parent=100, **usage)
        return int(export(client, where, one).status_code)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write, range(30))) == {200}
    trace = get(client, 6)
    assert len(trace["spans"]) == 24
    tags = trace["trace_info"]["tags"]
    assert {key for key in tags if key.startswith("t")} == {f"t{n}" for n in range(0, 30, 5)}
