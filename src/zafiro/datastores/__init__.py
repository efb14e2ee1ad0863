"""Datastores: named places where bytes are kept, the keys to them, and what a URI points at."""

NEEDS = ("workspaces", "blobs")
FACES = ("arm",)
HOOKS = ("workspace",)
