import re
from collections.abc import Iterator
from typing import Any

import pytest
from azure.ai.ml import MLClient

from clients.azure_ai_ml.jobs_client import ended, pointed_at, submit
from zafiro.testing.live import Live


@pytest.fixture
def ml(server: Live) -> Iterator[MLClient]:
    with pointed_at(server) as client:
        yield client


def test_the_timeline_of_a_job_says_where_its_time_went(
    zafiro: Any, server: Live, ml: MLClient
) -> None:
    job = submit(ml, "sleep 0.5")
    assert ended(ml, job.name).status == "Completed"
    done = zafiro("job", "show", "--name", job.name, "--timeline", "--home", server.home)
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    assert first == f"{job.name}: Completed"
    took = {}
    for line in lines:
        match = re.match(r"  (\w+) +([\d.]+) s", line)
        assert match, line
        took[match[1]] = float(match[2])
    steps = ["queued", "starting", "environment", "inputs", "running", "finalizing"]
    assert list(took) == [*steps, "total"]
    assert took["running"] >= 0.5
    assert took["total"] == pytest.approx(sum(took[step] for step in steps), abs=0.05)


def test_a_job_is_shown_as_azure_would(zafiro: Any, server: Live, ml: MLClient) -> None:
    job = submit(ml, "true")
    newest = zafiro("job", "show", "--home", server.home)
    named = zafiro("job", "show", "--name", job.name, "--home", server.home)
    assert f'"name": "{job.name}"' in newest.stdout and '"jobType": "Command"' in named.stdout
    ended(ml, job.name)


def test_a_job_that_is_not_there_is_named(zafiro: Any, server: Live) -> None:
    done = zafiro("job", "show", "-n", "no-such-job", "--home", server.home)
    assert done.returncode == 1
    assert done.stderr == "Error: job 'no-such-job' does not exist\n"
