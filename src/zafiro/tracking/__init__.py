"""Experiments, runs and what they log: one store, seen through MLflow and Azure's run history."""

NEEDS = ("workspaces", "identity", "blobs")
FACES = ("mlflow", "history")
