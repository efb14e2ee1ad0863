"""The Python environment a recipe describes, built once per machine and recipe.

An environment lies in `cache/{hash}` and is shared by every job with that recipe; each job gets
an overlay of its own on it. It counts as built only when its marker file is there, which is
written last; what a killed build left is wiped. What only a build needs is imported for a build.
"""

from __future__ import annotations

import json
import os
import re
import sys

from .overlay import lay
from .prefix import Cancelled, EnvironmentFailed, Prefix, built

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

__all__ = ["Cancelled", "EnvironmentFailed", "Prefix", "overlay", "prepare"]

_PLAIN: dict[str, Any] = {"name": "plain", "requirements": [], "additions": ["mlflow-skinny<3"]}
_TORCH = re.compile(r"\s*torch(vision|audio)?\s*([\[=<>!~;@]|$)", re.IGNORECASE)
_GPUS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg")


def prepare(
    recipe: Mapping[str, Any] | None,
    cache: Path,
    log: Callable[[str], None],
    *,
    cancelled: Callable[[], bool] = lambda: False,
) -> Prefix:
    """The environment of the recipe: found in `cache`, else built there. None is a plain one.

    The recipe is what `zafiro.environments.service.resolve` gives. `log` gets its notes and every
    line of the build. Raises EnvironmentFailed; Cancelled (one of those) soon after `cancelled()`
    turns true.
    """
    recipe = _PLAIN if recipe is None else recipe
    for note in recipe.get("notes") or ():
        log(f"note: {note}")
    if recipe.get("failure"):
        raise EnvironmentFailed(str(recipe["failure"]))
    cache.mkdir(parents=True, exist_ok=True)
    small = _wants_small_torch(recipe)
    # Nodes with and without a GPU may share the cache.
    root = cache.resolve() / f"{_key(recipe)}{'-cpu' if small else ''}"
    version = built(root)
    if version is None:
        from .build import Build

        version = Build(recipe, root, log, cancelled, small_torch=small).run()
    return Prefix(root, version, recipe.get("variables") or {})


def overlay(prefix: Prefix, folder: Path) -> Prefix:
    """An environment on top of `prefix`, in `folder`: what is installed goes there, never below.

    `folder` is made; what a killed attempt left in it is used again.
    """
    folder = folder.absolute()
    lay(prefix.root, folder)
    return Prefix(folder, prefix.version, prefix.variables)


def _key(recipe: Mapping[str, Any]) -> str:
    given = recipe.get("hash")
    if given is None:
        import hashlib

        said = json.dumps({k: v for k, v in recipe.items() if k != "notes"}, sort_keys=True)
        given = hashlib.sha256(said.encode()).hexdigest()
    if not re.fullmatch(r"[0-9a-f]{16,128}", str(given)):
        raise EnvironmentFailed(f"the hash of the environment recipe is not a hash: {given!r}")
    return str(given)


def _wants_small_torch(recipe: Mapping[str, Any]) -> bool:
    """Whether PyTorch is asked for where its 3 GB of CUDA libraries would be of no use, and
    nobody said where it is to come from."""
    return bool(
        any(_TORCH.match(line) for line in recipe.get("requirements") or ())
        and not recipe.get("pip_options")
        and not {"UV_TORCH_BACKEND", "UV_FIND_LINKS", "UV_OFFLINE"} & set(os.environ)
        and sys.platform == "linux"
        and not any(os.path.exists(device) for device in _GPUS)
    )
