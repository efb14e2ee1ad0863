"""Requests that azure-storage-blob does not make, but others and broken clients do."""

import http.client
import os
import ssl
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import pytest

from zafiro.blobs.service import mint_sas

from .conftest import ACCOUNT, World

ROOT = f"/storage/{ACCOUNT}.blob.core.windows.net"


def connect(world: World, *, storage: bool = False) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=str(world.cert))
    port = world.storage_port if storage else world.port
    return http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)


def sas(world: World, container: str = "azureml", blob: str | None = None) -> str:
    expires = datetime.now(timezone.utc) + timedelta(hours=1)
    return mint_sas(
        world.secrets, ACCOUNT, container, blob=blob, permissions="racwdl", expires=expires
    )


def ask(
    world: World,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    *,
    storage: bool = False,
) -> tuple[int, dict[str, str], bytes]:
    connection = connect(world, storage=storage)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        lines = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, lines, answer.read()
    finally:
        connection.close()


def put(world: World, name: str, content: bytes) -> None:
    url = f"{ROOT}/azureml/{quote(name)}?{sas(world)}"
    status, _, body = ask(world, "PUT", url, content, {"x-ms-blob-type": "BlockBlob"})
    assert status == 201, body


def test_answers_carry_what_clients_log(world: World) -> None:
    put(world, "logged", b"1")
    url = f"{ROOT}/azureml/logged?{sas(world)}"
    headers = {"x-ms-client-request-id": "mine", "x-ms-version": "2021-06-08"}
    status, lines, body = ask(world, "GET", url, headers=headers)
    assert (status, body) == (200, b"1")
    assert lines["x-ms-client-request-id"] == "mine" and lines["x-ms-version"] == "2021-06-08"
    assert len(lines["x-ms-request-id"]) == 36 and lines["date"]
    status, lines, body = ask(world, "GET", f"{ROOT}/azureml/none?{sas(world)}", headers=headers)
    assert status == 404 and lines["x-ms-error-code"] == "BlobNotFound"
    assert lines["x-ms-client-request-id"] == "mine" and b"<Code>BlobNotFound</Code>" in body


def test_a_head_of_what_is_missing_has_no_body(world: World) -> None:
    connection = connect(world)
    for _ in range(2):  # the connection stays usable
        connection.request("HEAD", f"{ROOT}/azureml/none?{sas(world)}")
        answer = connection.getresponse()
        assert answer.status == 404 and answer.getheader("x-ms-error-code") == "BlobNotFound"
        assert answer.read() == b""
    connection.close()


@pytest.mark.parametrize("kind", ["dfs", "file"])
def test_other_protocols_are_named(world: World, kind: str) -> None:
    url = f"/storage/{ACCOUNT}.{kind}.core.windows.net/azureml/x?resource=file"
    status, lines, body = ask(world, "PUT", url, b"")
    assert status == 501 and lines["x-ms-error-code"] == "NotImplemented"
    assert b"protocol is not supported" in body


def test_a_url_without_its_account_finds_the_container(world: World) -> None:
    put(world, "LocalUpload/abc/Dockerfile", b"FROM x")
    path = "azureml/LocalUpload/abc/Dockerfile"
    for url, storage in ((f"/storage/{path}", False), (f"/{path}", True)):
        status, _, body = ask(world, "GET", f"{url}?{sas(world)}", storage=storage)
        assert (status, body) == (200, b"FROM x")
    world.store.create_container("secondone", "azureml")
    status, _, body = ask(world, "GET", f"/storage/{path}?{sas(world)}")
    assert (status, body) == (200, b"FROM x")  # the signature tells whose it is
    status, _, _ = ask(world, "GET", f"/storage/{path}", headers={"authorization": "Bearer good"})
    assert status == 409
    world.store.delete_container("secondone", "azureml")


@pytest.mark.parametrize(
    "path",
    [
        "/azureml/../../../etc/passwd",
        "/azureml/..%2f..%2f..%2fetc%2fpasswd",
        "/azureml/a/%2e%2e/%2e%2e/x",
        "/../other/azureml/x",
        "/.zafiro/x",
        "/azureml/a%00b",
        "/azureml/%ff%fe",
        "/azureml/" + "x" * 1025,
    ],
)
def test_paths_that_climb_are_refused(world: World, path: str) -> None:
    status, _, body = ask(world, "GET", f"{ROOT}{path}", headers={"authorization": "Bearer good"})
    assert status == 400, body


