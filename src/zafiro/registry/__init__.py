"""MLflow's model registry: models, versions, prompts and webhooks, over the models ARM knows."""

NEEDS = ("workspaces", "assets", "datastores", "tracking")
FACES = ("mlflow",)
LOOPS = ("loop",)
HOOKS = ("workspace",)
