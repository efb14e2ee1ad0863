"""azureml-core's runs against a real server."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import mlflow
from azure.ai.ml import MLClient

from clients.azure_ai_ml.conftest import ml, pointed
from clients.azure_ai_ml.jobs_client import ended, submit, until
from zafiro.testing.live import Live

__all__ = ["ml", "pointed"]

Drive = Callable[..., Any]


def test_an_interactive_run_is_kept_whole(drive: Drive, server: Live) -> None:
    name = f"e{uuid.uuid4().hex[:8]}"
    found = drive("interactive.py", EXPERIMENT=name)
    assert found["status"] == "Completed" and found["acc"] == {"acc": [0.5, 0.75, 0.75]}
    metrics = {key: value for key, value in found["metrics"].items() if key != "cm"}
    assert metrics == {
        "acc": "[0.5, 0.75, 0.75]",
        "n": "3",
        "stepped": "1.5",
        "nan": "nan",
        "l": "[1, 2, 3]",
        "tab": "{'x': [1, 2], 'y': [0.5, 1.5]}",
        "row": "{'a': [1, 2], 'b': ['x', 'y']}",
    }
    assert found["metrics"]["cm"].endswith(f"/dcid.{found['id']}/cm'")
    assert found["tags"] == {"k": "v"} and found["properties"]["p"] == "1"
    assert found["files"] == ["cm", "dir/a.txt", "dir/sub/b.txt", "outputs/a.txt"]
    assert found["down"] == "up/a.txt" and found["downs"] == ["a.txt", "sub"]
    assert (found["children"], found["all below"], found["made"]) == (3, 4, 2)
    for asked in ("by tag", "has tag", "by property"):
        assert found[asked] == [found["id"]]
    assert found["failed"] == ["Failed", "X"] and name in found["experiments"]


def test_a_jobs_context_logs_to_the_job_and_is_cancelled_with_it(
    drive: Drive, ml: MLClient, server: Live
) -> None:
    job = submit(ml, "env | grep ^AZUREML_; echo that is all; sleep 200")
    until(ml, job.name, ("Running",))
    found = drive("in_a_job.py", **variables(server, job.name))
    assert found["metrics"] == {"acc": 0.5, "l": [1, 2]}
    assert found["files"] == ["outputs/x.txt"] and found["children"] == [True]
    assert found["token"] and found["status"] == "Running"  # only the job ends the job
    assert mlflow.MlflowClient().get_run(job.name).data.metrics["acc"] == 0.5
    assert drive("cancelling.py", RUN=job.name) == "Canceled"
    assert ended(ml, job.name).status == "Canceled"


def variables(server: Live, job: str) -> dict[str, str]:
    """What Azure's clients find in the environment of that running job, by its log."""
    end = time.monotonic() + 30
    while True:
        logs = server.home.glob(f"storage/*/azureml/ExperimentRun/dcid.{job}/user_logs/*.txt")
        text = "".join(log.read_text() for log in logs)
        if "that is all" in text:
            lines = [line for line in text.splitlines() if line.startswith("AZUREML_")]
            return dict(line.split("=", 1) for line in lines)
        assert time.monotonic() < end, text
        time.sleep(0.05)