def test_an_upload_cut_short_leaves_nothing(world: World) -> None:
    connection = connect(world)
    connection.putrequest("PUT", f"{ROOT}/azureml/cut?{sas(world)}")
    connection.putheader("x-ms-blob-type", "BlockBlob")
    connection.putheader("content-length", str(8 << 20))
    connection.endheaders()
    connection.send(os.urandom(3 << 20))
    connection.close()
    tmp = f"{world.store.place(ACCOUNT, 'azureml').side}/tmp"
    deadline = datetime.now() + timedelta(seconds=10)
    while os.path.isdir(tmp) and os.listdir(tmp) and datetime.now() < deadline:
        ask(world, "HEAD", f"{ROOT}/azureml/cut?{sas(world)}")
    status, _, _ = ask(world, "HEAD", f"{ROOT}/azureml/cut?{sas(world)}")
    assert status == 404
    assert not os.path.isdir(tmp) or os.listdir(tmp) == []


def test_a_refused_upload_hears_why(world: World) -> None:
    """An answer before the body was read would only break the client's pipe."""
    put(world, "there", b"1")
    headers = {"x-ms-blob-type": "BlockBlob", "if-none-match": "*"}
    url = f"{ROOT}/azureml/there?{sas(world)}"
    status, lines, _ = ask(world, "PUT", url, os.urandom(20 << 20), headers)
    assert (status, lines["x-ms-error-code"]) == (409, "BlobAlreadyExists")
    forged = f"{ROOT}/azureml/there?{sas(world)[:-12]}"
    status, lines, _ = ask(world, "PUT", forged, os.urandom(20 << 20), headers)
    assert (status, lines["x-ms-error-code"]) == (403, "AuthenticationFailed")


@pytest.mark.parametrize(
    ("query", "headers", "body", "code"),
    [
        ("", {}, b"1", "InvalidHeaderValue"),
        ("", {"x-ms-blob-type": "AppendBlob"}, b"1", "InvalidHeaderValue"),
        ("", {"x-ms-blob-type": "BlockBlob", "content-md5": "AAAA"}, b"1", "Md5Mismatch"),
        ("", {"x-ms-blob-type": "BlockBlob", "x-ms-meta-a-b": "1"}, b"1", "InvalidMetadata"),
        ("comp=block&blockid=%21", {}, b"1", "InvalidQueryParameterValue"),
        ("comp=block&blockid=AAAA", {}, b"", "InvalidHeaderValue"),
        ("comp=blocklist", {}, b"<BlockList><Latest>AAAA", "InvalidXmlDocument"),
        ("comp=blocklist", {}, b'<!DOCTYPE x [<!ENTITY a "b">]><x/>', "InvalidXmlDocument"),
        (
            "comp=blocklist",
            {},
            b"<BlockList><Other>AAAA</Other></BlockList>",
            "InvalidXmlNodeValue",
        ),
        ("comp=appendblock", {"x-ms-blob-condition-appendpos": "x"}, b"1", "InvalidHeaderValue"),
    ],
)
def test_a_malformed_request_is_400(
    world: World, query: str, headers: dict[str, str], body: bytes, code: str
) -> None:
    status, lines, content = ask(
        world, "PUT", f"{ROOT}/azureml/bad?{query}&{sas(world)}", body, headers
    )
    assert (status, lines["x-ms-error-code"]) == (400, code), content


def test_a_log_that_grows_while_it_is_read_is_cut_at_its_length(world: World) -> None:
    put(world, "growing", b"x" * (6 << 20))
    path = world.store.path(ACCOUNT, "azureml", "growing")
    connection = connect(world)
    with path.open("ab", buffering=0) as file:
        for _ in range(3):
            size = path.stat().st_size
            connection.request("GET", f"{ROOT}/azureml/growing?{sas(world)}")
            file.write(b"y" * 500_000)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200 and len(body) == int(answer.headers["content-length"])
            assert len(body) in (size, size + 500_000)
    connection.close()


def test_no_signature_reaches_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        put(world, "quiet", b"1")
        ask(world, "GET", f"{ROOT}/azureml/none?{sas(world)}")
    assert "sig=" not in caplog.text
