"""Traces that a job makes, seen from outside."""

from pathlib import Path
from typing import Any

import mlflow
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Environment

from clients.azure_ai_ml.jobs_client import log
from zafiro.testing.live import Live


def test_a_job_traces_into_its_own_run(
    ml: MLClient, run: Any, tmp_path: Path, pointed: Live
) -> None:
    (tmp_path / "t.py").write_text(
        "import mlflow\n"
        "@mlflow.trace\n"
        "def inner(n):\n"
        "    return n + 1\n"
        "@mlflow.trace\n"
        "def outer(n):\n"
        "    return inner(n) * 2\n"
        "with mlflow.start_run():\n"
        "    outer(20)\n"
        "mlflow.flush_trace_async_logging()\n"
    )
    own = {"dependencies": ["python=3.11", "pip", {"pip": ["mlflow-skinny>=3,<4"]}]}
    environment = Environment(image="mcr.microsoft.com/azureml/base", conda_file=own)
    job = run("python t.py", code=str(tmp_path), environment=environment)
    assert job.status == "Completed", log(ml, job.name, tmp_path / "down")
    mlflow.set_tracking_uri(pointed.variables["MLFLOW_TRACKING_URI"])
    where = mlflow.get_run(job.name).info.experiment_id
    (trace,) = mlflow.search_traces(locations=[where], run_id=job.name, return_type="list")
    assert [(span.name, span.outputs) for span in trace.data.spans] == [
        ("outer", 42),
        ("inner", 21),
    ]
