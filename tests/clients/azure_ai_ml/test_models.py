from pathlib import Path

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Model
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from zafiro.testing.live import Live

WEB = "https://example.org/model"


def test_models_count_and_are_listed_newest_first(ml: MLClient, fresh: str) -> None:
    for n in range(2):
        ml.models.create_or_update(Model(name=fresh, path=f"{WEB}{n}", type="custom_model"))
    assert [m.version for m in ml.models.list(fresh)] == ["2", "1"]
    assert ml.models.get(fresh, label="latest").version == "2"
    (shown,) = [m for m in ml.models.list() if m.name == fresh]
    assert shown.latest_version == "2"


def test_models_are_found_by_stage_and_keep_it_when_archived(ml: MLClient, fresh: str) -> None:
    for version, stage in (("1", "Production"), ("2", "Development")):
        ml.models.create_or_update(
            Model(name=fresh, version=version, path=WEB, type="custom_model", stage=stage)
        )
    assert [m.version for m in ml.models.list(fresh, stage="Production")] == ["1"]
    ml.models.archive(fresh, version="1")
    ml.models.restore(fresh, version="1")
    assert ml.models.get(fresh, "1").stage == "Production"


def test_the_path_of_a_model_never_changes(ml: MLClient, fresh: str) -> None:
    ml.models.create_or_update(Model(name=fresh, version="1", path=WEB, type="custom_model"))
    with pytest.raises(HttpResponseError, match="Asset paths cannot be updated"):
        ml.models.create_or_update(Model(name=fresh, version="1", path="https://x.org/y"))


def test_the_output_of_a_job_nobody_knows_is_refused(ml: MLClient, fresh: str) -> None:
    unknown = "azureml://jobs/no-such-job/outputs/model/paths/"
    with pytest.raises(HttpResponseError, match="job 'no-such-job' has no output 'model'"):
        ml.models.create_or_update(Model(name=fresh, version="1", path=unknown))


def test_a_missing_model_is_not_found(ml: MLClient, fresh: str) -> None:
    with pytest.raises(ResourceNotFoundError, match=f"model '{fresh}:1' does not exist"):
        ml.models.get(fresh, "1")


def test_a_file_comes_back_as_it_was(ml: MLClient, fresh: str, tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(fresh.encode())
    made = ml.models.create_or_update(Model(name=fresh, path=str(tmp_path / "model.pkl")))
    assert (made.type, made.version) == ("custom_model", "1")
    ml.models.download(fresh, "1", tmp_path / "back")
    assert (tmp_path / "back" / fresh / "model.pkl").read_bytes() == fresh.encode()


def test_a_folder_comes_back_as_it_was(ml: MLClient, fresh: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "weights").mkdir(parents=True)
    (folder / "weights" / "w.bin").write_bytes(bytes(range(256)) + fresh.encode())
    ml.models.create_or_update(Model(name=fresh, path=str(folder), type="custom_model"))
    ml.models.download(fresh, "1", tmp_path / "back")
    back = tmp_path / "back" / fresh / "model" / "weights" / "w.bin"
    assert back.read_bytes() == bytes(range(256)) + fresh.encode()


def test_an_mlflow_model_shows_the_flavors_of_its_file(
    ml: MLClient, fresh: str, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text(
        f"flavors:\n  python_function: {{loader_module: mlflow.sklearn, python_version: '3.11'}}\n"
        f"  sklearn: {{pickled_model: model.pkl}}\nrun_id: {fresh}\n"
    )
    (folder / "model.pkl").write_bytes(b"x")
    ml.models.create_or_update(Model(name=fresh, path=str(folder), type="mlflow_model"))
    got = ml.models.get(fresh, "1")
    assert got.flavors["python_function"]["loader_module"] == "mlflow.sklearn"
    assert got.flavors["sklearn"] == {"pickled_model": "model.pkl"}
    ml.models.archive(fresh, version="1")
    assert set(ml.models.get(fresh, "1").flavors) == {"python_function", "sklearn"}


def test_a_folder_without_an_mlmodel_file_is_no_mlflow_model(
    ml: MLClient, fresh: str, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.pkl").write_text(fresh)
    with pytest.raises(HttpResponseError, match="there is no MLmodel file"):
        ml.models.create_or_update(Model(name=fresh, path=str(folder), type="mlflow_model"))


@pytest.mark.parametrize(
    "form", ["azureml://jobs/{run}/outputs/artifacts/paths/model", "runs:/{run}/model"]
)
def test_a_model_of_a_run_is_registered_where_its_artifacts_lie(
    ml: MLClient, server: Live, fresh: str, tmp_path: Path, form: str
) -> None:
    account = ml.workspaces.get().storage_account.rsplit("/", 1)[-1]
    artifacts = server.home / "storage" / account / "azureml" / f"ExperimentRun/dcid.{fresh}"
    (artifacts / "model").mkdir(parents=True)
    (artifacts / "model" / "model.pkl").write_text("learnt")
    ml.models.create_or_update(Model(name=fresh, path=form.format(run=fresh)))
    got = ml.models.get(fresh, "1")
    end = f"/datastores/workspaceartifactstore/paths/ExperimentRun/dcid.{fresh}/model"
    assert got.path.startswith("azureml://subscriptions/") and got.path.endswith(end)
    ml.models.download(fresh, "1", tmp_path / "back")
    assert (tmp_path / "back" / fresh / "model" / "model.pkl").read_text() == "learnt"


def test_a_model_whose_bytes_are_missing_is_refused(ml: MLClient, fresh: str) -> None:
    with pytest.raises(HttpResponseError, match="modelUri: there is nothing at"):
        ml.models.create_or_update(Model(name=fresh, path=f"runs:/{fresh}/model"))
