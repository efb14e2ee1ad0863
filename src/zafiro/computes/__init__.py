"""Computes: places where work runs."""

NEEDS = ("workspaces",)
FACES = ("arm",)
