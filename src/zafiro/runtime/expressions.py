"""Fills `${{inputs.x}}`, `${{outputs.y}}` and `$[[ … ]]` in a command, as Azure ML does.

Values go in plainly, without quoting. A block `$[[ … ]]` disappears when an input in it was not
given. Source: command job YAML schema, https://learn.microsoft.com/azure/machine-learning/reference-yaml-job-command
"""

from __future__ import annotations

import re

from .failure import USER, JobFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)


def fill(text: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """`text` with its expressions replaced. JobFailed names the first one that is unknown."""
    known = {"inputs": inputs, "outputs": outputs}

    def optional(block: re.Match[str]) -> str:
        for expression in _EXPRESSION.finditer(block.group(1)):
            kind, _, name = expression.group(1).partition(".")
            if kind == "inputs" and _key(name, inputs) is None:
                return ""
        return block.group(1)

    def value(expression: re.Match[str]) -> str:
        kind, _, name = expression.group(1).partition(".")
        values = known.get(kind, {})
        key = _key(name, values)
        if key is None:
            raise JobFailed(USER, _unknown(expression.group(0), kind, values))
        return values[key]

    return _EXPRESSION.sub(value, _OPTIONAL.sub(optional, text))


def _key(name: str, values: Mapping[str, str]) -> str | None:
    if name in values:
        return name
    bare = name[: -len(".path")] if name.endswith(".path") else name
    return bare if bare in values else None


def _unknown(expression: str, kind: str, values: Mapping[str, str]) -> str:
    if kind not in ("inputs", "outputs"):
        return f"{expression} in the command is not understood; use inputs.NAME or outputs.NAME"
    has = ", ".join(sorted(values)) or "none"
    return f"{expression} in the command names no {kind[:-1]} of the job; its {kind} are: {has}"
