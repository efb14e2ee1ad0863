"""Connections: what outside services a workspace uses, and the keys to them."""

NEEDS = ("workspaces",)
FACES = ("arm",)
