"""One registry, two clients: what MLflow registers azure-ai-ml reads, and the reverse."""

from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Model
from azure.core.exceptions import ResourceNotFoundError
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression

from zafiro.testing.live import Live


@pytest.fixture
def tracking(pointed: Live) -> Iterator[MlflowClient]:
    mlflow.set_tracking_uri(pointed.variables["MLFLOW_TRACKING_URI"])
    yield MlflowClient()
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(None)


def line() -> LinearRegression:
    return LinearRegression().fit(np.array([[0.0], [1.0]]), np.array([0.0, 2.0]))


def test_what_mlflow_registers_azure_ai_ml_lists_downloads_and_archives(
    ml: MLClient, tracking: MlflowClient, fresh: str, tmp_path: Path
) -> None:
    with mlflow.start_run() as run:
        mlflow.sklearn.log_model(
            line(), name="line", registered_model_name=fresh, pip_requirements=[]
        )
    tracking.set_model_version_tag(fresh, "1", "team", "a")
    tracking.update_model_version(fresh, "1", "made by MLflow")
    assert fresh in [model.name for model in ml.models.list()]
    got = ml.models.get(fresh, "1")
    assert (got.type, got.description, got.tags) == (
        "mlflow_model",
        "made by MLflow",
        {"team": "a"},
    )
    assert got.job_name == run.info.run_id and "sklearn" in got.flavors
    ml.models.download(fresh, "1", tmp_path)
    assert list(tmp_path.rglob("MLmodel"))
    ml.models.archive(fresh)
    assert tracking.search_registered_models(f"name = '{fresh}'") == []
    ml.models.restore(fresh)
    assert [one.name for one in tracking.search_registered_models(f"name = '{fresh}'")] == [fresh]


def test_what_azure_ai_ml_registers_mlflow_loads_by_version_and_alias(
    ml: MLClient, tracking: MlflowClient, fresh: str, tmp_path: Path
) -> None:
    mlflow.sklearn.save_model(line(), tmp_path / "line", pip_requirements=[])
    ml.models.create_or_update(
        Model(
            name=fresh,
            path=str(tmp_path / "line"),
            type="mlflow_model",
            description="made by Azure's client",
            tags={"team": "b"},
        )
    )
    tracking.set_registered_model_alias(fresh, "champion", "1")
    for uri in (f"models:/{fresh}/1", f"models:/{fresh}@champion"):
        assert mlflow.pyfunc.load_model(uri).predict(np.array([[3.0]])) == pytest.approx([6.0])
    (found,) = tracking.search_model_versions(f"name = '{fresh}' AND tags.team = 'b'")
    assert (found.version, found.description) == ("1", "made by Azure's client")
    (listed,) = tracking.search_registered_models(f"name = '{fresh}'")
    assert [one.version for one in listed.latest_versions] == ["1"]


def test_a_single_file_comes_down_through_mlflow(
    ml: MLClient, tracking: MlflowClient, fresh: str, tmp_path: Path
) -> None:
    (tmp_path / "model.pkl").write_text(fresh)
    ml.models.create_or_update(Model(name=fresh, path=str(tmp_path / "model.pkl")))
    back = tmp_path / "back"
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{fresh}/1", dst_path=str(back)))
    assert (folder / "model.pkl").read_text() == fresh
    assert [file.path for file in mlflow.artifacts.list_artifacts(f"models:/{fresh}/1")] == [
        "model.pkl"
    ]


def test_versions_count_on_and_go_in_both(ml: MLClient, tracking: MlflowClient, fresh: str) -> None:
    web = "https://example.org/model"
    ml.models.create_or_update(Model(name=fresh, path=f"{web}1", type="custom_model"))
    assert tracking.create_model_version(fresh, f"{web}2").version == "2"
    third = ml.models.create_or_update(Model(name=fresh, path=f"{web}3", type="custom_model"))
    assert third.version == "3"
    assert ml.models.get(fresh, "2").path == f"{web}2"
    tracking.transition_model_version_stage(fresh, "2", "Production")
    assert [model.version for model in ml.models.list(fresh, stage="Production")] == ["2"]
    tracking.delete_model_version(fresh, "3")
    assert [model.version for model in ml.models.list(fresh)] == ["2", "1"]
    assert tracking.create_model_version(fresh, f"{web}4").version == "4"
    tracking.delete_registered_model(fresh)
    with pytest.raises(ResourceNotFoundError):
        ml.models.get(fresh, "1")


def test_prompts_are_no_models(ml: MLClient, tracking: MlflowClient, fresh: str) -> None:
    mlflow.genai.register_prompt(fresh, "Hello {{who}}")
    assert fresh not in [model.name for model in ml.models.list()]
    with pytest.raises(Exception, match="taken by one of the workspace's prompts"):
        ml.models.create_or_update(Model(name=fresh, path="https://example.org/m"))


def test_a_version_that_is_text_is_read_but_never_the_latest(
    ml: MLClient, tracking: MlflowClient, fresh: str
) -> None:
    ml.models.create_or_update(Model(name=fresh, version="beta", path="https://example.org/m"))
    assert tracking.get_model_version(fresh, "beta").version == "beta"
    assert tracking.get_latest_versions(fresh) == []
    with pytest.raises(MlflowException, match="must be an integer"):
        tracking.get_model_version(fresh, "gamma")
