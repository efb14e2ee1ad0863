"""What a command job reads: every kind of input, from everywhere it may lie."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import Input, MLClient, Output, load_job
from azure.ai.ml.entities import (
    AccountKeyConfiguration,
    AzureBlobDatastore,
    Data,
    Environment,
    Model,
)
from azure.core.exceptions import HttpResponseError

from clients.azure_ai_ml.jobs_client import ended, failure, log, pointed_at, submit
from zafiro.testing import live
from zafiro.testing.live import Live

MLMODEL = (
    "flavors:\n  python_function: {loader_module: pear, python_version: '3.11'}\nrun_id: pear\n"
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that is a model of MLflow's, as far as its MLmodel file says."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text(MLMODEL)
    (folder / "weights.txt").write_text("heavy")
    return folder


def yaml(folder: Path, text: str) -> Path:
    """A command job's YAML file; `text` holds what is special about it."""
    path = folder / "job.yml"
    path.write_text(
        "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
        f"environment: azureml:plain:1\n{text}"
    )
    return path


def test_a_table_is_read_by_its_folder(ml: MLClient, run: Any, tmp_path: Path, fresh: str) -> None:
    table = tmp_path / "table"
    table.mkdir()
    (table / "MLTable").write_text("paths:\n- file: ./rows.csv\ntransformations: []\n")
    (table / "rows.csv").write_text("a,b\n1,2\n")
    ml.data.create_or_update(Data(name=fresh, type="mltable", path=str(table)))
    job = run(
        "cat ${{inputs.sent}}/MLTable ${{inputs.kept}}/rows.csv",
        inputs={
            "sent": Input(type="mltable", path=str(table)),
            "kept": Input(type="mltable", path=f"azureml:{fresh}@latest"),
        },
    )
    said = log(ml, job.name, tmp_path / "down")
    assert "transformations" in said and "1,2" in said


@pytest.mark.parametrize("type", ["custom_model", "mlflow_model"])
def test_a_registered_model_is_read_by_version_and_by_latest(
    ml: MLClient, run: Any, tmp_path: Path, fresh: str, model: Path, type: str
) -> None:
    ml.models.create_or_update(Model(name=fresh, version="1", path=str(model), type=type))
    (model / "weights.txt").write_text("heavier")
    ml.models.create_or_update(Model(name=fresh, version="2", path=str(model), type=type))
    job = run(
        "cat ${{inputs.one}}/weights.txt; echo; cat ${{inputs.latest}}/weights.txt",
        inputs={
            "one": Input(type=type, path=f"azureml:{fresh}:1"),
            "latest": Input(type=type, path=f"azureml:{fresh}@latest", mode="download"),
        },
    )
    assert log(ml, job.name, tmp_path / "down").splitlines()[-2:] == ["heavy", "heavier"]


def test_a_model_comes_from_the_outputs_and_artifacts_of_an_earlier_job(
    ml: MLClient, run: Any, tmp_path: Path
) -> None:
    first = run(
        "echo pear > ${{outputs.m}}/m.txt; mkdir -p outputs; echo plum > outputs/n.txt",
        outputs={"m": Output(type="custom_model")},
    )
    of = f"azureml://jobs/{first.name}/outputs"
    second = run(
        "cat ${{inputs.m}}/m.txt ${{inputs.a}}/n.txt ${{inputs.f}}",
        inputs={
            "m": Input(type="custom_model", path=f"{of}/m/paths/"),
            "a": Input(type="custom_model", path=f"{of}/artifacts/paths/outputs/"),
            "f": Input(type="uri_file", path=f"{of}/artifacts/paths/outputs/n.txt"),
        },
    )
    said = log(ml, second.name, tmp_path)
    assert said.splitlines()[-3:] == ["pear", "plum", "plum"]


def test_paths_of_datastores_are_read(
    ml: MLClient, run: Any, server: Live, tmp_path: Path, fresh: str
) -> None:
    account = ml.workspaces.get().storage_account.rsplit("/", 1)[-1]
    key = ml.workspaces.get_keys().user_storage_key
    ml.datastores.create_or_update(
        AzureBlobDatastore(
            name=fresh,
            account_name=account,
            container_name=fresh,
            credentials=AccountKeyConfiguration(account_key=key),
        )
    )
    folder = server.home / "storage" / account / fresh / "some" / "folder"
    folder.mkdir(parents=True)
    (folder / "x.csv").write_text("from the store")
    long = f"azureml://subscriptions/{ml.subscription_id}/resourcegroups/{ml.resource_group_name}"
    job = run(
        "cat ${{inputs.file}} ${{inputs.folder}}/x.csv ${{inputs.long}}",
        inputs={
            "file": Input(
                type="uri_file", path=f"azureml://datastores/{fresh}/paths/some/folder/x.csv"
            ),
            "folder": Input(
                type="uri_folder", path=f"azureml://datastores/{fresh}/paths/some/folder/"
            ),
            "long": Input(
                type="uri_file",
                path=f"{long}/workspaces/main/datastores/{fresh}/paths/some/folder/x.csv",
            ),
        },
    )
    assert log(ml, job.name, tmp_path / "down").endswith("from the store" * 3)


