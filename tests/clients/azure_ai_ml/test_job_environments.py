"""What a command job runs in: every way to say so, built for real."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import MLClient, load_job
from azure.ai.ml.entities import BuildContext, Environment
from azure.core.exceptions import HttpResponseError

from clients.azure_ai_ml.jobs_client import ended, log, pointed_at, submit
from zafiro.testing import live
from zafiro.testing.live import Live

BASE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"


def conda(*pip: str) -> dict[str, Any]:
    packages = ["python=3.11", "pip", {"pip": list(pip)}]
    return {"name": "e", "channels": ["conda-forge"], "dependencies": packages}


def test_a_conda_file_beside_the_yaml_is_what_the_job_gets(ml: MLClient, tmp_path: Path) -> None:
    (tmp_path / "conda.yml").write_text(
        "name: pears\nchannels: [conda-forge]\ndependencies:\n- python=3.11\n- pip:\n  - six==1.16.0\n"
    )
    (tmp_path / "job.yml").write_text(
        "command: python -c 'import six, sys; print(six.__version__, sys.version_info[:2])'\n"
        f"environment:\n  image: {BASE}\n  conda_file: ./conda.yml\n"
    )
    job = ml.jobs.create_or_update(load_job(tmp_path / "job.yml"))
    assert ended(ml, job.name).status == "Completed"
    assert "1.16.0 (3, 11)" in log(ml, job.name, tmp_path / "down")


def test_a_build_context_is_what_the_job_gets(
    ml: MLClient, run: Any, fresh: str, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.11-slim\nENV ORCHARD=pears\nCOPY requirements.txt /tmp/\n"
        "RUN pip install --no-cache-dir -r /tmp/requirements.txt\n"
    )
    (tmp_path / "requirements.txt").write_text("six==1.16.0\n")
    made = ml.environments.create_or_update(
        Environment(name=fresh, build=BuildContext(path=str(tmp_path)))
    )
    job = run("python -c 'import six; print(six.__version__)'; echo $ORCHARD", environment=made)
    said = log(ml, job.name, tmp_path / "down")
    assert "1.16.0" in said and "pears" in said


def test_a_curated_environment_runs(ml: MLClient, run: Any, tmp_path: Path) -> None:
    light = "azureml://registries/azureml/environments/minimal-ubuntu22.04-py310-cpu/labels/latest"
    job = run("python --version", environment=light)
    assert job.status == "Completed"
    assert "Python 3." in log(ml, job.name, tmp_path)


@pytest.mark.parametrize(
    "reference",
    [
        "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
        "azureml://registries/azureml/environments/sklearn-1.5/versions/12",
        "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest",
        "azureml:AzureML-sklearn-1.5@latest",
    ],
)
def test_curated_environments_are_known_by_every_name_they_have(
    ml: MLClient, run: Any, reference: str
) -> None:
    job = run("true", environment=reference, wait=False)
    ml.jobs.begin_cancel(job.name).result()  # building it is not the point here
    assert ended(ml, job.name, 30).status in ("Canceled", "Completed")


def test_an_environment_of_a_registry_that_is_not_known_is_refused(ml: MLClient, run: Any) -> None:
    with pytest.raises(HttpResponseError, match=r"'pear-1\.0' of registry 'azureml'"):
        run(
            "true",
            environment="azureml://registries/azureml/environments/pear-1.0/labels/latest",
            wait=False,
        )


def test_an_image_that_cannot_be_had_is_said_in_the_log(
    ml: MLClient, run: Any, tmp_path: Path
) -> None:
    job = run("echo ran", environment=Environment(image="orchard.example/pears:3"))
    said = log(ml, job.name, tmp_path)
    assert "asked for image orchard.example/pears:3; there is no container engine" in said
    assert said.endswith("ran\n")


def test_two_jobs_that_need_the_same_environment_build_it_once(
    ml: MLClient, fresh: str, tmp_path: Path
) -> None:
    made = ml.environments.create_or_update(
        Environment(name=fresh, image=BASE, conda_file=conda("six==1.15.0", "iniconfig==2.0.0"))
    )
    jobs = [submit(ml, "python -c 'import six, iniconfig'", environment=made) for _ in range(2)]
    for job in jobs:
        assert ended(ml, job.name).status == "Completed"
    said = [log(ml, job.name, tmp_path / job.name) for job in jobs]
    assert sum("built in" in text for text in said) == 1


def test_mlflow_of_the_jobs_own_environment_reaches_tracking(
    ml: MLClient, run: Any, tmp_path: Path, pointed: Live
) -> None:
    import mlflow

    code = tmp_path / "code"
    code.mkdir()
    (code / "t.py").write_text(
        "import mlflow\n"
        "print('mlflow', mlflow.__version__)\n"
        "with mlflow.start_run() as run:\n"
        "    mlflow.log_metric('loss', 0.25)\n"
        "    mlflow.log_text('hello', 'note.txt')\n"
    )
    environment = Environment(image=BASE, conda_file=conda("mlflow-skinny>=3,<4"))
    job = run("python t.py", code=str(code), environment=environment)
    assert job.status == "Completed"
    assert "mlflow 3." in log(ml, job.name, tmp_path / "down")
    assert (tmp_path / "down" / "artifacts" / "note.txt").read_text() == "hello"
    mlflow.set_tracking_uri(pointed.variables["MLFLOW_TRACKING_URI"])
    assert mlflow.get_run(job.name).data.metrics["loss"] == 0.25


@pytest.fixture
def strict(pointed: Live, tmp_path: Path) -> Iterator[MLClient]:
    """A client of a server that is not content with less than the image."""
    running = live.up(tmp_path / "home", settings={"image_without_engine": "error"})
    with pointed_at(running) as ml:
        yield ml
    live.down(running.home)


def test_an_image_that_cannot_be_had_is_refused_where_that_is_wanted(strict: MLClient) -> None:
    with pytest.raises(HttpResponseError, match=r"needs a container engine.* orchard\.example"):
        submit(strict, "true", environment=Environment(image="orchard.example/pears:3"))
    assert list(strict.jobs.list()) == []
    assert submit(strict, "true").status in ("Queued", "Starting", "Preparing", "Running")
