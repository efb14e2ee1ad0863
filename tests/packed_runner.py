"""The packed runner, for the tests that start it."""

import shutil
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
