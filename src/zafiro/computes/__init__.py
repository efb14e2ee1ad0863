"""Computes: places where work runs."""

NEEDS = ("workspaces",)
FACES = ("arm",)
HOOKS = ("workspace",)
