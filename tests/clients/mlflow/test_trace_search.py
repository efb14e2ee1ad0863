"""Searching traces through the real MLflow client."""

from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import (
    SpanType,
)
from mlflow.entities.trace_metrics import AggregationType, MetricAggregation, MetricViewType
from mlflow.exceptions import MlflowException

from clients.mlflow.tracing import HUMAN, found, fresh, make


def test_search_by_everything(experiment: str) -> None:
    with mlflow.start_run() as run:
        first = make("first", tags={"team": "red", "odd key": "x"}, session="s1", user="ann")
    make("second", tags={"team": "blue"}, session="s2")

    @mlflow.trace(name="third", span_type=SpanType.AGENT, attributes={"model": "gpt-9", "k": 5})
    def third() -> str:
        with mlflow.start_span(name="inside", span_type=SpanType.TOOL):
            return "needle in it"

    third()
    mlflow.flush_trace_async_logging()
    MlflowClient().set_trace_tag(first, "reviewed", "yes")
    for text, names in {
        "": ["third", "second", "first"],
        "tags.team = 'red'": ["first"],
        "tag.`odd key` = 'x'": ["first"],
        "tags.reviewed IS NOT NULL": ["first"],
        "tags.team IS NULL": ["third"],
        "tags.team != 'red'": ["second"],
        "tags.team RLIKE '^(red|blue)$'": ["second", "first"],
        "metadata.`mlflow.trace.session` = 's1'": ["first"],
        "request_metadata.mlflow.trace.user = 'ann'": ["first"],
        "name = 'second'": ["second"],
        "trace.name LIKE '%ir%'": ["third", "first"],
        "attributes.name IN ('second', 'third')": ["third", "second"],
        f"run_id = '{run.info.run_id}'": ["first"],
        f"request_id = '{first}'": ["first"],
        "status = 'OK' AND execution_time_ms >= 0": ["third", "second", "first"],
        "timestamp_ms < 5": [],
        "span.name = 'inside'": ["third"],
        "span.type = 'TOOL' AND span.name = 'third'": [],
        "span.type IN ('TOOL', 'LLM')": ["third"],
        "span.attributes.model = 'gpt-9'": ["third"],
        "span.attributes.model LIKE 'gpt%'": ["third"],
        "span.attributes.`k` = '5'": ["third"],
        "span.attributes.model RLIKE '^gpt-[0-9]$'": ["third"],
        "trace.text LIKE '%needle%'": ["third"],
        "text ILIKE '%ABOUT FIRST%'": ["first"],
    }.items():
        assert found(text) == names, text
    assert found(order_by=["timestamp_ms ASC"]) == ["first", "second", "third"]
    assert found(order_by=["tags.team DESC"]) == ["first", "second", "third"]
    assert found(order_by=["name ASC"]) == ["first", "second", "third"]
    assert found(run_id=run.info.run_id) == ["first"]
    for text in ("color = 'x'", "span.color = 'x'", "status > 'OK'", "tags.a = 5", "name = "):
        with pytest.raises(MlflowException) as caught:
            found(text)
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE", text


def test_pages_of_traces_are_whole_and_in_order(experiment: str) -> None:
    for n in range(5):
        make(f"t{n}")
    client, seen, token = MlflowClient(), [], None
    while True:
        page = client.search_traces(locations=[experiment], max_results=2, page_token=token)
        seen += [trace.info.tags["mlflow.traceName"] for trace in page]
        token = page.token
        if not token:
            break
    assert seen == ["t4", "t3", "t2", "t1", "t0"]


