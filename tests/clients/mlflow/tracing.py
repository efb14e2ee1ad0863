"""Traces as tests make and find them."""

from collections.abc import Callable
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.entities import (
    AssessmentSource,
    Trace,
)

HUMAN = AssessmentSource("HUMAN", "me@example.com")


def traced(act: Callable[[], Any]) -> Trace:
    """The trace `act` makes, as the server has it."""
    act()
    mlflow.flush_trace_async_logging()
    return fresh(mlflow.get_last_active_trace_id())


def fresh(trace_id: str | None) -> Trace:
    assert trace_id
    return MlflowClient().get_trace(trace_id)


def found(text: str = "", **more: Any) -> list[str]:
    """The names of traces a search finds."""
    traces = mlflow.search_traces(
        filter_string=text or None, return_type="list", include_spans=False, **more
    )
    return [trace.info.tags["mlflow.traceName"] for trace in traces]


def make(name: str, *, tags: dict[str, str] | None = None, **metadata: str) -> str:
    with mlflow.start_span(name=name) as span:
        span.set_inputs({"question": f"about {name}"})
        known = {f"mlflow.trace.{key}": value for key, value in metadata.items()}
        mlflow.update_current_trace(tags=tags, metadata=known)
    mlflow.flush_trace_async_logging()
    id: str = span.trace_id
    return id
