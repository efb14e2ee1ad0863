"""Environments: from what a user asks for to what a runner can build without a container engine."""

NEEDS = ()
FACES = ()
