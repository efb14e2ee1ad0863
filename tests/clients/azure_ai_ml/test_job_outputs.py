"""What a command job leaves behind: outputs of every kind, and what becomes of those with a name."""

from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import Input, MLClient, Output
from azure.ai.ml.entities import AccountKeyConfiguration, AzureBlobDatastore, Model

from clients.azure_ai_ml.jobs_client import failure, log
from zafiro.testing.live import Live

SAVE = (
    "printf 'flavors:\\n  python_function: {loader_module: pear}\\nrun_id: x\\n' "
    "> ${{outputs.m}}/MLmodel; echo heavy > ${{outputs.m}}/weights.txt"
)


def test_a_named_mlflow_model_becomes_a_model_with_its_flavors(
    ml: MLClient, run: Any, fresh: str, tmp_path: Path
) -> None:
    job = run(SAVE, outputs={"m": Output(type="mlflow_model", name=fresh)})
    assert job.status == "Completed"
    kept = ml.models.get(fresh, version="1")
    assert (kept.type, kept.flavors) == (
        "mlflow_model",
        {"python_function": {"loader_module": "pear"}},
    )
    assert kept.job_name == job.name
    ml.models.download(fresh, "1", tmp_path / "model")
    (weights,) = (tmp_path / "model").rglob("weights.txt")
    assert weights.read_text() == "heavy\n"


def test_a_model_output_is_downloaded_like_any_other(
    ml: MLClient, run: Any, fresh: str, tmp_path: Path
) -> None:
    job = run(
        f"{SAVE}; echo pear > ${{{{outputs.c}}}}/pear.txt",
        outputs={
            "m": Output(type="mlflow_model"),
            "c": Output(type="custom_model", name=fresh, version="7"),
        },
    )
    assert ml.models.get(fresh, version="7").type == "custom_model"
    ml.jobs.download(job.name, download_path=tmp_path, all=True)
    outputs = tmp_path / "named-outputs"
    assert (outputs / "m" / "weights.txt").read_text() == "heavy\n"
    assert (outputs / "c" / "pear.txt").read_text() == "pear\n"


def test_a_model_is_registered_from_a_jobs_output_and_comes_back(
    ml: MLClient, run: Any, fresh: str, tmp_path: Path
) -> None:
    job = run(SAVE, outputs={"m": Output(type="mlflow_model")})
    path = f"azureml://jobs/{job.name}/outputs/m/paths/"
    made = ml.models.create_or_update(Model(name=fresh, path=path, type="mlflow_model"))
    assert set(made.flavors) == {"python_function"}
    ml.models.download(fresh, made.version, tmp_path)
    assert {p.name for p in tmp_path.rglob("*") if p.is_file()} == {"MLmodel", "weights.txt"}


def test_a_named_table_becomes_an_asset(ml: MLClient, run: Any, fresh: str, tmp_path: Path) -> None:
    write = "printf 'paths: [{file: ./r.csv}]\\n' > ${{outputs.t}}/MLTable; echo 1 > ${{outputs.t}}/r.csv"
    assert run(write, outputs={"t": Output(type="mltable", name=fresh)}).status == "Completed"
    assert ml.data.get(fresh, version="1").type == "mltable"
    read = run(
        "cat ${{inputs.t}}/r.csv",
        inputs={"t": Input(type="mltable", path=f"azureml:{fresh}:1")},
    )
    assert log(ml, read.name, tmp_path).endswith("1\n")


def test_an_output_goes_to_the_path_of_a_datastore_it_names(
    ml: MLClient, run: Any, server: Live, fresh: str, tmp_path: Path
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
    outputs = {
        "a": Output(type="uri_folder", path=f"azureml://datastores/{fresh}/paths/here/"),
        "b": Output(
            type="uri_folder",
            mode="upload",
            path=f"azureml://datastores/{fresh}/paths/${{{{name}}}}/${{{{output_name}}}}/",
        ),
    }
    job = run("echo 1 > ${{outputs.a}}/x; echo 2 > ${{outputs.b}}/x", outputs=outputs)
    assert job.status == "Completed"
    container = server.home / "storage" / account / fresh
    assert (container / "here" / "x").read_text() == "1\n"
    assert (container / job.name / "b" / "x").read_text() == "2\n"
    ml.jobs.download(job.name, output_name="a", download_path=tmp_path)
    assert (tmp_path / "named-outputs" / "a" / "x").read_text() == "1\n"


@pytest.mark.parametrize("mode", ["rw_mount", "upload"])
def test_outputs_and_jobs_that_share_a_place_add_to_it(
    ml: MLClient, run: Any, server: Live, fresh: str, tmp_path: Path, mode: str
) -> None:
    path = f"azureml://datastores/workspaceblobstore/paths/{fresh}/"
    outputs = {n: Output(type="uri_folder", path=path, mode=mode) for n in ("a", "b")}
    write = "echo {0} > ${{{{outputs.a}}}}/{0}; echo {0} > ${{{{outputs.b}}}}/{0}b"
    for n in (1, 2):
        assert run(write.format(n), outputs=outputs).status == "Completed"
    (folder,) = (server.home / "storage").glob(f"*/*/{fresh}")
    assert {p.name for p in folder.iterdir()} == {"1", "1b", "2", "2b"}


@pytest.mark.parametrize("mode", ["rw_mount", "upload"])
@pytest.mark.parametrize("type", ["uri_folder", "uri_file", "custom_model"])
def test_a_named_output_that_was_not_written_fails_the_job(
    ml: MLClient, run: Any, fresh: str, mode: str, type: str
) -> None:
    job = run("true", outputs={"o": Output(type=type, name=fresh, mode=mode)}, wait=False)
    said = failure(ml, job.name)
    assert "outputs.o" in said and "wrote nothing there" in said
    assets = ml.models if type == "custom_model" else ml.data
    assert fresh not in {asset.name for asset in assets.list()}


def test_a_named_mlflow_model_without_an_mlmodel_file_fails_the_job(
    ml: MLClient, run: Any, fresh: str
) -> None:
    job = run(
        "echo x > ${{outputs.m}}/weights.txt",
        outputs={"m": Output(type="mlflow_model", name=fresh)},
        wait=False,
    )
    assert "there is no MLmodel file" in failure(ml, job.name)


def test_an_output_nobody_named_may_stay_empty(ml: MLClient, run: Any) -> None:
    assert run("true", outputs={"o": Output(type="uri_folder")}).status == "Completed"


def test_a_failed_job_registers_nothing_and_keeps_what_it_wrote(
    ml: MLClient, run: Any, fresh: str, tmp_path: Path
) -> None:
    job = run(
        "echo half > ${{outputs.o}}/x; exit 3",
        outputs={"o": Output(type="uri_folder", name=fresh)},
    )
    assert job.status == "Failed"
    assert fresh not in {d.name for d in ml.data.list()}
    ml.jobs.download(job.name, output_name="o", download_path=tmp_path)
    assert (tmp_path / "named-outputs" / "o" / "x").read_text() == "half\n"


def test_a_version_that_is_taken_fails_the_job_and_says_so(
    ml: MLClient, run: Any, fresh: str
) -> None:
    outputs = {"o": Output(type="uri_folder", name=fresh, version="1")}
    assert run("echo 1 > ${{outputs.o}}/x", outputs=outputs).status == "Completed"
    second = run("echo 2 > ${{outputs.o}}/x", outputs=outputs, wait=False)
    said = failure(ml, second.name)
    assert "could not be registered" in said and fresh in said
