"""MLflow's uploads in parts, links, and experiments with a place of their own for artifacts."""

import os
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from zafiro.blobs.service import Store
from zafiro.core import documents
from zafiro.core.context import Context
from zafiro.core.names import BLOB_STORE
from zafiro.tracking import artifacts, mlflow_runs
from zafiro.workspaces.domain import Workspace

API = "/api/2.0/mlflow"
MPU = "/api/2.0/mlflow-artifacts/mpu"
PROXIED = "/api/2.0/mlflow-artifacts/artifacts"


@pytest.fixture(autouse=True)
def container(ctx: Context, main: Workspace) -> None:
    Store(ctx.home.storage).create_container(main.storage_account, artifacts.CONTAINER)


def made(http: TestClient, **experiment: Any) -> dict[str, Any]:
    """A run in a new experiment; what MLflow shows of it."""
    answer = http.post(f"{API}/experiments/create", json={"name": "e", **experiment})
    assert answer.status_code == 200, answer.text
    body = {"experiment_id": answer.json()["experiment_id"]}
    run: dict[str, Any] = http.post(f"{API}/runs/create", json=body).json()["run"]["info"]
    return run


def folder(run: dict[str, Any]) -> str:
    """The path behind its artifact_uri, as MLflow's client asks for it."""
    uri = urlsplit(run["artifact_uri"])
    assert (uri.scheme, uri.netloc) == ("mlflow-artifacts", "")
    return uri.path.lstrip("/")


def send(http: TestClient, url: str, body: bytes) -> None:
    answer = http.put(url, content=body, headers={"Authorization": ""})
    assert answer.status_code == 201, answer.text


def test_a_file_in_parts_is_there_when_it_is_complete(http: TestClient) -> None:
    where = f"{folder(made(http))}/sub"
    pieces = [os.urandom(3000), os.urandom(3000), b"end"]
    ask = {"path": "/home/me/big.bin", "num_parts": 3}
    upload = http.post(f"{MPU}/create/{where}", json=ask).json()
    for credential, piece in reversed(list(zip(upload["credentials"], pieces, strict=True))):
        send(http, credential["url"], piece)
    assert http.get(f"{PROXIED}/{where}/big.bin").status_code == 404
    parts = [{"part_number": n, "etag": "", "url": "x"} for n in (1, 2, 3)]
    done = {"path": "/home/me/big.bin", "upload_id": upload["upload_id"], "parts": parts}
    assert http.post(f"{MPU}/complete/{where}", json=done).status_code == 200
    assert http.get(f"{PROXIED}/{where}/big.bin").content == b"".join(pieces)
    assert http.post(f"{MPU}/complete/{where}", json=done).status_code == 400  # its parts are gone


def test_an_upload_that_was_aborted_cannot_be_completed(http: TestClient) -> None:
    where = folder(made(http))
    upload = http.post(f"{MPU}/create/{where}", json={"path": "x", "num_parts": 1}).json()
    send(http, upload["credentials"][0]["url"], b"x")
    ask = {"path": "x", "upload_id": upload["upload_id"]}
    assert http.post(f"{MPU}/abort/{where}", json=ask).status_code == 200
    done = http.post(f"{MPU}/complete/{where}", json={**ask, "parts": [{"part_number": 1}]})
    assert done.status_code == 400 and "lacks one of its parts" in done.json()["message"]
    wrong = {"path": "x", "upload_id": "../../x", "parts": []}
    assert http.post(f"{MPU}/complete/{where}", json=wrong).status_code == 400


def test_links_lead_straight_to_the_bytes(http: TestClient) -> None:
    run = made(http)
    ask = {"run_id": run["run_id"], "path": "a/x.txt"}
    link = http.post(f"{API}/artifacts/presigned-upload-url", json=ask).json()
    put = http.put(
        link["presigned_url"], content=b"xyz", headers={**link["headers"], "Authorization": ""}
    )
    assert put.status_code == 201
    found = http.get(f"/api/2.0/mlflow-artifacts/presigned/{folder(run)}/a/x.txt").json()
    assert found["file_size"] == 3
    part = http.get(found["url"], headers={"Authorization": "", "Range": "bytes=1-2"})
    assert (part.status_code, part.content) == (206, b"yz")
    again = http.post(f"{API}/artifacts/presigned-download-url", json=ask).json()
    assert http.get(again["presigned_url"], headers={"Authorization": ""}).content == b"xyz"
    both = http.post(f"{API}/artifacts/presigned-upload-url", json={**ask, "model_id": "m"})
    assert both.status_code == 400
    foreign = {"Authorization": "Bearer job:other"}
    refused = http.post(f"{API}/artifacts/presigned-upload-url", json=ask, headers=foreign)
    assert refused.status_code == 403


