"""Where the running server of a home is. Light: every command asks."""

import json
import os
import time
from pathlib import Path

from zafiro.core.home import Home, default_root


def home_of(given: str | None) -> Home:
    """The home a command is about: as given, else of the environment, else the default."""
    root = Path(given or os.environ.get("ZAFIRO_HOME") or default_root())
    return Home(root.expanduser().resolve())


def note(home: Home, url: str, storage_url: str, studio_url: str) -> None:
    said = {
        "pid": os.getpid(),
        "started": time.time(),
        "url": url,
        "storage_url": storage_url,
        "studio_url": studio_url,
    }
    part = home.state.with_suffix(".part")
    part.write_text(json.dumps(said))
    part.replace(home.state)


def state(home: Home) -> "dict[str, str | int] | None":
    """What a running server noted: pid, url, storage_url, started. None when none runs."""
    try:
        said: dict[str, str | int] = json.loads(home.state.read_text())
        os.kill(int(said["pid"]), 0)
        command = Path(f"/proc/{said['pid']}/cmdline")
        if command.exists() and b"zafiro" not in command.read_bytes():
            return None  # the number was given to another process since
        return said
    except (OSError, ValueError, KeyError):
        return None
