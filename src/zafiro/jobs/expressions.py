"""`${{inputs.x}}` and `${{outputs.y}}` in a command: whether they name what the job has.

The runner fills them in (zafiro.runtime.expressions has the grammar); here a wrong name is refused
when the job is submitted, before anything waits or is built for it.
"""

import re
from collections.abc import Collection

from zafiro.core.errors import Invalid

_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)


def check(field: str, text: str, inputs: Collection[str], outputs: Collection[str]) -> None:
    """Raises Invalid for the first name in `text` that is unknown. A block `$[[ … ]]` may name
    inputs that were not given: it is left out then."""
    known = {"inputs": inputs, "outputs": outputs}

    def unblocked(block: "re.Match[str]") -> str:
        for expression in _EXPRESSION.finditer(block[1]):
            kind, _, name = expression[1].partition(".")
            if kind == "inputs" and not _has(inputs, name):
                return ""
        return block[1]

    for expression in _EXPRESSION.finditer(_OPTIONAL.sub(unblocked, text)):
        kind, _, name = expression[1].partition(".")
        if kind not in known:
            raise Invalid(
                field, f"{expression[0]} is not understood; use inputs.NAME or outputs.NAME"
            )
        if not _has(known[kind], name):
            has = ", ".join(sorted(known[kind])) or "none"
            raise Invalid(
                field, f"{expression[0]} names no {kind[:-1]} of the job; its {kind} are: {has}"
            )


def _has(names: Collection[str], name: str) -> bool:
    return name in names or name.removesuffix(".path") in names
