"""Answers as text: --query, then --output, spelled as the Azure CLI spells them (knack 0.12)."""

import json
import os
import sys
from typing import Any

from zafiro.cli.parser import Asked
from zafiro.cli.says import Misused


def show(answer: Any, asked: Asked) -> None:
    """Prints it. Raises Misused for an expression that is none."""
    expression = asked.get("query")
    if expression:
        answer = picked(answer, expression)
    if answer is None:
        return
    text = spelled(answer, format_of(asked), columns(asked) if not expression else ())
    if text:
        print(text)
        sys.stdout.flush()


def format_of(asked: Asked) -> str:
    from zafiro.cli import configuring

    return str(asked.get("output") or configuring.kept().get("output") or "json")


def columns(asked: Asked) -> tuple[str, ...]:
    return asked.noun.columns if asked.noun is not None else ()


def picked(answer: Any, expression: str) -> Any:
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(expression, answer)
    except JMESPathError as e:
        first = str(e).splitlines()[0]
        raise Misused(f"--query '{expression}': {first}") from e


def spelled(answer: Any, format: str, columns: tuple[str, ...] = ()) -> str:
    """The text without its last newline; "" prints nothing. `columns`: JMESPath, of tables."""
    match format:
        case "none":
            return ""
        case "tsv":
            return _tsv(answer)
        case "table":
            return _table(answer, columns)
        case "yaml" | "yamlc":
            import yaml

            plain = json.loads(json.dumps(answer, default=str))
            text: str = yaml.safe_dump(plain, sort_keys=True, allow_unicode=True)
            return text.removesuffix("\n...\n").rstrip("\n")
        case _:
            text = json.dumps(answer, indent=2, sort_keys=True, ensure_ascii=False, default=str)
            return _coloured(text) if format == "jsonc" else text


def colours() -> bool:
    """Whether to colour: on a terminal that can, unless NO_COLOR is set."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def _coloured(text: str) -> str:
    if not colours():
        return text
    import re

    text = re.sub(r'^( *)("(?:[^"\\]|\\.)*")(?=: )', "\\1\033[94m\\2\033[0m", text, flags=re.M)
    return re.sub(
        r'((?:: |^ *))("(?:[^"\\]|\\.)*")(?=,?$)', "\\1\033[32m\\2\033[0m", text, flags=re.M
    )


def _tsv(answer: Any) -> str:
    rows = answer if isinstance(answer, list) else [answer]
    return "\n".join(_row(row) for row in rows)


def _row(row: Any) -> str:
    if isinstance(row, dict):
        return "\t".join(_cell(row[key]) for key in row)
    if isinstance(row, list):
        return "\t".join(_cell(one) for one in row)
    return str(row).lower() if isinstance(row, bool) else _cell(row)


def _cell(value: Any) -> str:
    """A list as its length, a dictionary as nothing: columns must not move."""
    if isinstance(value, list):
        return str(len(value))
    return "" if isinstance(value, dict) else str(value)


def _table(answer: Any, columns: tuple[str, ...]) -> str:
    rows = answer if isinstance(answer, list) else [answer]
    if not rows:
        return ""
    if all(isinstance(row, dict) for row in rows):
        shown = [_columns(row, columns) for row in rows]
        heads = list(dict.fromkeys(key for row in shown for key in row))
        cells = [["" if row.get(h) is None else str(row[h]) for h in heads] for row in shown]
    elif all(isinstance(row, list) for row in rows):
        heads = [f"Column{n + 1}" for n in range(max(map(len, rows)))]
        cells = [[*map(str, row), *[""] * (len(heads) - len(row))] for row in rows]
    else:
        heads, cells = ["Result"], [[str(row)] for row in rows]
    text = "\n".join(_aligned([heads, *cells]))
    if not colours():
        return text
    head, *rest = text.split("\n")
    return "\n".join([f"\033[1m{head}\033[0m", *map(_painted, rest)])


def _aligned(rows: list[list[str]]) -> list[str]:
    """As the Azure CLI draws tables (tabulate's "simple"). By hand: tabulate takes 0.05 s to import,
    half of what `job list` takes altogether."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


_PAINTS = {"Completed": 32, "Succeeded": 32, "Failed": 31, "Canceled": 33, "Running": 36}


def _painted(line: str) -> str:
    for word, paint in _PAINTS.items():
        if f" {word}" in line:
            return line.replace(f" {word}", f" \033[{paint}m{word}\033[0m", 1)
    return line


def _columns(row: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    if columns:
        found = {_head(c): _at(row, c) for c in columns}
        if any(v is not None for v in found.values()):
            return found
    return {_head(k): v for k, v in row.items() if not isinstance(v, dict | list)}


def _at(row: dict[str, Any], expression: str) -> Any:
    """`a.b || c`: of JMESPath what columns need, so that tables do without its import."""
    for path in expression.split("||"):
        found: Any = row
        for step in path.strip().split("."):
            found = found.get(step) if isinstance(found, dict) else None
        if found is not None:
            return found
    return None


def _head(expression: str) -> str:
    """`creation_context.created_at` → CreatedAt; `version || latest_version` → Version."""
    name = expression.split("||")[0].strip().split(".")[-1]
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