def test_an_experiment_may_say_where_its_artifacts_lie(
    http: TestClient, main: Workspace, ctx: Context
) -> None:
    run = made(http, artifact_location="mlflow-artifacts:/mine/deep")
    shown = http.get(f"{API}/experiments/get-by-name?experiment_name=e").json()["experiment"]
    assert shown["artifact_location"] == "mlflow-artifacts:/mine/deep"
    assert folder(run) == f"mine/deep/{run['run_id']}/artifacts"
    http.put(f"{PROXIED}/{folder(run)}/artifacts/x.txt", content=b"x")
    listed = http.get(f"{API}/artifacts/list?run_id={run['run_id']}&path=artifacts").json()
    assert [one["path"] for one in listed["files"]] == ["artifacts/x.txt"]
    assert artifacts.place(ctx.home, main, f"{folder(run)}/artifacts/x.txt").read_text() == "x"
    azure = f"/history/v1.0{main.id}/runs/{run['run_id']}/artifacts"
    assert [one["path"] for one in http.get(azure).json()["value"]] == ["artifacts/x.txt"]
    nobodys = http.put(f"{PROXIED}/mine/deep/nobody/artifacts/x", content=b"x")
    assert nobodys.status_code == 404
    other = http.put(f"{PROXIED}/elsewhere/{run['run_id']}/artifacts/x", content=b"x")
    assert other.status_code == 404


def test_an_experiment_may_lie_in_a_datastore_of_ours(
    http: TestClient, main: Workspace, ctx: Context
) -> None:
    properties = {
        "datastoreType": "AzureBlob",
        "accountName": main.storage_account,
        "containerName": "data",
        "credentials": {"credentialsType": "Sas"},
    }
    Store(ctx.home.storage).create_container(main.storage_account, "data")
    with ctx.db.begin() as db:
        documents.put(db, f"{main.id}/datastores/{BLOB_STORE}", {"properties": properties})
    location = f"azureml://datastores/{BLOB_STORE}/paths/experiments"
    run = made(http, artifact_location=location)
    shown = http.get(f"{API}/experiments/get-by-name?experiment_name=e").json()["experiment"]
    assert shown["artifact_location"] == location
    assert http.put(f"{PROXIED}/{folder(run)}/x.txt", content=b"x").status_code == 200
    store = Store(ctx.home.storage)
    names = [blob.name for blob in store.list(main.storage_account, "data")]
    assert names == [f"experiments/{run['run_id']}/artifacts/x.txt"]
    unknown = {"name": "f", "artifact_location": "azureml://datastores/none/paths/x"}
    answer = http.post(f"{API}/experiments/create", json=unknown)
    assert answer.status_code == 404 and "none" in answer.json()["message"]


def test_a_place_elsewhere_is_kept_and_said_not_to_be_here(http: TestClient) -> None:
    run = made(http, artifact_location="s3://bucket/x")
    assert run["artifact_uri"] == f"s3://bucket/x/{run['run_id']}/artifacts"
    listed = http.get(f"{API}/artifacts/list?run_id={run['run_id']}")
    assert listed.status_code == 501 and "s3://bucket/x" in listed.json()["message"]


@pytest.mark.parametrize(
    "location",
    [
        "mlflow-artifacts:/ExperimentRun/dcid.r1",
        "mlflow-artifacts:/models",
        "mlflow-artifacts:/.storage/other/azureml",
        "mlflow-artifacts:/../x",
        "mlflow-artifacts:/a/%2e%2e/x",
    ],
)
def test_no_experiment_takes_the_place_of_others(http: TestClient, location: str) -> None:
    body = {"name": "e", "artifact_location": location}
    assert http.post(f"{API}/experiments/create", json=body).status_code == 400


def test_a_job_does_not_choose_where_others_write(http: TestClient) -> None:
    body = {"name": "e", "artifact_location": "mlflow-artifacts:/mine"}
    headers = {"Authorization": "Bearer job:r1"}
    answer = http.post(f"{API}/experiments/create", json=body, headers=headers)
    assert answer.status_code == 403


def test_a_full_folder_is_listed_in_pages(
    http: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow_runs, "MOST_ARTIFACTS", 2)
    run = made(http)
    for n in range(5):
        http.put(f"{PROXIED}/{folder(run)}/d/{n}", content=b"")
    found, asked = [], {"run_id": run["run_id"], "path": "d"}
    while True:
        page = http.get(f"{API}/artifacts/list", params=asked).json()
        found.append([one["path"] for one in page["files"]])
        if "next_page_token" not in page:
            break
        asked["page_token"] = page["next_page_token"]
    assert found == [["d/0", "d/1"], ["d/2", "d/3"], ["d/4"]]
