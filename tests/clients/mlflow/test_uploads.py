"""MLflow's own client uploads and downloads in parts, straight to the storage of a real server."""

import os
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest

from zafiro.testing import live
from zafiro.testing.live import Live


@pytest.fixture
def pointed(server: Live) -> Iterator[Live]:
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update({**live.clean(kept), **server.variables})
    mlflow.set_tracking_uri(server.variables["MLFLOW_TRACKING_URI"])
    yield server
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(None)
    os.environ.clear()
    os.environ.update(kept)


def test_a_large_file_goes_up_and_comes_down_in_parts(
    pointed: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(25_500)
    file = tmp_path / "large.bin"
    file.write_bytes(content)
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "10000")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", "10000")
    monkeypatch.setenv("MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE", "10000")
    mlflow.set_experiment("uploads")
    with mlflow.start_run() as run:
        mlflow.log_artifact(str(file), "some folder")
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "true")
    client = mlflow.MlflowClient()
    found = client.download_artifacts(run.info.run_id, "some folder/large.bin", str(tmp_path / "x"))
    assert Path(found).read_bytes() == content
    listed = client.list_artifacts(run.info.run_id, "some folder")
    assert [(one.path, one.file_size) for one in listed] == [("some folder/large.bin", 25_500)]
    log = (pointed.home / "logs" / "server.log").read_text()
    assert "Traceback" not in log


def test_artifacts_go_where_the_experiment_wants_them(pointed: Live, tmp_path: Path) -> None:
    client = mlflow.MlflowClient()
    id = client.create_experiment("placed", artifact_location="mlflow-artifacts:/placed/here")
    run = client.create_run(id)
    client.log_text(run.info.run_id, "hello", "a/b.txt")
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/a/b.txt") == "hello"
    (file,) = pointed.home.glob(f"storage/*/azureml/placed/here/{run.info.run_id}/**/b.txt")
    assert file.read_text() == "hello"
