"""Credentials that are refused, servers that do not answer, certificates nobody trusts, files that
are not there: one sentence each, and the command that mends it. Through the real program."""

import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from zafiro.cli import certificates
from zafiro.testing import live
from zafiro.testing.live import Live

NOW = datetime.now(timezone.utc)


@pytest.fixture
def there(server: Live, tmp_path: Path) -> dict[str, str]:
    """The variables on a machine that is not the server's."""
    (tmp_path / "elsewhere").mkdir()
    return {**server.variables, "ZAFIRO_HOME": str(tmp_path / "elsewhere")}


def sentence(done: Any) -> str:
    """The one sentence it ended with; exit status 1, and nothing for a script to misread."""
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    return str(line.removeprefix("Error: "))


def test_variables_of_the_server_are_enough_on_another_machine(
    zafiro: Any, there: dict[str, str]
) -> None:
    done = zafiro("compute", "list", "--query", "[].name", "-o", "tsv", **there)
    assert (done.returncode, done.stdout) == (0, "cpu-cluster\n"), done.stderr


def test_a_wrong_password_is_said_with_what_prints_the_right_one(
    zafiro: Any, there: dict[str, str], server: Live
) -> None:
    said = sentence(zafiro("job", "list", **{**there, "MLFLOW_TRACKING_PASSWORD": "guess"}))
    assert said.startswith(f"{server.url} does not accept the credential that `zafiro env` printed")
    assert said.endswith(f"run `zafiro env` again where {server.url} runs, and use what it prints")


def test_a_wrong_secret_is_said_before_azure_ai_ml_is_imported(
    zafiro: Any, there: dict[str, str], tmp_path: Path
) -> None:
    given = ("model", "create", "-n", "a", "-v", "1", "-p", tmp_path)
    said = sentence(zafiro(*given, **{**there, "MSI_SECRET": "guess"}))
    assert "(the `secret` header is wrong or missing); run `zafiro env` again" in said


def test_an_expired_token_is_said_to_have_expired(
    zafiro: Any, there: dict[str, str], server: Live
) -> None:
    key = (server.home / "keys" / "token.pem").read_text()
    claims = {"exp": int((NOW - timedelta(hours=1)).timestamp()), "oid": "x", "tid": "y"}
    token = jwt.encode(claims, key, algorithm="ES256")
    said = sentence(zafiro("job", "list", **{**there, "MLFLOW_TRACKING_PASSWORD": token}))
    assert "(the access token has expired); run `zafiro env` again" in said


def test_a_token_of_another_server_is_said_to_be_that(zafiro: Any, there: dict[str, str]) -> None:
    key = certificates.ec.generate_private_key(certificates.ec.SECP256R1())
    claims = {"exp": int((NOW + timedelta(hours=1)).timestamp()), "oid": "x", "tid": "y"}
    token = jwt.encode(claims, key, algorithm="ES256")
    said = sentence(zafiro("job", "list", **{**there, "MLFLOW_TRACKING_PASSWORD": token}))
    assert "(the access token was not given out by this server (Signature" in said
    assert "run `zafiro env` again" in said


def test_a_credential_made_anew_is_read_again_by_a_restart(zafiro: Any, home: Path) -> None:
    live.up(home)
    admin = home / "keys" / "admin.json"
    was = json.loads(admin.read_text())
    admin.write_text(json.dumps({**was, "client_secret": "rotated", "msi_secret": "too"}))
    said = sentence(zafiro("job", "list", "--home", home))
    assert f"does not accept the credential {admin}" in said
    assert said.endswith("`zafiro down && zafiro up --detach` reads it again")
    said = sentence(zafiro("account", "get-access-token", "--home", home))
    assert said.endswith("`zafiro down && zafiro up --detach` reads it again")
    admin.write_text("{}")
    said = sentence(zafiro("job", "list", "--home", home))
    assert said == (
        f"{admin} cannot be read: it holds no credential; "
        "`rm -f` it, and `zafiro down && zafiro up --detach` makes a new one"
    )
    admin.unlink()
    live.down(home)
    live.up(home)  # what the sentence says to do
    assert zafiro("job", "list", "--home", home).returncode == 0