def test_search_by_assessments(experiment: str) -> None:
    yes, no = make("yes", session="s"), make("no")
    make("sibling", session="s")
    mlflow.log_feedback(trace_id=yes, name="correct", value=True, source=HUMAN)
    mlflow.log_feedback(trace_id=no, name="correct", value=False, source=HUMAN)
    mlflow.log_feedback(trace_id=yes, name="style", value="plain", source=HUMAN)
    mlflow.log_expectation(trace_id=no, name="score", value=0.75, source=HUMAN)
    mlflow.log_feedback(
        trace_id=yes,
        name="whole talk",
        value="good",
        source=HUMAN,
        metadata={"mlflow.trace.session": "s"},
    )
    for text, names in {
        "feedback.correct = 'true'": ["yes"],
        "feedback.correct != 'true'": ["no"],
        "feedback.style = 'plain'": ["yes"],
        "feedback.style LIKE 'pl%'": ["yes"],
        "expectation.score > 0.7": ["no"],
        "expectation.score < 0.7": [],
        "feedback.correct IS NULL": ["sibling"],
        "feedback.`whole talk` = 'good'": ["sibling", "yes"],
    }.items():
        assert found(text) == names, text


def test_filters_that_go_together(experiment: str) -> None:
    for n in range(8):
        make(f"t{n}", tags={"slow": str(n % 2), "big": str(n % 2)})
    store = MlflowClient()._tracing_client.store
    said = store.calculate_trace_filter_correlation(
        [experiment], "tags.slow = '1'", "tags.big = '1'"
    )
    assert (said.filter1_count, said.joint_count, said.total_count) == (4, 4, 8)
    assert said.npmi == pytest.approx(1.0)
    never = store.calculate_trace_filter_correlation(
        [experiment], "tags.slow = '1'", "tags.big = '0'"
    )
    assert never.npmi == -1.0


def test_token_usage_is_summed_and_counted(experiment: str) -> None:
    for n in (10, 30):
        with mlflow.start_span(name="chat"):
            for _ in range(2):
                with mlflow.start_span(name="call", span_type=SpanType.CHAT_MODEL) as span:
                    usage = {"input_tokens": n, "output_tokens": 1, "total_tokens": n + 1}
                    span.set_attribute("mlflow.chat.tokenUsage", usage)
    mlflow.flush_trace_async_logging()
    last = fresh(mlflow.get_last_active_trace_id())
    assert last.info.token_usage == {"input_tokens": 60, "output_tokens": 2, "total_tokens": 62}
    store = MlflowClient()._tracing_client.store

    def numbers(view: MetricViewType, metric: str, *kinds: Any, **more: Any) -> list[Any]:
        aggregations = [
            MetricAggregation(AggregationType.PERCENTILE, kind)
            if isinstance(kind, float)
            else MetricAggregation(AggregationType(kind))
            for kind in kinds
        ]
        points = store.query_trace_metrics([experiment], view, metric, aggregations, **more)
        return [(p.dimensions, p.values) for p in points]

    traces, spans = MetricViewType.TRACES, MetricViewType.SPANS
    assert numbers(traces, "input_tokens", "SUM", "AVG", 75.0) == [
        ({}, {"SUM": 80.0, "AVG": 40.0, "P75.0": 50.0})
    ]
    assert numbers(spans, "span_count", "COUNT", dimensions=["span_type"]) == [
        ({"span_type": "CHAT_MODEL"}, {"COUNT": 4.0}),
        ({"span_type": "UNKNOWN"}, {"COUNT": 2.0}),
    ]
    assert numbers(spans, "span_count", "COUNT", filters=["span.name = 'call'"]) == [
        ({}, {"COUNT": 4.0})
    ]
    at = last.info.timestamp_ms
    ((dimensions, values),) = numbers(
        traces,
        "trace_count",
        "COUNT",
        dimensions=["trace_status"],
        time_interval_seconds=86400,
        start_time_ms=at - 60_000,
        end_time_ms=at + 60_000,
    )
    assert values == {"COUNT": 2.0} and dimensions["trace_status"] == "OK"
    with pytest.raises(MlflowException, match="metric_name must be one of"):
        numbers(traces, "nonsense", "COUNT")
