"""--set, --add, --remove on a thing that is there: paths like tags.owner or setup_scripts[0].name."""

import json
import re
from typing import Any

from zafiro.cli.says import Misused


def apply(thing: Any, given: dict[str, Any]) -> None:
    """Raises Misused for a path that leads nowhere."""
    for path, value in (given.get("set") or {}).items():
        put(thing, path, value)
    added = given.get("add") or []
    if added:
        add(thing, added[0], added[1:])
    removed = given.get("remove") or []
    if removed:
        remove(thing, *removed[:2])


def put(thing: Any, path: str, value: Any) -> None:
    holder, last = _holder(thing, path)
    if _is_dict(holder):
        old = holder.get(last)
        holder[last] = value if isinstance(old, str) or _texts(path) else _read(value)
    elif isinstance(holder, list):
        holder[int(last)] = _read(value)
    else:
        old = _attribute(holder, last, path)
        setattr(holder, last, value if isinstance(old, str) else _read(value))


def add(thing: Any, path: str, words: list[str]) -> None:
    holder = _walk(thing, _steps(path), path)
    if isinstance(holder, list):
        holder += [_read(word) for word in words]
    elif _is_dict(holder):
        for word in words:
            name, equals, value = word.partition("=")
            if not equals:
                raise Misused(f"--add: '{word}' is not NAME=VALUE, and {path} is a dictionary")
            holder[name] = value if _texts(path) else _read(value)
    else:
        raise Misused(f"--add: {path} is neither a list nor a dictionary")


def remove(thing: Any, path: str, index: str | None = None) -> None:
    if index is not None:
        found = _walk(thing, _steps(path), path)
        try:
            del found[int(index)]
        except (ValueError, IndexError, TypeError, KeyError):
            raise Misused(f"--remove: {path} has no item {index}") from None
        return
    holder, last = _holder(thing, path)
    if _is_dict(holder):
        if holder.pop(last, None) is None:
            raise Misused(f"--remove: there is no {path}")
    else:
        _attribute(holder, last, path)
        setattr(holder, last, None)


def _is_dict(thing: Any) -> bool:
    """A job of azure-ai-ml is a dict to isinstance, and has attributes all the same."""
    return isinstance(thing, dict) and not hasattr(type(thing), "_to_dict")


def _texts(path: str) -> bool:
    """Tags and properties hold texts only: tags.year=2026 stays a text."""
    return _steps(path)[0] in ("tags", "properties", "environment_variables")


def _read(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _steps(path: str) -> list[str]:
    return [step for step in re.split(r"\.|\[(\d+)\]", path) if step]


def _holder(thing: Any, path: str) -> tuple[Any, str]:
    steps = _steps(path)
    if not steps:
        raise Misused("a path is needed, such as tags.owner")
    return _walk(thing, steps[:-1], path), steps[-1]


def _walk(thing: Any, steps: list[str], path: str) -> Any:
    for step in steps:
        if _is_dict(thing):
            thing = thing.setdefault(step, {})
        elif isinstance(thing, list):
            try:
                thing = thing[int(step)]
            except (ValueError, IndexError):
                raise Misused(f"{path}: there is no item {step}") from None
        else:
            below = _attribute(thing, step, path)
            if isinstance(below, dict) or below is None:
                below = dict(below or {})  # a job's tags are a copy: what is not set is not sent
                setattr(thing, step, below)
            thing = below
    return thing


def _attribute(thing: Any, name: str, path: str) -> Any:
    known = [
        n for n in dir(thing) if not n.startswith("_") and not callable(getattr(thing, n, None))
    ]
    if name not in known:
        raise Misused(f"{path}: there is no field '{name}'", meant=(name, known))
    return getattr(thing, name)
