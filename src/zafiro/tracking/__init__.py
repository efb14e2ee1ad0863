"""Experiments, runs and what they log: one store, seen through MLflow and Azure's run history."""

NEEDS = ("workspaces", "identity", "blobs", "datastores")
FACES = ("mlflow", "history", "metric", "artifact")
LOOPS = ("loop",)
