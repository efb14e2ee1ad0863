"""Traces' part of MLflow's API."""

from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.mlflow_rest.router import AnyVerb
from zafiro.traces import mlflow_assessments, mlflow_search, mlflow_traces


def verbs(ctx: Context, gate: Gate) -> list[AnyVerb]:
    return [*mlflow_traces.VERBS, *mlflow_search.VERBS, *mlflow_assessments.VERBS]
