"""The real MLflow client against a live server."""

import math
import uuid
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LogisticRegression

from clients.mlflow.conftest import Live


def test_what_a_run_logs_is_read_back(experiment: str) -> None:
    with mlflow.start_run(run_name="first", description="what it is") as run:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"a": 1, "b": "two"})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"acc": 0.5, "f1": 0.25})
        mlflow.set_tag("team", "red")
    found = mlflow.get_run(run.info.run_id)
    assert found.info.status == "FINISHED"
    assert found.info.run_name == "first"
    assert found.data.params == {"lr": "0.1", "a": "1", "b": "two"}
    assert found.data.metrics == {"loss": 0.2, "acc": 0.5, "f1": 0.25}
    assert found.data.tags["team"] == "red"
    assert found.data.tags["mlflow.note.content"] == "what it is"
    history = MlflowClient().get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(s, 1 / (s + 1)) for s in range(5)]


def test_the_default_experiment_is_there_before_anything_was_made(tracking: Live) -> None:
    run = MlflowClient().create_run("0")
    assert mlflow.get_experiment(run.info.experiment_id).name == "Default"
    assert mlflow.get_experiment("0").name == "Default"


def test_values_that_are_no_numbers_come_back_as_they_were(experiment: str) -> None:
    with mlflow.start_run() as run:
        mlflow.log_metric("nan", math.nan)
        mlflow.log_metric("up", math.inf)
        mlflow.log_metrics({"down": -math.inf, "mixed": 1.0}, step=0)
        mlflow.log_metric("mixed", math.nan, step=1)
    metrics = mlflow.get_run(run.info.run_id).data.metrics
    assert math.isnan(metrics["nan"]) and math.isnan(metrics["mixed"])
    assert metrics["up"] == math.inf and metrics["down"] == -math.inf
    history = MlflowClient().get_metric_history(run.info.run_id, "mixed")
    assert history[0].value == 1.0 and math.isnan(history[1].value)


def test_nested_runs_are_found_by_their_parent(experiment: str) -> None:
    with mlflow.start_run() as parent:
        for n in range(3):
            with mlflow.start_run(nested=True):
                mlflow.log_metric("n", n)
    found = mlflow.search_runs(
        [experiment],
        filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'",
        order_by=["metrics.n ASC"],
    )
    assert list(found["metrics.n"]) == [0, 1, 2]
    assert set(found["tags.mlflow.parentRunId"]) == {parent.info.run_id}


def test_artifacts_go_up_are_listed_and_come_down(experiment: str, tmp_path: Path) -> None:
    (tmp_path / "up" / "deep").mkdir(parents=True)
    (tmp_path / "up" / "deep" / "größe ä.txt").write_text("inhalt")
    (tmp_path / "up" / "big.bin").write_bytes(b"x" * 3_000_000)
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(tmp_path / "up" / "big.bin"))
        mlflow.log_artifacts(str(tmp_path / "up"), "folder")
        mlflow.log_text("hello", "note.txt")
        mlflow.log_dict({"a": 1}, "conf/a.json")
    client = MlflowClient()
    listed = client.list_artifacts(run.info.run_id)
    assert [(f.path, f.is_dir) for f in listed] == [
        ("big.bin", False),
        ("conf", True),
        ("folder", True),
        ("note.txt", False),
    ]
    assert listed[0].file_size == 3_000_000
    assert [f.path for f in client.list_artifacts(run.info.run_id, "folder")] == [
        "folder/big.bin",
        "folder/deep",
    ]
    down = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="folder", dst_path=str(tmp_path / "down")
    )
    assert (Path(down) / "deep" / "größe ä.txt").read_text() == "inhalt"
    assert (Path(down) / "big.bin").read_bytes() == b"x" * 3_000_000
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/note.txt") == "hello"


def test_a_logged_model_loads_from_its_run(experiment: str, live: Live) -> None:
    x, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
    model = LogisticRegression().fit(x, y)
    with mlflow.start_run() as run:
        made = mlflow.sklearn.log_model(
            model,
            name="model",
            input_example=x,
            params={"c": "1"},
            pip_requirements=["scikit-learn"],
        )
    for uri in (f"runs:/{run.info.run_id}/model", f"models:/{made.model_id}"):
        loaded = mlflow.sklearn.load_model(uri)
        assert list(loaded.predict(x)) == list(model.predict(x))
    logged = mlflow.get_logged_model(made.model_id)
    assert logged.status == "READY" and logged.params["c"] == "1"
    assert logged.source_run_id == run.info.run_id
    outputs = mlflow.get_run(run.info.run_id).outputs.model_outputs
    assert [o.model_id for o in outputs] == [made.model_id]
    # Where azureml://jobs/{job}/outputs/artifacts/paths/model/ looks for it.
    account = live.ctx.home.storage / live.workspace.storage_account
    folder = account / "azureml" / "ExperimentRun" / f"dcid.{run.info.run_id}" / "model"
    assert (folder / "MLmodel").is_file()


