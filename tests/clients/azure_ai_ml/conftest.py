"""Microsoft's unmodified SDK against a real server over TLS."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Environment, Job

from clients.azure_ai_ml.jobs_client import PLAIN, client, ended, pointed_at, submit
from zafiro.testing import live
from zafiro.testing.live import Live


@pytest.fixture(scope="module")
def pointed(server: Live) -> Iterator[Live]:
    """The same, with this process's environment pointing at it as `zafiro env` would."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update({**live.clean(kept), **server.variables})
    yield server
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture(scope="module")
def ml(pointed: Live) -> MLClient:
    return client()


@pytest.fixture
def fresh() -> str:
    """A name no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture(scope="module")
def plain(ml: MLClient) -> Environment:
    return ml.environments.create_or_update(PLAIN)


@pytest.fixture
def run(ml: MLClient, plain: Environment) -> Any:
    """Submits a command and waits for its end, unless told not to."""

    def send(text: str, *, wait: bool = True, **given: Any) -> Job:
        given.setdefault("environment", plain)
        job = submit(ml, text, **given)
        return ended(ml, job.name) if wait else job

    return send


@pytest.fixture
def own(tmp_path: Path, pointed: Live) -> Iterator[Live]:
    """A server of this test's own, so that killing it hurts nobody; clients point at it."""
    running = live.up(tmp_path / "home")
    with pointed_at(running):
        yield running
    live.down(running.home)
