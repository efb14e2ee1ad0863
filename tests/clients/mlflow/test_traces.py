"""Traces through the real MLflow client."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import (
    Feedback,
    SpanEvent,
    SpanType,
)
from mlflow.exceptions import MlflowException

from clients.mlflow.conftest import Live
from clients.mlflow.tracing import HUMAN, found, fresh, make, traced


def test_nested_spans_come_back_as_they_were(experiment: str) -> None:
    @mlflow.trace(span_type=SpanType.RETRIEVER, attributes={"top_k": 3})
    def retrieve(query: str) -> list[dict[str, Any]]:
        span = mlflow.get_current_active_span()
        span.add_event(SpanEvent("cache miss", attributes={"n": 1}))
        return [{"page_content": "Grüße", "score": 0.5, "ok": True, "none": None}]

    @mlflow.trace(name="answer", span_type=SpanType.CHAIN)
    def answer(query: str) -> str:
        return f"{query}: {len(retrieve(query))}"

    trace = traced(lambda: answer("what"))
    root, child = trace.data.spans
    assert (root.name, root.span_type, root.parent_id) == ("answer", "CHAIN", None)
    assert (root.inputs, root.outputs) == ({"query": "what"}, "what: 1")
    assert (child.name, child.span_type, child.parent_id) == ("retrieve", "RETRIEVER", root.span_id)
    assert child.outputs == [{"page_content": "Grüße", "score": 0.5, "ok": True, "none": None}]
    assert child.get_attribute("top_k") == 3
    assert [(e.name, e.attributes) for e in child.events] == [("cache miss", {"n": 1})]
    assert root.start_time_ns <= child.start_time_ns <= child.end_time_ns <= root.end_time_ns
    assert trace.info.state == "OK" and trace.info.experiment_id == experiment
    assert trace.info.request_preview == '{"query": "what"}'
    assert trace.info.tags["mlflow.trace.spansLocation"] == "TRACKING_STORE"


def test_an_exception_is_in_the_trace(experiment: str) -> None:
    @mlflow.trace
    def fails() -> None:
        raise ValueError("no such thing")

    with pytest.raises(ValueError):
        fails()
    trace = traced(lambda: None)
    (span,) = trace.data.spans
    assert trace.info.state == "ERROR" and span.status.status_code == "ERROR"
    (event,) = span.events
    assert event.attributes["exception.message"] == "no such thing"
    assert found("status = 'ERROR'") == ["fails"]


def test_spans_of_many_threads_and_of_coroutines_are_of_one_trace(experiment: str) -> None:
    import asyncio

    @mlflow.trace
    async def step(n: int) -> int:
        await asyncio.sleep(0)
        return n

    @mlflow.trace
    def worker(n: int) -> int:
        return n * n

    @mlflow.trace
    async def everything() -> int:
        made = await asyncio.gather(*(step(n) for n in range(10)))
        with ThreadPoolExecutor(4) as pool:
            futures = [pool.submit(copy_context().run, worker, n) for n in range(10)]
            return sum(made) + sum(f.result() for f in futures)

    trace = traced(lambda: asyncio.run(everything()))
    names = [span.name for span in trace.data.spans]
    assert names[0] == "everything" and trace.data.spans[0].outputs == 45 + 285
    assert sorted(names[1:]) == ["step"] * 10 + ["worker"] * 10


def test_traces_made_at_once_are_all_there(experiment: str) -> None:
    def act(n: int) -> None:
        with mlflow.start_span(name=f"outer-{n}"), mlflow.start_span(name="inner"):
            pass

    threads = [threading.Thread(target=act, args=(n,)) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    mlflow.flush_trace_async_logging()
    traces = mlflow.search_traces(return_type="list", max_results=100)
    assert sorted(t.info.tags["mlflow.traceName"] for t in traces) == sorted(
        f"outer-{n}" for n in range(30)
    )
    assert {len(t.data.spans) for t in traces} == {2}


def test_tags_of_a_trace(experiment: str) -> None:
    client, id = MlflowClient(), make("one")
    client.set_trace_tag(id, "a", "1")
    client.set_trace_tag(id, "a", "2")
    client.set_trace_tag(id, "mlflow.traceName", "renamed")
    assert fresh(id).info.tags["a"] == "2" and found() == ["renamed"]
    client.delete_trace_tag(id, "a")
    assert "a" not in fresh(id).info.tags
    for act, code in (
        (lambda: client.delete_trace_tag(id, "a"), "RESOURCE_DOES_NOT_EXIST"),
        (lambda: client.set_trace_tag("tr-none", "a", "x"), "RESOURCE_DOES_NOT_EXIST"),
    ):
        with pytest.raises(MlflowException) as caught:
            act()
        assert caught.value.error_code.startswith(code)


def test_assessments_are_given_changed_overridden_and_taken_back(experiment: str) -> None:
    id = make("judged")
    good = mlflow.log_feedback(
        trace_id=id,
        name="quality",
        value={"score": 0.9, "why": ["short"]},
        rationale="reads well",
        source=HUMAN,
        metadata={"round": "1"},
    )
    wanted = mlflow.log_expectation(trace_id=id, name="answer", value={"a": [1, 2]}, source=HUMAN)
    plain = mlflow.log_expectation(trace_id=id, name="max", value=5, source=HUMAN)
    failed = mlflow.log_feedback(
        trace_id=id, name="judge", error=ValueError("no quota"), source=HUMAN
    )
    kept = {a.name: a for a in fresh(id).info.assessments}
    assert kept["quality"].value == {"score": 0.9, "why": ["short"]}
    assert kept["quality"].rationale == "reads well" and kept["quality"].source == HUMAN
    assert kept["answer"].value == {"a": [1, 2]} and kept["max"].value == 5
    assert kept["judge"].error.error_message == "no quota"

    changed = mlflow.update_assessment(
        trace_id=id,
        assessment_id=good.assessment_id,
        assessment=Feedback(name="quality", value=False, rationale="on second thought"),
    )
    assert (changed.value, changed.rationale) == (False, "on second thought")
    assert changed.metadata == {"round": "1"}

    newer = mlflow.override_feedback(
        trace_id=id, assessment_id=good.assessment_id, value=True, rationale="third", source=HUMAN
    )
    old = mlflow.get_assessment(id, good.assessment_id)
    assert not old.valid and newer.overrides == good.assessment_id
    mlflow.delete_assessment(trace_id=id, assessment_id=newer.assessment_id)
    assert mlflow.get_assessment(id, good.assessment_id).valid
    for one in (wanted, plain, failed):
        mlflow.delete_assessment(trace_id=id, assessment_id=one.assessment_id)
    assert [a.name for a in fresh(id).info.assessments] == ["quality"]
    with pytest.raises(MlflowException, match="not found"):
        mlflow.get_assessment(id, wanted.assessment_id)


def test_traces_of_a_run_and_traces_linked_to_one(experiment: str) -> None:
    client = MlflowClient()
    outside = make("outside")
    with mlflow.start_run() as run:
        inside = make("inside")
    assert fresh(inside).info.request_metadata["mlflow.sourceRun"] == run.info.run_id
    assert found(run_id=run.info.run_id) == ["inside"]
    client.link_traces_to_run([outside], run.info.run_id)
    client.link_traces_to_run([outside], run.info.run_id)
    assert sorted(found(run_id=run.info.run_id)) == ["inside", "outside"]


def test_traces_are_deleted_by_id_and_by_time(experiment: str) -> None:
    client = MlflowClient()
    ids = [make(f"t{n}") for n in range(4)]
    assert client.delete_traces(experiment, trace_ids=[ids[0]]) == 1
    assert found() == ["t3", "t2", "t1"]
    last = fresh(ids[3]).info.timestamp_ms
    assert client.delete_traces(experiment, max_timestamp_millis=last, max_traces=2) == 2
    assert found() == ["t3"]
    with pytest.raises(MlflowException, match="not found"):
        MlflowClient().get_trace(ids[0])


def test_the_workspaces_own_address_takes_traces_too(tracking: Live) -> None:
    scope = tracking.other.id.replace("resourceGroups", "resourcegroups")
    mlflow.set_tracking_uri(f"{tracking.url}/mlflow/v2.0{scope}")
    mlflow.set_experiment("traced elsewhere")
    id = make("there")
    assert [span.name for span in fresh(id).data.spans] == ["there"]
    mlflow.set_tracking_uri(tracking.url)
    with pytest.raises(MlflowException) as caught:
        MlflowClient().get_trace(id)
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_file_in_a_trace_is_kept(experiment: str) -> None:
    from mlflow.tracing.attachments import Attachment

    with mlflow.start_span(name="drawing") as span:
        span.set_inputs({"image": Attachment(content_type="image/png", content_bytes=b"\x89PNG!")})
    mlflow.flush_trace_async_logging()
    trace = fresh(span.trace_id)
    uri = trace.data.spans[0].inputs["image"]
    assert uri.startswith("mlflow-attachment://")
    place = trace.info.tags["mlflow.artifactLocation"]
    name = uri.removeprefix("mlflow-attachment://").split("?")[0]
    local = mlflow.artifacts.download_artifacts(f"{place}/attachments/{name}")
    with open(local, "rb") as file:
        assert file.read() == b"\x89PNG!"
