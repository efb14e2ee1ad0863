"""How busy a job kept the machine, as MLflow's own client reads it from the job's run."""

import sys
import time
from typing import Any

import psutil
import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Environment
from mlflow import MlflowClient
from mlflow.entities import Metric

from clients.azure_ai_ml.jobs_client import ended, log, submit

_SPENT_S = 2  # processor seconds, whoever else wants the processor
_BUSY = f"import time; x = bytearray(200_000_000)\nwhile time.process_time() < {_SPENT_S}: pass"


def _histories(run: str, *, readings: int = 1, within_s: float = 20) -> dict[str, list[Metric]]:
    """Once there are that many. The last ones come after the job's end was told."""
    client, end = MlflowClient(), time.monotonic() + within_s
    while True:
        found = client.get_run(run).data.metrics
        keys = [key for key in found if key.startswith("system/")]
        histories = {key: client.get_metric_history(run, key) for key in keys}
        counts = [len(histories[key]) for key in keys if not key.startswith("system/job_")]
        if min(counts, default=0) >= readings or time.monotonic() > end:
            return histories
        time.sleep(0.05)


@pytest.fixture(scope="module")
def busy(ml: MLClient, plain: Environment) -> dict[str, list[Metric]]:
    """A job that spends two processor seconds and keeps 200 MB, read twice a second."""
    job = submit(
        ml,
        f'{sys.executable} -c "{_BUSY}"',
        environment=plain,
        environment_variables={"MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL": "0.5"},
    )
    assert ended(ml, job.name, within_s=150).status == "Completed"
    return _histories(job.name, readings=2)


def test_a_job_has_the_metrics_that_mlflow_draws(busy: dict[str, list[Metric]]) -> None:
    expected = {
        "cpu_utilization_percentage",
        "system_memory_usage_megabytes",
        "system_memory_usage_percentage",
        "disk_usage_percentage",
        "disk_usage_megabytes",
        "disk_available_megabytes",
        "network_receive_megabytes",
        "network_transmit_megabytes",
    }
    assert {f"system/{name}" for name in expected} <= busy.keys()
    for history in busy.values():
        assert [point.step for point in history] == sorted({point.step for point in history})
    assert len(busy["system/cpu_utilization_percentage"]) >= 2
    total = psutil.virtual_memory().total / 1e6
    assert 0 < busy["system/system_memory_usage_megabytes"][0].value < total


def test_what_the_jobs_own_processes_use_is_told_apart(busy: dict[str, list[Metric]]) -> None:
    readings = busy["system/job_cpu_utilization_percentage"]
    # Each is about the time since the one before, the first about its second.
    began = [readings[0].timestamp - 1000, *(point.timestamp for point in readings)]
    spans_s = [(p.timestamp - at) / 1000 for p, at in zip(readings, began, strict=False)]
    shares = [p.value / 100 * (psutil.cpu_count() or 1) for p in readings]
    spent_s = sum(share * span for share, span in zip(shares, spans_s, strict=True))
    assert _SPENT_S * 0.5 < spent_s < _SPENT_S * 1.5
    assert 200 < max(p.value for p in busy["system/job_memory_usage_megabytes"]) < 400
    assert busy["system/job_processes"][0].value >= 1


def test_a_job_of_a_moment_has_one_reading(run: Any) -> None:
    histories = _histories(run("true").name)
    assert len(histories["system/cpu_utilization_percentage"]) == 1
    assert len(histories["system/job_cpu_utilization_percentage"]) == 1


def test_a_job_that_says_no_has_none(run: Any) -> None:
    job = run("true", environment_variables={"MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING": "false"})
    assert _histories(job.name, within_s=0.5) == {}


def test_mlflows_own_system_metrics_have_their_names_to_themselves(
    ml: MLClient, run: Any, tmp_path: Any
) -> None:
    code = (
        "import mlflow, time; mlflow.set_system_metrics_sampling_interval(0.5)\n"
        "with mlflow.start_run(log_system_metrics=True): time.sleep(4)"
    )
    job = run(
        f"{sys.executable} -c '{code}'",
        environment_variables={"MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL": "1"},
        wait=False,
    )
    job = ended(ml, job.name, within_s=150)
    said = _histories(job.name)
    assert job.status == "Completed", log(ml, job.name, tmp_path)
    points = sorted(said["system/cpu_utilization_percentage"], key=lambda p: p.timestamp)
    steps = [point.step for point in points]
    # One after the other, not side by side. MLflow counts on from what it found when it began, and
    # the runner says one thing more before it sees that: so one step may be there twice.
    assert len(steps) >= 4 and steps == sorted(steps)
    assert len(steps) - len(set(steps)) <= 1
    assert len(said["system/job_cpu_utilization_percentage"]) >= 4
    ml.jobs.download(job.name, download_path=tmp_path, all=True)
    lifecycle = (tmp_path / "artifacts" / "system_logs" / "lifecycle.log").read_text()
    assert "the job's own code logs those of the machine" in lifecycle
