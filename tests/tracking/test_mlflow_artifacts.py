"""The artifacts of the MLflow face where the real client does not reach: paths, links, halves."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tracking.asking import API, create, wrong
from zafiro.core.context import Context
from zafiro.mlflow_rest.call import Call
from zafiro.tracking import shelves
from zafiro.workspaces.domain import Workspace


@pytest.mark.parametrize(
    "path",
    [
        "ExperimentRun/dcid.{run}/../../../secret",
        "ExperimentRun/dcid.{run}/%2e%2e/%2e%2e/x",
        "ExperimentRun/dcid.{run}/%252e%252e/%252e%252e/x",
        "ExperimentRun/dcid.{run}/..%5c..%5cx",
        "ExperimentRun/x",
        "models/x",
        ".storage/otherstorage/azureml/x",
        "%2fetc/passwd",
    ],
)
def test_no_artifact_leaves_its_run(http: TestClient, ctx: Context, path: str) -> None:
    run = create(http)
    where = "/api/2.0/mlflow-artifacts/artifacts/" + path.format(run=run)
    assert http.put(where, content=b"x").status_code in (400, 404)
    assert http.get(where).status_code in (400, 404)
    assert http.delete(where).status_code in (400, 404)
    files = [f for f in ctx.home.storage.rglob("*") if f.is_file()]
    assert files == []


def test_a_symlink_out_of_the_store_is_not_followed(
    http: TestClient, ctx: Context, main: Workspace
) -> None:
    run = create(http)
    folder = ctx.home.storage / main.storage_account / "azureml" / f"ExperimentRun/dcid.{run}"
    folder.mkdir(parents=True)
    (folder / "link").symlink_to("/etc")
    path = f"/api/2.0/mlflow-artifacts/artifacts/ExperimentRun/dcid.{run}/link/hostname"
    assert http.get(path).status_code == 400


def test_half_an_upload_is_no_artifact(http: TestClient, ctx: Context) -> None:
    run = create(http)

    def broken() -> Any:
        yield b"half"
        raise ConnectionError("gone")

    path = f"/api/2.0/mlflow-artifacts/artifacts/ExperimentRun/dcid.{run}/a.bin"
    assert http.put(path, content=broken()).status_code == 500
    assert http.get(path).status_code == 404
    assert [f for f in ctx.home.storage.rglob("*") if f.is_file()] == []


def test_a_folder_and_a_file_cannot_have_one_name(http: TestClient) -> None:
    run = create(http)
    root = f"/api/2.0/mlflow-artifacts/artifacts/ExperimentRun/dcid.{run}"
    assert http.put(f"{root}/a/b.txt", content=b"1").status_code == 200
    assert wrong(http.put(f"{root}/a", content=b"1"))[0] == 400
    assert wrong(http.put(f"{root}/a/b.txt/c", content=b"1"))[0] == 400
    assert http.delete(f"{root}/a").status_code == 200
    listed = http.get(f"{API}/artifacts/list", params={"run_id": run}).json()["files"]
    assert listed == []


def test_a_page_gets_and_puts_single_files(http: TestClient) -> None:
    run = create(http)
    put = "/ajax-api/2.0/mlflow/upload-artifact"
    for name in ("page.html", "MLmodel"):
        query = {"run_uuid": run, "path": f"dir/{name}"}
        assert http.post(put, params=query, content=b"<script>").status_code == 200
    for name, kind in (("page.html", "text/html"), ("MLmodel", "text/plain")):
        got = http.get("/get-artifact", params={"run_id": run, "path": f"dir/{name}"})
        assert got.content == b"<script>"
        assert got.headers["content-type"] == kind
        assert got.headers["content-disposition"] == f"attachment; filename={name}"
        assert got.headers["x-content-type-options"] == "nosniff"
    for query, why in (
        ({}, "Request must specify run_uuid."),
        ({"run_uuid": run}, "Request must specify path."),
        ({"run_uuid": run, "path": "../x"}, "Invalid path"),
        ({"run_uuid": run, "path": "x"}, "Request must specify data."),
    ):
        assert wrong(http.post(put, params=query)) == (400, "INVALID_PARAMETER_VALUE", why)
    token = {"Authorization": "Bearer job:another"}
    query = {"run_uuid": run, "path": "dir/MLmodel"}
    assert http.post(put, params=query, content=b"x", headers=token).status_code == 403


def test_a_page_gets_the_file_of_a_model_version(
    http: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text("flavors")

    def shelf(call: Call, path: str) -> tuple[Path, str]:
        name, version, rest = path.split("/", 2)
        assert (name, version) == ("m", "1")
        return tmp_path / "model", rest

    monkeypatch.setitem(shelves.shelves, "registered-models", shelf)
    asked = {"name": "m", "version": "1", "path": "MLmodel"}
    assert http.get("/model-versions/get-artifact", params=asked).text == "flavors"
    asked["path"] = "../test.db"
    assert wrong(http.get("/model-versions/get-artifact", params=asked))[2] == "Invalid path"
    asked = {"name": "m", "path": "MLmodel"}
    assert "'version'" in wrong(http.get("/model-versions/get-artifact", params=asked))[2]
