"""Files that another slice keeps and MLflow's artifact API gives out, read only.

They lie below a first folder that no run has: `mlflow-artifacts:/{shelf}/…`.
"""

from collections.abc import Callable
from pathlib import Path

from zafiro.core.errors import NotFound
from zafiro.mlflow_rest.call import Call
from zafiro.tracking.artifacts import File, list_in, place_in, safe

# (call, path below the shelf) → the file or folder they all lie in, and the path in it; once the
# caller may read them. Slices add themselves here.
Shelf = Callable[[Call, str], tuple[Path, str]]
shelves: dict[str, Shelf] = {}


def file(call: Call, path: str) -> Path | None:
    """None when no shelf has it. Raises NotFound, Denied, Invalid."""
    found = _find(call, path)
    if found is None:
        return None
    root, rest = found
    if root.is_file():  # a folder of this one file
        if rest != root.name:
            raise NotFound("artifact", path)
        return root
    there = place_in(root, rest) if rest else root
    if not there.is_file():
        raise NotFound("artifact", path)
    return there


def listing(call: Call, path: str) -> list[File] | None:
    found = _find(call, path)
    if found is None:
        return None
    root, rest = found
    if root.is_file():
        return [] if rest else [File(root.name, False, root.stat().st_size)]
    return list_in(place_in(root, rest) if rest else root)


def _find(call: Call, path: str) -> tuple[Path, str] | None:
    name, _, rest = safe(path).partition("/")
    return shelves[name](call, rest) if name in shelves else None