def test_what_an_optional_block_names_may_be_left_out(
    ml: MLClient, run: Any, tmp_path: Path
) -> None:
    job = run("echo x$[[ --lr ${{inputs.lr}}]]$[[ --n ${{inputs.n}}]]", inputs={"lr": 0.5})
    assert "x --lr 0.5\n" in log(ml, job.name, tmp_path)


def test_an_unknown_input_or_output_is_named_before_anything_runs(
    ml: MLClient, run: Any, tmp_path: Path
) -> None:
    with pytest.raises(Exception, match="nope"):
        run("echo ${{inputs.nope}}", inputs={"yes": 1}, wait=False)
    with pytest.raises(HttpResponseError, match="names no output of the job; its outputs are: o"):
        run("echo ${{outputs.nope}}", outputs={"o": Output()}, wait=False)
    with pytest.raises(HttpResponseError, match=r"environmentVariables\.X: .*inputs\.nope"):
        run("true", environment_variables={"X": "${{inputs.nope}}"}, wait=False)


def test_a_wrong_word_in_yaml_is_named(ml: MLClient, plain: Environment, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a")
    bad_type = "command: cat ${{inputs.d}}\ninputs: {d: {type: uri_flie, path: x.csv}}\n"
    with pytest.raises(Exception, match="uri_flie"):
        ml.jobs.create_or_update(load_job(yaml(tmp_path, bad_type)))
    bad_mode = (
        "command: cat ${{inputs.d}}\ninputs: {d: {type: uri_file, path: x.csv, mode: teleport}}\n"
    )
    with pytest.raises(Exception, match="teleport"):
        ml.jobs.create_or_update(load_job(yaml(tmp_path, bad_mode)))


def test_a_model_that_does_not_exist_is_named(ml: MLClient, run: Any, fresh: str) -> None:
    with pytest.raises(Exception, match=fresh):
        run("true", inputs={"m": Input(type="custom_model", path=f"azureml:{fresh}:1")}, wait=False)


def test_an_output_of_a_job_that_does_not_exist_is_named(
    ml: MLClient, run: Any, fresh: str
) -> None:
    path = f"azureml://jobs/{fresh}/outputs/o/paths/"
    with pytest.raises(HttpResponseError, match=fresh):
        run("true", inputs={"d": Input(type="uri_folder", path=path)}, wait=False)


def test_an_output_that_a_job_does_not_have_is_named(ml: MLClient, run: Any) -> None:
    first = run("true", outputs={"o": Output(type="uri_folder")})
    path = f"azureml://jobs/{first.name}/outputs/pear/paths/"
    with pytest.raises(HttpResponseError, match="no output 'pear'; it has o, artifacts"):
        run("true", inputs={"d": Input(type="uri_folder", path=path)}, wait=False)


# -- over https -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server that has a folder standing in for the Internet."""
    mirror = tmp_path_factory.mktemp("mirror")
    folder = mirror / "example.org" / "data"
    (folder / "many").mkdir(parents=True)
    (folder / "titanic.csv").write_text("name,survived\nRose,1\n")
    (folder / "many" / "a.txt").write_text("one of many")
    running = live.up(
        tmp_path_factory.mktemp("zafiro") / "home", settings={"url_mirror": str(mirror)}
    )
    yield running
    live.down(running.home)


@pytest.fixture
def mirrored(pointed: Live, cut_off: Live) -> Iterator[MLClient]:
    with pointed_at(cut_off) as ml:
        yield ml


def test_https_inputs_come_from_the_mirror_where_it_has_them(
    mirrored: MLClient, tmp_path: Path
) -> None:
    job = submit(
        mirrored,
        "cat ${{inputs.file}} ${{inputs.folder}}/a.txt; echo; echo ${{inputs.file}}",
        inputs={
            "file": Input(type="uri_file", path="https://example.org/data/titanic.csv"),
            "folder": Input(type="uri_folder", path="https://example.org/data/many/"),
        },
    )
    assert ended(mirrored, job.name).status == "Completed"
    said = log(mirrored, job.name, tmp_path)
    assert "Rose,1" in said and "one of many" in said
    assert said.rstrip().endswith("/titanic.csv")  # its suffix is kept: scripts look at it


def test_a_folder_over_https_says_that_it_cannot_be_listed(mirrored: MLClient) -> None:
    job = submit(
        mirrored,
        "ls ${{inputs.d}}",
        inputs={"d": Input(type="uri_folder", path="https://example.org/elsewhere/")},
    )
    said = failure(mirrored, job.name)
    assert "input 'd'" in said and "a folder cannot be fetched over https" in said
