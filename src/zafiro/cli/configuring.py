"""Defaults of the user: which group, workspace, location, output. One small JSON file."""

import json
import os
from pathlib import Path
from typing import Any

from zafiro.cli.parser import Asked
from zafiro.cli.says import Misused, Said

KNOWN = ("group", "workspace", "location", "output", "subscription")


def place() -> Path:
    """ZAFIRO_CONFIG, else below the user's folder of configurations."""
    given = os.environ.get("ZAFIRO_CONFIG")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return Path(base) / "zafiro" / "defaults.json"


def kept() -> dict[str, str]:
    """Raises Said for a file that is none."""
    try:
        found = json.loads(place().read_text())
        return {str(k): str(v) for k, v in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as e:
        raise Said(f"{place()} cannot be read: {e}; mend or remove it") from e


def keep(**given: str) -> None:
    """Over what is kept; "" forgets one."""
    unknown = [name for name in given if name not in KNOWN]
    if unknown:
        raise Misused(
            f"--defaults: '{unknown[0]}' is none of {', '.join(KNOWN)}", meant=(unknown[0], KNOWN)
        )
    merged = {k: v for k, v in {**kept(), **given}.items() if v}
    path = place()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(merged, indent=1) + "\n")
        part.replace(path)
    except OSError as e:
        raise Said(f"{path} cannot be written: {e.strerror}") from e


def configure(asked: Asked) -> Any:
    if asked.get("defaults"):
        keep(**asked.defaults)
    if asked.get("list_defaults") or not asked.get("defaults"):
        return [{"name": k, "source": str(place()), "value": v} for k, v in sorted(kept().items())]
    return None
