import pytest

from zafiro.core.settings import Settings
from zafiro.environments.service import is_curated, resolve

PLAIN = Settings()
STRICT = Settings(image_without_engine="error")
OPENMPI = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
CONDA = (
    "name: mine\ndependencies: [python=3.9, numpy=1.21, {pip: [azureml-mlflow, azureml-defaults]}]"
)

# Names of the public examples, most frequent first.
CURATED = [
    "azureml://registries/azureml/environments/sklearn-1.5/labels/latest",
    "azureml://registries/azureml/environments/sklearn-1.5/versions/1",
    "azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest",
    "azureml:AzureML-tensorflow-2.16-cuda12@latest",
    "azureml:AzureML-acpt-pytorch-2.8-cuda12.6@latest",
    "azureml:AzureML-sklearn-1.5@latest",
    "azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest",
    "AzureML-sklearn-0.24-ubuntu18.04-py37-cpu:9",
    "azureml:AzureML-lightgbm-3.3@latest",
    "azureml:AzureML-lightgbm-3.2-ubuntu18.04-py37-cpu:12",
    "azureml://registries/azureml/environments/responsibleai-tabular/versions/28",
    "azureml:AzureML-AutoML@prod",
    "azureml:AzureML-minimal-ubuntu18.04-py37-cpu-inference@latest",
    "mcr.microsoft.com/azureml/curated/tensorflow-2.12-cuda11:latest",
    "azureml://registries/azureml/environments/python-sdk-v2/versions/4",
]


@pytest.mark.parametrize("reference", CURATED)
def test_public_curated_names_are_known_and_list_open_packages_only(reference: str) -> None:
    recipe = resolve(reference, settings=STRICT)
    assert recipe["failure"] is None
    assert recipe["requirements"] or "minimal" in reference
    closed = ("azureml", "mltable", "azure-ml-component", "inference-schema")
    assert not [line for line in recipe["requirements"] if line.startswith(closed)]
    assert is_curated(reference)


def test_the_most_used_environment_is_what_its_name_says() -> None:
    recipe = resolve(CURATED[0], settings=PLAIN)
    assert recipe["name"] == "sklearn-1.5"
    assert recipe["python"] == "3.10"
    assert {"scikit-learn==1.5.*", "mlflow<3", "numpy<2"} <= set(recipe["requirements"])
    assert recipe["additions"] == []


def test_a_python_in_the_name_counts() -> None:
    recipe = resolve("azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu@latest", settings=PLAIN)
    assert (recipe["python"], recipe["requirements"][0]) == ("3.8", "scikit-learn==1.0.*")


@pytest.mark.parametrize(
    ("image", "python", "requirements"),
    [
        (OPENMPI, "3.10", []),
        ("library/python:latest", None, []),
        ("docker.io/python", None, []),
        ("library/python:3.11.6", "3.11", []),
        ("python:3.10-slim@sha256:0123", "3.10", []),
        ("mcr.microsoft.com/azureml/minimal-py312-inference:latest", "3.12", []),
        ("pytorch/pytorch:2.1.0-cuda12.1-runtime", None, ["torch==2.1.0", "torchvision"]),
    ],
)
def test_well_known_images_have_a_stand_in(
    image: str, python: str | None, requirements: list[str]
) -> None:
    recipe = resolve({"image": image}, settings=STRICT)
    assert recipe["failure"] is None
    assert (recipe["python"], recipe["requirements"]) == (python, requirements)
    assert recipe["additions"] == ["mlflow-skinny<3"]


def test_an_unknown_image_is_plain_with_a_note_or_an_error_as_set() -> None:
    definition = {"image": "example.azurecr.io/team/train:7"}
    plain = resolve(definition, settings=PLAIN)
    assert plain["failure"] is None
    assert any("asked for image example.azurecr.io/team/train:7" in note for note in plain["notes"])
    strict = resolve(definition, settings=STRICT)["failure"]
    assert "needs a container engine" in strict
    assert "example.azurecr.io/team/train:7" in strict


def test_an_image_that_is_not_python_fails_either_way() -> None:
    for definition in (
        {"image": "rocker/tidyverse:4.0.0"},
        {"image": "docker.io/tensorflow/serving:latest", "inferenceConfig": {}},
        {
            "image": "example.azurecr.io/server:1",
            "inferenceConfig": {"scoringRoute": {"path": "/"}},
        },
    ):
        failure = resolve(definition, settings=PLAIN)["failure"]
        assert definition["image"] in failure
        assert "container engine" in failure


