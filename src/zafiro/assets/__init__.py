"""Assets: versioned code, data, environments, models and components of a workspace."""

NEEDS = ("workspaces", "datastores", "blobs")
FACES = ("arm",)
HOOKS = ("workspace",)