def test_two_models_of_one_name_in_a_run_stay_apart(experiment: str) -> None:
    x, y = np.array([[0.0], [1.0]]), np.array([0, 1])
    made = []
    with mlflow.start_run():
        for c in (0.5, 2.0):
            model = LogisticRegression(C=c).fit(x, y)
            made.append(
                mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
            )
    assert [mlflow.sklearn.load_model(f"models:/{m.model_id}").C for m in made] == [0.5, 2.0]


def test_autolog_logs_the_fit_and_the_model(experiment: str) -> None:
    mlflow.sklearn.autolog(log_input_examples=False)
    try:
        x, y = np.random.default_rng(0).random((40, 3)), np.array([0, 1] * 20)
        with mlflow.start_run() as run:
            LogisticRegression(C=0.3).fit(x, y)
    finally:
        mlflow.sklearn.autolog(disable=True)
    found = mlflow.get_run(run.info.run_id)
    assert found.data.params["C"] == "0.3"
    assert 0 <= found.data.metrics["training_accuracy_score"] <= 1
    assert len(found.inputs.dataset_inputs) == 1
    [output] = found.outputs.model_outputs
    assert "training_accuracy_score" in {
        m.key for m in mlflow.get_logged_model(output.model_id).metrics
    }
    models = mlflow.search_logged_models([experiment], output_format="list")
    assert [m.model_id for m in models] == [output.model_id]


def test_a_param_cannot_change(experiment: str) -> None:
    with mlflow.start_run():
        mlflow.log_param("lr", 1)
        mlflow.log_param("lr", 1)
        with pytest.raises(MlflowException, match="Changing param values is not allowed") as caught:
            mlflow.log_param("lr", 2)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"


def test_errors_carry_mlflows_codes(tracking: Live) -> None:
    client, name = MlflowClient(), uuid.uuid4().hex
    id = client.create_experiment(name)
    for code, act in (
        ("RESOURCE_ALREADY_EXISTS", lambda: client.create_experiment(name)),
        ("RESOURCE_DOES_NOT_EXIST", lambda: client.get_run("nothing")),
        ("RESOURCE_DOES_NOT_EXIST", lambda: client.get_experiment("987654")),
        ("INVALID_PARAMETER_VALUE", lambda: client.search_runs([id], "metrics.a LIKE 'x'")),
        ("NOT_IMPLEMENTED", lambda: client._tracking_client.store.list_secret_infos()),
    ):
        with pytest.raises(MlflowException) as caught:
            act()
        assert caught.value.error_code == code
    assert client.get_experiment_by_name("no such name") is None


def test_pages_of_runs_are_whole_and_in_order(experiment: str) -> None:
    client = MlflowClient()
    for n in range(7):
        run = client.create_run(experiment, start_time=n + 1)
        if n % 2:
            client.log_metric(run.info.run_id, "m", math.nan if n == 3 else n)
    seen, token = [], None
    while True:
        page = client.search_runs(
            [experiment], order_by=["metrics.m DESC"], max_results=2, page_token=token
        )
        seen += [run.info.start_time for run in page]
        token = page.token
        if not token:
            break
    assert seen == [6, 2, 4, 7, 5, 3, 1]


def test_the_workspaces_own_address_and_names_are_apart(
    tracking: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow.set_experiment("shared name")
    scope = live_uri(tracking)
    mlflow.set_tracking_uri(scope)
    assert MlflowClient().get_experiment_by_name("shared name") is None
    mlflow.set_experiment("shared name")
    with mlflow.start_run() as run:
        mlflow.log_text("in other", "a.txt")
        assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/a.txt") == "in other"
    mlflow.set_tracking_uri(tracking.url)
    with pytest.raises(MlflowException) as caught:
        mlflow.get_run(run.info.run_id)
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def live_uri(live: Live) -> str:
    return f"{live.url}/mlflow/v2.0{live.other.id.replace('resourceGroups', 'resourcegroups')}"


def test_nobody_gets_in_without_a_token(tracking: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_TOKEN")
    with pytest.raises(MlflowException, match=r"401|UNAUTHENTICATED|no token"):
        MlflowClient().search_experiments()


def test_deleted_runs_and_experiments_come_back(tracking: Live) -> None:
    client = MlflowClient()
    id = client.create_experiment(uuid.uuid4().hex, tags={"k": "v"})
    run = client.create_run(id).info.run_id
    client.delete_run(run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    assert client.search_runs([id]) == []
    with pytest.raises(MlflowException, match="must be in the 'active' state"):
        client.log_metric(run, "m", 1)
    client.restore_run(run)
    assert len(client.search_runs([id])) == 1
    client.delete_experiment(id)
    assert client.get_experiment(id).lifecycle_stage == "deleted"
    client.restore_experiment(id)
    client.rename_experiment(id, "renamed-" + id)
    assert client.get_experiment(id).tags == {"k": "v"}
    assert client.search_experiments(filter_string=f"name = 'renamed-{id}'")[0].experiment_id == id
