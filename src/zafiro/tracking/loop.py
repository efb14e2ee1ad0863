"""Removes, piece by piece, what was deleted for good."""

from zafiro.core.context import Context
from zafiro.core.loops import Loop
from zafiro.tracking import purge


def loops(ctx: Context) -> list[Loop]:
    return [Loop(purge.LOOP, purge.step, every_s=60)]
