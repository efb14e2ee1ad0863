"""The packed runner, for the tests that start it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import zafiro
from zafiro.backends import runner_archive


def build(home: Path) -> Path:
    sources = Path(zafiro.__file__).parent / "runtime"
    if not (sources / "environment.py").exists():
        sources = Path(shutil.copytree(sources, home / "runtime"))
        standin = Path(__file__).parent / "runtime" / "standin_environment.py"
        shutil.copy(standin, sources / "environment.py")
    return runner_archive.build(home, sources)


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