def test_a_server_that_is_down_is_said_to_be(zafiro: Any, there: dict[str, str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{free.getsockname()[1]}"
    for words in (("job", "list"), ("job", "create", "-f", __file__)):
        variables = {**there, "ARM_CLOUD_METADATA_URL": f"{url}/metadata/endpoints"}
        assert sentence(zafiro(*words, **variables)) == (
            f"the server at {url} does not answer: Connection refused; "
            "look with `zafiro status`, where it runs"
        )


@pytest.mark.parametrize(
    ("bundle", "said"),
    [
        ("gone.pem", "No such file or directory"),
        ("empty.pem", "holds no certificate"),
    ],
)
def test_a_bundle_that_is_none_is_named(
    zafiro: Any, there: dict[str, str], tmp_path: Path, bundle: str, said: str
) -> None:
    (tmp_path / "empty.pem").write_text("")
    path = tmp_path / bundle
    assert sentence(zafiro("job", "list", **{**there, "SSL_CERT_FILE": str(path)})) == (
        f"SSL_CERT_FILE {path}: {said}; "
        "`zafiro env`, where the server runs, names the bundle to copy here"
    )


def test_an_authority_of_another_server_is_not_enough(
    zafiro: Any, there: dict[str, str], tmp_path: Path
) -> None:
    certificates.make(tmp_path, ["127.0.0.1"])
    for words in (("job", "list"), ("compute", "list-sizes")):
        said = sentence(zafiro(*words, **{**there, "SSL_CERT_FILE": str(tmp_path / "ca.pem")}))
        assert "is not trusted: unable to get local issuer certificate; copy tls/bundle.pem" in said
        assert said.endswith("`export SSL_CERT_FILE=bundle.pem`")


class Quiet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>It works!</html>")

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """(URL, authority) of a TLS server whose certificate is good for these hosts and times."""
    hosts, begins, ends = request.param
    certificates.make(tmp_path, hosts)
    key = (tmp_path / "ca.key").read_bytes()
    made = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    builder = x509.CertificateBuilder(
        made.issuer,
        made.subject,
        made.public_key(),
        made.serial_number,
        begins,
        ends,
        list(made.extensions),
    )
    signer: Any = serialization.load_pem_private_key(key, None)
    again = builder.sign(signer, hashes.SHA256())
    (tmp_path / "server.pem").write_bytes(again.public_bytes(serialization.Encoding.PEM))
    server = HTTPServer(("127.0.0.1", 0), Quiet)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", tmp_path / "ca.pem"
    server.shutdown()
    server.server_close()
    thread.join()


DAY = timedelta(days=1)
HERE = ["127.0.0.1"]


@pytest.mark.parametrize(
    ("listener", "why", "mend"),
    [
        (
            (HERE, NOW - 2 * DAY, NOW - DAY),
            "certificate has expired",
            "`zafiro down && zafiro up --detach` makes it anew",
        ),
        ((HERE, NOW + DAY, NOW + 2 * DAY), "certificate is not yet valid", "timedatectl set-ntp"),
        ((["orchard.example"], NOW - DAY, NOW + DAY), "IP address mismatch", "ZAFIRO_PUBLIC_HOST="),
        ((HERE, NOW - DAY, NOW + DAY), "does not answer as Zafiro does", "`zafiro doctor` looks"),
    ],
    ids=["ended", "clock", "name", "another program"],
    indirect=["listener"],
)
def test_what_is_wrong_with_a_certificate_is_said_with_what_mends_it(
    zafiro: Any, there: dict[str, str], listener: tuple[str, Path], why: str, mend: str
) -> None:
    url, authority = listener
    there |= {"ARM_CLOUD_METADATA_URL": f"{url}/metadata/endpoints"}
    said = sentence(zafiro("job", "list", **{**there, "SSL_CERT_FILE": str(authority)}))
    assert url in said and why in said and mend in said


def test_a_port_that_speaks_no_tls_is_another_programs(zafiro: Any, there: dict[str, str]) -> None:
    server = HTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    url = f"https://127.0.0.1:{server.server_port}"
    try:
        there["ARM_CLOUD_METADATA_URL"] = f"{url}/metadata/endpoints"
        said = sentence(zafiro("job", "list", **there))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert said.startswith(f"{url} does not answer as Zafiro does; is it another program's port?")


def test_files_that_cannot_be_read_are_said_before_anything_is_imported(
    typed: Any, tmp_path: Path
) -> None:
    (tmp_path / "train.yml").write_text("")
    (tmp_path / "model").mkdir()
    for words, said in (
        (
            f"job create -f {tmp_path}/trian.yml",
            f"{tmp_path}/trian.yml: there is no such file; did you mean '{tmp_path}/train.yml'?",
        ),
        (f"job create -f {tmp_path}/model", f"{tmp_path}/model: is a folder, not a file"),
        (
            f"model create -n a -v 1 --path {tmp_path}/modle",
            f"{tmp_path}/modle: there is no such file or folder; did you mean '{tmp_path}/model'?",
        ),
        (
            f"data create -n a -v 1 --path {tmp_path}/no/where --type uri_file",
            f"{tmp_path}/no/where: there is no such file or folder; {tmp_path}/no is no folder",
        ),
    ):
        done = typed(*words.split())
        assert (done.code, done.out, done.err) == (1, "", f"Error: {said}\n")
    uri = typed("model", "create", "-n", "a", "-v", "1", "-p", "runs:/no-such-run/model")
    assert "there is no such file" not in uri.err  # that is the server's to say


def test_debug_shows_requests_and_no_secret(typed: Any, server: Live, tmp_path: Path) -> None:
    secret = "pears-are-better-than-apples"
    (tmp_path / "git.yml").write_text(
        f"name: orchard\ntype: git\ntarget: https://git.example.com\n"
        f"credentials:\n  type: pat\n  pat: {secret}\n"
    )
    (tmp_path / "blob.yml").write_text(
        "name: crates\ntype: azure_blob\naccount_name: crates\ncontainer_name: pears\n"
        f"credentials:\n  account_key: {secret}\n"
    )
    (tmp_path / "file.txt").write_text("x")
    admin = json.loads((server.home / "keys" / "admin.json").read_text())
    token = json.loads(typed("account", "get-access-token").out)["accessToken"]
    for words in (
        "job list",
        "account get-access-token -o none",
        f"connection create -f {tmp_path}/git.yml -o none",
        "connection show -n orchard --populate-secrets -o none",
        f"datastore create -f {tmp_path}/blob.yml -o none",
        f"model create -n pears -v 1 --path {tmp_path}/file.txt -o none",
        "workspace list-keys -o none",
    ):
        done = typed(*words.split(), "--debug")
        assert done.code == 0, done.err
        assert re.search(r"^> GET |^Request method: ", done.err, re.MULTILINE), words
        for hidden in (secret, admin["client_secret"], admin["msi_secret"], token[:40], "eyJ"):
            assert hidden not in done.err, (words, hidden)
        for signature in re.findall(r"[?&]sig=([^&'\s]*)", done.err):
            assert signature in ("***", "REDACTED"), words
        assert not re.search(
            r"(?i)(key|secret|token|pat|password)\"?: \"(?!\*\*\*)[^\"]{20,}", done.err
        )
