"""Python environments that tests need beside their own, made by uv and kept between runs."""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import uv

_CACHE = Path.home() / ".cache" / "zafiro-tests"


def python(*requirements: str) -> Path:
    """The interpreter of an environment with these packages. Skips where they cannot be installed;
    fails in CI, which may not skip. Where pip is told of a folder with wheels, so is uv."""
    links = os.environ.get("PIP_FIND_LINKS", "").replace(" ", ",")
    wanted = "\n".join((sys.version, sys.prefix, links, *sorted(requirements)))
    made = _CACHE / hashlib.sha256(wanted.encode()).hexdigest()[:16]
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / f"{made.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "complete").exists():
            _uv(links, "venv", "--quiet", "--clear", "--python", sys.executable, str(made))
            interpreter = str(made / "bin" / "python")
            _uv(links, "pip", "install", "--quiet", "--python", interpreter, *requirements)
            (made / "complete").touch()
    return made / "bin" / "python"


def _uv(links: str, *arguments: str) -> None:
    given = {**os.environ, **({"UV_FIND_LINKS": links} if links else {})}
    done = subprocess.run(
        [uv.find_uv_bin(), *arguments], env=given, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return
    why = f"the packages this test needs cannot be installed: {done.stderr.strip()}"
    if os.environ.get("ZAFIRO_CI"):
        pytest.fail(why)
    pytest.skip(why)
