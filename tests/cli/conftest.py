"""The real command: in a process of its own as people type it, or in this one where azure-ai-ml
would be imported again and again."""

import logging
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from azure.ai.ml import MLClient

from clients.azure_ai_ml.jobs_client import pointed_at
from zafiro.cli import run
from zafiro.testing import live
from zafiro.testing.live import Live

Zafiro = Callable[..., "CompletedProcess[str]"]


@dataclass(frozen=True)
class Typed:
    code: int
    out: str
    err: str


Type = Callable[..., Typed]


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
def typed(
    server: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Type]:
    """typed(*words) → what the command said in this process, on the shared server."""
    kept = dict(os.environ)
    for name in set(os.environ) - live.clean(os.environ).keys():
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZAFIRO_HOME", str(server.home))
    monkeypatch.setenv("ZAFIRO_CONFIG", str(tmp_path / "defaults.json"))
    filters = warnings.filters[:]

    def type_(*words: object) -> Typed:
        capfd.readouterr()
        code = run([str(word) for word in words])
        said = capfd.readouterr()
        return Typed(code, said.out, said.err)

    yield type_
    logging.disable(logging.NOTSET)
    warnings.filters[:] = filters  # type: ignore[index]
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder for a server of this test's own, which is stopped at the end. Its name is one that
    careless shell code breaks at."""
    path = tmp_path / "it's a home"
    yield path
    live.down(path)


@pytest.fixture
def ml(server: Live) -> Iterator[MLClient]:
    with pointed_at(server) as client:
        yield client
