"""Other MLflow clients and frameworks, each in an environment of its own, against a real server."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient

from clients import own_environment
from zafiro.testing import live
from zafiro.testing.live import Live

_SCRIPTS = Path(__file__).parent / "matrix"
_WRITERS, _PROCESSES, _POINTS = 100, 2, 5
# The version that is pinned has a build without CUDA, where pip is told of one.
_FRAMEWORKS = (
    f"mlflow-skinny=={mlflow.__version__}",
    "torch==2.13.0",
    "pytorch-lightning>=2.5,<3",
    "lightgbm>=4.5,<5",
    "scikit-learn>=1.5",
    "matplotlib>=3.9",
    "pandas>=2.2,<3",
)
_MLFLOW_2 = ("mlflow-skinny==2.22.*", "scikit-learn>=1.5", "pandas>=2.2,<3", "setuptools<81")


def _started(python: Path | str, server: Live, script: str, *arguments: str) -> Any:
    """A script under the variables that `zafiro env` prints, and nothing else of MLflow's."""
    quiet = {"MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    # MLflow 3.17 loads no pickled model unless told to; Lightning's can be kept in no other way.
    quiet["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "true"
    return subprocess.Popen(
        [str(python), str(_SCRIPTS / script), *arguments],
        env={**live.clean(os.environ), **server.variables, **quiet},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _said(process: Any) -> Any:
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err[-3000:]
    return json.loads(out.splitlines()[-1])


@pytest.fixture
def client(server: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowClient]:
    """The client of the tests' own environment at the same server."""
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)
    mlflow.set_tracking_uri(None)
    yield MlflowClient(server.variables["MLFLOW_TRACKING_URI"])
    mlflow.set_tracking_uri(None)


@pytest.fixture(scope="module")
def trained(server: Live) -> dict[str, Any]:
    """Both at once: most of it is the frameworks' import."""
    python = own_environment.python(*_FRAMEWORKS)
    started = {kind: _started(python, server, "train.py", kind) for kind in ("lightgbm", "pytorch")}
    return {kind: _said(process) for kind, process in started.items()}


def test_lightgbm_is_logged_by_itself_and_its_model_loads(
    trained: dict[str, Any], client: MlflowClient
) -> None:
    said = trained["lightgbm"]
    assert said["same"]
    found = client.get_run(said["run"])
    assert found.info.status == "FINISHED"
    assert found.data.params["num_leaves"] == "4"
    history = client.get_metric_history(said["run"], "training-binary_logloss")
    assert [point.step for point in history] == [0, 1, 2, 3, 4]
    assert history[-1].value < history[0].value
    assert "feature_importance_split.png" in {a.path for a in client.list_artifacts(said["run"])}
    assert client.get_logged_model(said["model"]).source_run_id == said["run"]


def test_lightning_is_logged_by_itself_and_its_model_loads(
    trained: dict[str, Any], client: MlflowClient
) -> None:
    said = trained["pytorch"]
    assert said["same"]
    found = client.get_run(said["run"])
    assert found.data.params["optimizer_name"] == "SGD"
    history = client.get_metric_history(said["run"], "train_loss")
    assert len(history) == 3 and history[-1].value < history[0].value
    assert client.get_logged_model(said["model"]).status == "READY"


def test_an_mlflow_2_client_drives_the_same_server(server: Live, client: MlflowClient) -> None:
    said = _said(_started(own_environment.python(*_MLFLOW_2), server, "mlflow2.py"))
    assert said.pop("version").startswith("2.22.")
    run = said.pop("run")
    assert said == {
        "status": "FINISHED",
        "params": {"lr": "0.1", "depth": "3", "p": "x"},
        "team": "red",
        "metrics": 901,
        "history": [[step, 1 / (step + 1)] for step in range(5)],
        "below": ["child"],
        "parent of grandchild": True,
        "ordered": ["grandchild", "child"],
        "text": "hello",
        "predicts the same": True,
        "lifecycle": ["deleted", "active"],
    }
    # What the old client wrote, the new one reads.
    found = client.get_run(run)
    assert found.data.tags["mlflow.note.content"] == "by an old client"
    assert found.data.metrics["m899"] == 899
    assert "model" in {artifact.path for artifact in client.list_artifacts(run)}


def test_of_a_hundred_writers_every_point_is_there_once(server: Live, client: MlflowClient) -> None:
    run = client.create_run(client.create_experiment(f"writers-{os.getpid()}")).info.run_id
    each = _WRITERS // _PROCESSES
    writing = [
        _started(sys.executable, server, "write.py", run, str(first), str(each), str(_POINTS))
        for first in range(0, _WRITERS, each)
    ]
    for process in writing:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
    for process in writing:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in writing:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0 and out == "done\n", err[-3000:]
    shared = client.get_metric_history(run, "shared")
    assert sorted((p.step, p.value) for p in shared) == [(n, n) for n in range(_WRITERS * _POINTS)]
    assert len(client.get_run(run).data.metrics) == _WRITERS + 1
    for writer in (0, each, _WRITERS - 1):
        own = client.get_metric_history(run, f"writer-{writer}")
        assert [(p.step, p.value) for p in own] == [(n, n) for n in range(_POINTS)]
