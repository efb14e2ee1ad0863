"""The packed runner, for the tests that start it."""

import json
import subprocess
import sys
from pathlib import Path

from zafiro.backends import runner_archive


def build(home: Path) -> Path:
    return runner_archive.build(home)


def warm(archive: Path, environments: Path, recipe: dict[str, object]) -> None:
    """Builds the environment, so that no test sees it being built."""
    code = (
        "import json, pathlib, sys; sys.path.insert(0, sys.argv[1]);"
        "from zafiro.runtime.environment import prepare;"
        "prepare(json.loads(sys.argv[2]), pathlib.Path(sys.argv[3]), print, cancelled=bool)"
    )
    subprocess.run(
        [sys.executable, "-I", "-c", code, archive, json.dumps(recipe), environments], check=True
    )
