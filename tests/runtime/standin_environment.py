"""Stands in for zafiro/runtime/environment.py until that is here: the node's own Python."""

import os
import sys
from typing import NamedTuple


class EnvironmentFailed(Exception):
    tail = ""


class Prefix(NamedTuple):
    python: str
    bin: str
    variables: dict


def prepare(recipe, cache, log, *, cancelled):
    recipe = recipe or {}
    for note in recipe.get("notes") or ():
        log(note)
    if recipe.get("failure"):
        raise EnvironmentFailed(recipe["failure"])
    return Prefix(sys.executable, os.path.dirname(sys.executable), recipe.get("variables") or {})


def overlay(prefix, folder):
    return prefix
