"""What tests of jobs do with the client again and again."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import MLClient, command
from azure.ai.ml.entities import Environment, Job
from azure.ai.ml.exceptions import JobException
from azure.identity import DefaultAzureCredential

from zafiro.testing.live import Live

ENDED = ("Completed", "Failed", "Canceled")
PLAIN = Environment(image="library/python:3.11-slim", name="plain", version="1")


def client() -> MLClient:
    """A client of the server that this process's environment points at."""
    return MLClient(
        DefaultAzureCredential(),
        os.environ["AZURE_SUBSCRIPTION_ID"],
        os.environ["AZURE_RESOURCE_GROUP"],
        os.environ["AZUREML_WORKSPACE_NAME"],
    )


@contextmanager
def pointed_at(server: Live) -> Iterator[MLClient]:
    """A client of that server, with this process's environment pointing at it."""
    kept = dict(os.environ)
    os.environ.update(server.variables)
    try:
        yield client()
    finally:
        os.environ.clear()
        os.environ.update(kept)


def submit(ml: MLClient, text: str, **given: Any) -> Job:
    """Send a command job, in a plain Python environment unless another is given."""
    given.setdefault("environment", PLAIN)
    return ml.jobs.create_or_update(command(command=text, **given))


def ended(ml: MLClient, name: str, within_s: float = 60) -> Job:
    return until(ml, name, ENDED, within_s)


def until(ml: MLClient, name: str, statuses: tuple[str, ...], within_s: float = 60) -> Job:
    end = time.monotonic() + within_s
    while (job := ml.jobs.get(name)).status not in statuses:
        assert time.monotonic() < end, f"{name} is still {job.status}"
        time.sleep(0.05)
    return job


def log(ml: MLClient, name: str, folder: Path) -> str:
    """What an ended job said, downloaded to `folder`."""
    ml.jobs.download(name, download_path=folder, all=True)
    return (folder / "artifacts" / "user_logs" / "std_log.txt").read_text()


def failure(ml: MLClient, name: str) -> str:
    """Waits for a job that fails; what `jobs.stream` says then."""
    assert ended(ml, name).status == "Failed"
    with pytest.raises(JobException) as caught:
        ml.jobs.stream(name)
    return str(caught.value)
