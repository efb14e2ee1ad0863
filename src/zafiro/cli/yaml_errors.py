"""What is wrong in a YAML file: where, what was found, what may stand there.

azure-ai-ml answers with a page of alternatives; the structure behind it is marshmallow's, which has a
message for every field. Here each is one line: file:line: field: found, allowed.
"""

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from zafiro.cli.says import Said

_MOST = 8


def told(e: BaseException, file: str | None) -> Said | None:
    """None when it is no error of the file's content."""
    if isinstance(e, yaml.YAMLError) or isinstance(e.__cause__, yaml.YAMLError):
        return _broken(e if isinstance(e, yaml.YAMLError) else e.__cause__, file)
    messages = _messages(e)
    if messages is None:
        return _listed(_validated(e, file))
    tree = _tree(file)
    allowed = _fields(e)
    return _listed(
        [
            _line(file, tree, path, message, allowed if len(path) == 1 else [])
            for path, message in _flat(messages)
        ]
    )


def _listed(lines: list[str]) -> Said | None:
    if not lines:
        return None
    more = f"\n  and {len(lines) - _MOST} more" if len(lines) > _MOST else ""
    if len(lines) == 1:
        return Said(lines[0])
    return Said(f"{len(lines)} things are wrong:\n  " + "\n  ".join(lines[:_MOST]) + more)


def _validated(e: BaseException, file: str | None) -> list[str]:
    """What azure-ai-ml found wrong after it had read the file: of pipelines it says so as JSON."""
    try:
        errors = json.loads(str(e))["errors"]
    except (ValueError, KeyError, TypeError):
        return []
    lines = []
    for one in errors:
        message = re.sub(r"^\(\w+\) ", "", str(one.get("message", "")).split("\n")[0])
        place, _, line = str(one.get("location") or "").partition("#line ")
        same = file is not None and Path(place).name == Path(file).name
        where = f"{file if same else place}:{line}" if line else file or "what was given"
        shown = f" (found {one['value']!r})" if isinstance(one.get("value"), str | int) else ""
        lines.append(f"{where}: {one.get('path') or 'the file'}: {_lower(message)}{shown}")
    return lines


def _broken(e: Any, file: str | None) -> Said:
    mark = getattr(e, "problem_mark", None)
    where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark is not None else str(file)
    return Said(f"{where}: this is no YAML: {getattr(e, 'problem', None) or e}")


def _messages(e: BaseException | None) -> Any:
    """marshmallow's own messages, by walking back to where the error came from."""
    from marshmallow.exceptions import ValidationError

    seen: set[int] = set()
    found = None
    while e is not None and id(e) not in seen:
        seen.add(id(e))
        if isinstance(e, ValidationError) and isinstance(e.messages, dict):
            found = e.messages
        e = e.__cause__ or e.__context__
    return found


def _fields(e: BaseException | None) -> list[str]:
    """What the top of the file may hold: the fields of the schema that refused it."""
    seen: set[int] = set()
    most: list[str] = []
    while e is not None and id(e) not in seen:
        seen.add(id(e))
        trace = e.__traceback__
        while trace is not None:
            for name in ("schema", "self"):
                names = getattr(trace.tb_frame.f_locals.get(name), "load_fields", None)
                if isinstance(names, dict) and len(names) > len(most):
                    most = sorted(getattr(f, "data_key", None) or n for n, f in names.items())
            trace = trace.tb_next
        e = e.__cause__ or e.__context__
    return most


def _flat(messages: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """(path, message) of every leaf. Of alternatives, those that fit best."""
    if isinstance(messages, dict):
        for key, below in messages.items():
            yield from _flat(below, path if key == "_schema" else (*path, str(key)))
    elif isinstance(messages, list):
        texts = [m for m in messages if isinstance(m, str)]
        trees = [m for m in messages if not isinstance(m, str)]
        if trees:
            fit = min((list(_flat(t, path)) for t in trees), key=_misfit)
            yield from fit
        if texts and not trees:
            yield path, _shortest(texts)
    else:
        yield path, str(messages)


def _misfit(found: list[tuple[tuple[str, ...], str]]) -> tuple[int, int]:
    unknown = sum("Unknown field" in message for _, message in found)
    wrong_kind = sum("Value" in message and "not in set" in message for _, message in found)
    return (wrong_kind, unknown + len(found))


def _shortest(texts: list[str]) -> str:
    useful = [t for t in texts if "Unknown field" not in t] or texts
    return min(useful, key=len)


def _line(
    file: str | None, tree: Any, path: tuple[str, ...], message: str, fields: list[str]
) -> str:
    number, found = _where(tree, path)
    where = f"{file}:{number}" if file and number else (file or "what was given")
    field = ".".join(path) or "the file"
    message = message.strip().rstrip(".")
    if message == "Unknown field":
        close = get_close_matches(path[-1], fields, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        may = f"; allowed: {', '.join(fields)}" if fields and not close else ""
        return f"{where}: {field}: there is no such field{hint}{may}"
    if message.startswith("Missing data"):
        return f"{where}: {field}: is missing"
    shown = f" (found {found!r})" if found is not None and repr(found) not in message else ""
    return f"{where}: {field}: {_lower(message)}{shown}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[:2].istitle() else text


def _tree(file: str | None) -> Any:
    if not file:
        return None
    try:
        with open(file, encoding="utf-8") as opened:
            return yaml.compose(opened, Loader=yaml.SafeLoader)
    except (OSError, yaml.YAMLError, UnicodeError):
        return None


def _where(node: Any, path: tuple[str, ...]) -> tuple[int | None, Any]:
    """(line of the field, or of the nearest thing around it; the value there if it is a scalar)."""
    line = node.start_mark.line + 1 if node is not None else None
    for name in path:
        below = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == name:
                    line, below = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and name.isdigit() and int(name) < len(node.value):
            below = node.value[int(name)]
            line = below.start_mark.line + 1
        if below is None:
            return line, None
        node = below
    return line, node.value if isinstance(node, yaml.ScalarNode) else None
