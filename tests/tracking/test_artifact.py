"""Azure's artifacts are the same files as MLflow's and the blobs'."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from zafiro.blobs.service import Store
from zafiro.core.context import Context
from zafiro.tracking import artifacts
from zafiro.workspaces.domain import Workspace

PROXIED = "/api/2.0/mlflow-artifacts/artifacts"
OUTSIDE = ("../x", "a/../../dcid.r2/x", "%2e%2e/x", "%252e%252e/%252e%252e/x", "a/..", "..\\x")


@pytest.fixture
def run(http: TestClient, main: Workspace, ctx: Context) -> str:
    Store(ctx.home.storage).create_container(main.storage_account, artifacts.CONTAINER)
    for id in ("r1", "r2"):
        path = f"/history/v1.0{main.id}/experiments/exp/runs/{id}"
        assert http.patch(path, json={"displayName": "r"}).status_code == 200
    return "r1"


def at(main: Workspace, path: str) -> str:
    return f"/artifact/v2.0{main.id}/artifacts/{path}"


def local(link: str) -> str:
    """What is asked for when azureml-core, azureml-mlflow and azure-storage-blob took it apart."""
    match = re.fullmatch(r"http://(\w+\.blob\.core\.windows\.net)@testserver(/.*)", link)
    assert match and match[2].startswith(f"/storage/{match[1]}/azureml/"), link
    return match[2]


def put(http: TestClient, link: str, body: bytes) -> int:
    headers = {"x-ms-blob-type": "BlockBlob", "Authorization": "", "x-ms-version": "2021-08-06"}
    return http.put(local(link), content=body, headers=headers).status_code


def get(http: TestClient, link: str) -> bytes:
    return http.get(local(link), headers={"Authorization": ""}).content


def announce(http: TestClient, main: Workspace, paths: list[str], place: str) -> Any:
    body = {"paths": [{"path": path} for path in paths]}
    answer = http.post(at(main, f"batch/metadata/{place}"), json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_file_uploaded_through_azure_is_mlflows_and_a_blob(
    http: TestClient, main: Workspace, run: str, ctx: Context
) -> None:
    made = announce(http, main, ["./outputs/a.txt"], "ExperimentRun/dcid.r1")
    assert made["artifacts"]["./outputs/a.txt"]["artifactId"].startswith("ExperimentRun/dcid.r1/")
    listed = http.get(at(main, "ExperimentRun/dcid.r1")).json()["value"]
    assert listed == []  # announced is not there yet
    info = made["artifactContentInformation"]["./outputs/a.txt"]
    assert put(http, info["contentUri"], b"content") == 201
    assert http.get(f"{PROXIED}/ExperimentRun/dcid.r1/outputs/a.txt").content == b"content"
    listed = http.get(at(main, "ExperimentRun/dcid.r1")).json()["value"]
    assert [one["path"] for one in listed] == ["outputs/a.txt"]
    found = http.get(at(main, "contentinfo/ExperimentRun/dcid.r1/outputs/a.txt")).json()
    assert get(http, found["contentUri"]) == b"content"
    assert put(http, found["contentUri"], b"other") == 403  # a link to read
    writable = http.get(at(main, "write/ExperimentRun/dcid.r1/outputs/a.txt")).json()
    assert put(http, writable["contentUri"], b"other") == 201
    assert get(http, found["contentUri"]) == b"other"
    assert http.get(at(main, "contentinfo/ExperimentRun/dcid.r1/none")).status_code == 404


def test_a_file_uploaded_through_mlflow_is_azures(
    http: TestClient, main: Workspace, run: str
) -> None:
    http.put(f"{PROXIED}/ExperimentRun/dcid.r1/model/MLmodel", content=b"flavors")
    http.put(f"{PROXIED}/ExperimentRun/dcid.r1/model/data/x.bin", content=b"x")
    dto = http.get(at(main, "metadata/ExperimentRun/dcid.r1/model/MLmodel")).json()
    assert dto["path"] == "model/MLmodel" and dto["createdTime"] and dto["etag"]
    assert dto["dataPath"]["relativePath"] == "ExperimentRun/dcid.r1/model/MLmodel"
    below = http.get(at(main, "ExperimentRun/dcid.r1/model/data")).json()["value"]
    assert [one["path"] for one in below] == ["model/data/x.bin"]
    links = http.get(at(main, "prefix/contentinfo/ExperimentRun/dcid.r1/model")).json()["value"]
    assert {one["path"]: get(http, one["contentUri"]) for one in links} == {
        "model/MLmodel": b"flavors",
        "model/data/x.bin": b"x",
    }


def test_the_same_through_run_history(http: TestClient, main: Workspace, run: str) -> None:
    base = f"/history/v1.0{main.id}/experiments/exp/runs/r1/artifacts"
    made = http.post(f"{base}/batch/metadata", json={"paths": [{"path": "a/b.txt"}]}).json()
    uri = made["artifactContentInformation"]["a/b.txt"]["contentUri"]
    assert put(http, uri, b"x") == 201
    assert [one["path"] for one in http.get(base).json()["value"]] == ["a/b.txt"]
    for path in ("/path?path=a", "/path/a", "/path/a/b.txt"):
        assert [one["path"] for one in http.get(base + path).json()["value"]] == ["a/b.txt"]
    for path in ("/contentinfo?path=a/b.txt", "/contentinfo/a/b.txt"):
        assert get(http, http.get(base + path).json()["contentUri"]) == b"x"
    assert get(http, http.get(f"{base}/artifacturi?path=a/b.txt").json()) == b"x"
    assert http.get(f"{base}/metadata?path=a/b.txt").json()["path"] == "a/b.txt"
    (one,) = http.get(f"{base}/prefix/contentinfo?path=a").json()["value"]
    assert get(http, one["contentUri"]) == b"x"
    by_id = base.replace("experiments/exp", "experimentids/1")
    assert len(http.get(by_id).json()["value"]) == 1


def test_a_log_is_followed_while_it_grows(
    http: TestClient, main: Workspace, run: str, ctx: Context
) -> None:
    log = artifacts.place(ctx.home, main, "ExperimentRun/dcid.r1/user_logs/std_log.txt")
    log.parent.mkdir(parents=True)
    seen = []
    for line in ("one\n", "two\n"):
        with log.open("a") as file:
            file.write(line)
        prefix = at(main, "prefix/contentinfo/ExperimentRun/dcid.r1/user_logs")
        (found,) = http.get(prefix).json()["value"]
        seen.append(get(http, found["contentUri"]).decode())
    assert seen == ["one\n", "one\ntwo\n"]


def test_content_is_written_read_and_appended_to(
    http: TestClient, main: Workspace, run: str
) -> None:
    path = at(main, "content/ExperimentRun/dcid.r1/logs/x.txt")
    assert http.post(path, content=b"one").json()["path"] == "logs/x.txt"
    http.post(f"{path}?append=true", content=b"two")
    assert http.get(path).content == b"onetwo"
    http.post(path, content=b"new")
    assert http.get(path).content == b"new"
    gone = at(main, "metadata/ExperimentRun/dcid.r1/logs/x.txt")
    assert http.delete(gone).status_code == 200
    assert http.get(path).status_code == 404 and http.delete(gone).status_code == 404


def test_uploads_besides_runs_have_a_place_and_jobs_only_add_to_it(
    http: TestClient, main: Workspace, run: str
) -> None:
    made = announce(http, main, ["model.pkl"], "LocalUpload/231120T170000-abcd")
    uri = made["artifactContentInformation"]["model.pkl"]["contentUri"]
    assert put(http, uri, b"m") == 201
    job = {"Authorization": "Bearer job:r1"}
    path = at(main, "content/LocalUpload/231120T170000-abcd/model.pkl")
    assert http.get(path, headers=job).content == b"m"
    assert http.post(path, content=b"evil", headers=job).status_code == 403
    write = at(main, "write/LocalUpload/231120T170000-abcd/model.pkl")
    assert put(http, http.get(write, headers=job).json()["contentUri"], b"evil") != 201
    assert http.post(at(main, "content/LocalUpload/new/m"), content=b"j", headers=job).is_success
    whole = at(main, "batch/LocalUpload/231120T170000-abcd")
    assert http.delete(whole, headers=job).status_code == 403
    assert http.get(path).content == b"m"
    assert http.delete(whole).is_success and http.get(path).status_code == 404


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leads_out_of_its_run(
    http: TestClient, main: Workspace, run: str, path: str
) -> None:
    http.put(f"{PROXIED}/ExperimentRun/dcid.r2/x", content=b"secret")
    body = {"paths": [{"path": path}]}
    made = http.post(at(main, "batch/metadata/ExperimentRun/dcid.r1"), json=body).json()
    assert path in made["errors"] and not made["artifactContentInformation"]
    quoted = path.replace("%", "%25").replace("\\", "%5C").replace("..", "%2e%2e")
    for verb in ("contentinfo", "write", "content", "metadata"):
        answer = http.get(at(main, f"{verb}/ExperimentRun/dcid.r1/{quoted}"))
        assert answer.status_code in (400, 404), (verb, answer.text)
    answer = http.post(at(main, f"content/ExperimentRun/dcid.r1/{quoted}"), content=b"evil")
    assert answer.status_code in (400, 404)
    assert http.put(f"{PROXIED}/ExperimentRun/dcid.r1/{quoted}", content=b"").status_code == 400
    listed = http.get(at(main, f"prefix/contentinfo/ExperimentRun/dcid.r1/{quoted}"))
    assert listed.status_code in (400, 404) or listed.json()["value"] == []
    create = f"/api/2.0/mlflow-artifacts/mpu/create/ExperimentRun/dcid.r1/{quoted}"
    assert http.post(create, json={"path": "x", "num_parts": 1}).status_code in (400, 404)
    assert http.get(f"{PROXIED}/ExperimentRun/dcid.r2/x").content == b"secret"


def test_a_container_is_no_way_out_either(http: TestClient, main: Workspace, run: str) -> None:
    for place in ("LocalUpload/%2e%2e", "LocalUpload/a%2f..%2f..", "ExperimentRun/dcid.%2e%2e"):
        answer = http.get(at(main, f"content/{place}/x"))
        assert answer.status_code in (400, 404), answer.text
    assert http.get(at(main, "content/Elsewhere/x/y")).status_code == 501


def test_a_jobs_token_writes_artifacts_of_its_own_run_only(
    http: TestClient, main: Workspace, run: str
) -> None:
    body = {"paths": [{"path": "x"}]}
    for place in ("batch/metadata/ExperimentRun/dcid.r1", "content/ExperimentRun/dcid.r1/x"):
        foreign = {"Authorization": "Bearer job:r2"}
        assert http.post(at(main, place), json=body, headers=foreign).status_code == 403
        own = {"Authorization": "Bearer job:r1"}
        assert http.post(at(main, place), json=body, headers=own).status_code == 200
    assert (
        http.get(at(main, "ExperimentRun/dcid.r1"), headers={"Authorization": ""}).status_code
        == 401
    )
