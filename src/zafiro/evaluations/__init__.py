"""What generative applications are judged by: evaluation datasets, scorers, and issues found."""

NEEDS = ("workspaces", "identity", "tracking", "traces")
FACES = ("mlflow",)