def test_an_image_with_conda_is_the_conda_environment() -> None:
    recipe = resolve({"image": OPENMPI, "condaFile": CONDA}, settings=STRICT)
    assert recipe["failure"] is None
    assert (recipe["name"], recipe["python"]) == ("mine", "3.9")
    assert recipe["requirements"] == ["numpy==1.21.*", "azureml-mlflow", "azureml-defaults"]
    assert recipe["additions"] == []  # azureml-mlflow brings mlflow


def test_a_build_context_is_read() -> None:
    files = {
        "docker/Dockerfile": f"FROM {OPENMPI}\nCOPY r.txt /r.txt\nRUN pip install -r /r.txt",
        "r.txt": "six==1.16.0",
    }
    definition = {"build": {"contextUri": "https://x/y/", "dockerfilePath": "docker/Dockerfile"}}
    recipe = resolve(definition, settings=STRICT, read=files.get, files="/context")
    assert (recipe["requirements"], recipe["files"]) == (["six==1.16.0"], "/context")
    assert "no readable file" in resolve(definition, settings=PLAIN)["failure"]


def test_a_path_out_of_the_build_context_is_never_read() -> None:
    asked: list[str] = []

    def read(path: str) -> str | None:
        asked.append(path)
        return None

    for path in ("../../etc/passwd", "/etc/passwd", "a/../../b"):
        definition = {"build": {"contextUri": "https://x/y/", "dockerfilePath": path}}
        assert resolve(definition, settings=PLAIN, read=read)["failure"]
    conda = {"condaFile": "dependencies: [{pip: ['-r ../../etc/passwd']}]"}
    assert resolve(conda, settings=PLAIN, read=read)["failure"]
    assert asked == []


def test_a_step_for_a_container_is_a_note_or_an_error_as_set() -> None:
    files = {"Dockerfile": "FROM python:3.10\nRUN apt-get install -y ffmpeg"}
    definition = {"build": {"contextUri": "https://x/y/"}}
    plain = resolve(definition, settings=PLAIN, read=files.get)
    assert any("apt-get install -y ffmpeg" in note for note in plain["notes"])
    strict = resolve(definition, settings=STRICT, read=files.get)
    assert "step 'RUN apt-get install -y ffmpeg'" in strict["failure"]


def test_a_bad_requirement_is_a_failure_that_names_it() -> None:
    bad = {"image": OPENMPI, "condaFile": "name: e\ndependencies: [{pip: ['pandas=>1']}]"}
    assert "'pandas=>1'" in resolve(bad, settings=PLAIN)["failure"]


@pytest.mark.parametrize(
    "reference",
    [
        "azureml:my-env:1",
        "azureml:AzureML-nobody-knows-1@latest",
        "azureml://registries/other/environments/sklearn-1.5/versions/1",
        "azureml://registries/azureml/environments/nobody-knows/versions/1",
    ],
)
def test_what_is_not_known_is_a_failure_and_not_a_guess(reference: str) -> None:
    assert resolve(reference, settings=PLAIN)["failure"]
    assert not is_curated(reference)


def test_windows_is_not_supported() -> None:
    failure = resolve({"osType": "Windows", "image": OPENMPI}, settings=PLAIN)["failure"]
    assert "Windows" in failure


def test_the_hash_follows_what_gets_installed_and_nothing_else() -> None:
    def hash(**changed: object) -> str:
        return resolve({"image": OPENMPI, "condaFile": CONDA, **changed}, settings=PLAIN)["hash"]

    again = "name: other\nchannels: [x]\ndependencies: [{pip: [azureml-defaults, azureml-mlflow]}, numpy=1.21, python=3.9]"
    assert hash() == hash(condaFile=again) == hash(tags={"a": "b"})
    assert hash() != hash(condaFile=CONDA.replace("1.21", "1.22"))
    assert hash() != hash(condaFile=CONDA.replace("3.9", "3.10"))


def test_nothing_asked_is_a_plain_environment_that_can_log() -> None:
    recipe = resolve(None, settings=PLAIN)
    assert (recipe["python"], recipe["requirements"]) == (None, [])
    assert recipe["additions"] == ["mlflow-skinny<3"]
