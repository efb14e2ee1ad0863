"""The server and the runner are killed as a power cut would; nothing is lost, nothing lies."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from azure.ai.ml.exceptions import JobException

from clients.azure_ai_ml.jobs_client import ENDED, client, submit, until
from zafiro.testing import live
from zafiro.testing.live import Live


def log_of(server: Live, name: str) -> Path:
    (found,) = (server.home / "storage").glob(f"*/azureml/ExperimentRun/dcid.{name}/user_logs")
    return found / "std_log.txt"


def wait_for(path: Path, text: str, within_s: float = 30) -> None:
    end = time.monotonic() + within_s
    while not path.exists() or text not in path.read_text():
        assert time.monotonic() < end, f"'{text}' never came"
        time.sleep(0.05)


def test_a_job_outlives_the_kill_of_the_server(own: Live) -> None:
    ml = client()
    name = submit(ml, "for i in $(seq 1 40); do echo line $i; sleep 0.1; done").name
    until(ml, name, ("Running",), 60)
    wait_for(log_of(own, name), "line 5")
    own.kill()
    wait_for(log_of(own, name), "line 40")  # it goes on with nobody there
    back = live.up(own.home)
    os.environ.update(back.variables)
    ml = client()
    assert until(ml, name, ENDED, 30).status == "Completed"
    lines = [f"line {i}" for i in range(1, 41)]
    assert log_of(own, name).read_text().split("\n")[-41:-1] == lines  # whole, and none twice


def test_a_job_that_waited_when_the_server_was_killed_still_runs(own: Live) -> None:
    ml = client()
    names = [submit(ml, f"sleep 1; echo job {n}").name for n in range(4)]
    own.kill()
    back = live.up(own.home)
    os.environ.update(back.variables)
    ml = client()
    assert {until(ml, name, ENDED, 90).status for name in names} == {"Completed"}


def test_a_job_whose_runner_is_killed_fails_with_a_reason(own: Live) -> None:
    ml = client()
    name = submit(ml, "echo begun; sleep 300").name
    until(ml, name, ("Running",), 60)
    wait_for(log_of(own, name), "begun")
    (record,) = (own.home / "jobs").glob(f"*/{name}/runner.json")
    os.kill(json.loads(record.read_text())["pid"], signal.SIGKILL)
    assert until(ml, name, ENDED, 30).status == "Failed"
    with pytest.raises(JobException, match="ended without a word during 'running'"):
        ml.jobs.stream(name)


def test_a_second_server_on_the_same_home_is_refused(own: Live) -> None:
    with pytest.raises(RuntimeError, match=r"runs on .* already"):
        live.up(own.home)


def test_everything_is_there_after_a_restart(own: Live) -> None:
    ml = client()
    name = submit(ml, "echo kept").name
    until(ml, name, ENDED, 60)
    guid = ml.workspaces.get("main").discovery_url.rsplit("/", 1)[-1]
    live.down(own.home)
    back = live.up(own.home)
    os.environ.update(back.variables)
    ml = client()
    assert ml.jobs.get(name).status == "Completed"
    assert ml.workspaces.get("main").discovery_url.rsplit("/", 1)[-1] == guid
    assert ml.environments.get("plain", version="1").image == "library/python:3.11-slim"
