"""TensorBoard's own Python environment, made by uv when it is first asked for."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import uv

from zafiro.core.errors import Conflict
from zafiro.core.home import Home

# 2.18 is the first that works with NumPy 2.
REQUIREMENTS = ("tensorboard>=2.18,<3",)
_WITHIN_S = 300.0


def python(home: Home, requirements: tuple[str, ...] = REQUIREMENTS) -> Path:
    """The interpreter that has TensorBoard. Takes a second the first time, with a package index
    near. Raises Conflict, with uv's reason, when it cannot be installed."""
    wanted = "\n".join((sys.version, sys.prefix, *requirements))
    name = hashlib.sha256(wanted.encode()).hexdigest()[:16]
    folder = home.root / "tensorboard"
    folder.mkdir(exist_ok=True, mode=0o700)
    made = folder / name
    if made.exists():
        return made / "bin" / "python"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            # Only a finished one is found; scripts of the draft are never used by their path.
            draft = folder / f".{name}"
            shutil.rmtree(draft, ignore_errors=True)
            _uv("venv", "--quiet", "--python", sys.executable, str(draft))
            interpreter = str(draft / "bin" / "python")
            _uv("pip", "install", "--quiet", "--python", interpreter, *requirements)
            draft.rename(made)
    return made / "bin" / "python"


def _uv(*arguments: str) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ZAFIRO_", "VIRTUAL_ENV"))}
    command = [uv.find_uv_bin(), *arguments]
    try:
        done = subprocess.run(
            command, env=kept, capture_output=True, text=True, timeout=_WITHIN_S, check=False
        )
        why = done.stderr.strip() if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as e:
        why = str(e)
    if why:
        said = " ".join(line.strip() for line in why.splitlines())
        raise Conflict(f"TensorBoard could not be installed: uv {arguments[0]} says: {said[:1000]}")
