"""Evaluations' part of MLflow's API."""

from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.evaluations import mlflow_datasets, mlflow_issues, mlflow_scorers
from zafiro.mlflow_rest.router import AnyVerb


def verbs(ctx: Context, gate: Gate) -> list[AnyVerb]:
    return [*mlflow_datasets.VERBS, *mlflow_scorers.VERBS, *mlflow_issues.VERBS]
