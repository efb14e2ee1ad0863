"""Workspaces: the room everything else lives in; resource groups, discovery, cloud metadata."""

NEEDS = ()
FACES = ("arm", "rest")
