"""Assets: versioned code, data, environments, models and components of a workspace."""

NEEDS = ("workspaces",)
FACES = ("arm",)
HOOKS = ("workspace",)
