"""The real command in a process of its own, as people type it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from zafiro.testing import live

Zafiro = Callable[..., "CompletedProcess[str]"]


@pytest.fixture
def zafiro() -> Zafiro:
    """zafiro(*arguments, **variables) → what came of it."""

    def typed(*arguments: object, **variables: str) -> "CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "zafiro", *map(str, arguments)],
            capture_output=True,
            text=True,
            env={**live.clean(os.environ), **variables},
            timeout=120,
        )

    return typed


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder for a server of this test's own, which is stopped at the end. Its name is one that
    careless shell code breaks at."""
    path = tmp_path / "it's a home"
    yield path
    live.down(path)
