"""Traces of generative applications: their spans, tags, assessments, sessions and numbers."""

NEEDS = ("workspaces", "identity", "tracking")
FACES = ("mlflow",)
