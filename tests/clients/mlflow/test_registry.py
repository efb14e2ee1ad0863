"""MLflow's registry, driven by its own client."""

import base64
import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookEvent, WebhookStatus
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression

from clients.mlflow.conftest import Live
from zafiro.registry import loop


@pytest.fixture
def client(tracking: Live) -> MlflowClient:
    return MlflowClient()


@pytest.fixture
def name() -> str:
    return f"Model{uuid.uuid4().hex[:10]}"


@pytest.fixture
def run(tracking: Live) -> str:
    """A run with one artifact, model/weights.txt."""
    with mlflow.start_run() as started:
        mlflow.log_text("learnt", "model/weights.txt")
    return str(started.info.run_id)


def test_a_logged_model_is_registered_and_loaded_by_version_alias_and_latest(
    client: MlflowClient, name: str
) -> None:
    fitted = LinearRegression().fit(np.array([[0.0], [1.0]]), np.array([0.0, 2.0]))
    with mlflow.start_run() as run:
        made = mlflow.sklearn.log_model(
            fitted, name="line", registered_model_name=name, pip_requirements=[]
        )
    client.set_registered_model_alias(name, "champion", "1")
    for uri in (f"models:/{name}/1", f"models:/{name}@champion", f"models:/{name}/latest"):
        assert mlflow.pyfunc.load_model(uri).predict(np.array([[3.0]])) == pytest.approx([6.0])
    version = client.get_model_version(name, "1")
    assert (version.run_id, version.source) == (run.info.run_id, f"models:/{made.model_id}")
    assert version.aliases == ["champion"]
    noted = client.get_logged_model(made.model_id).tags["mlflow.modelVersions"]
    assert json.loads(noted)[0] == {"name": name, "version": 1}


def test_the_files_of_a_run_are_downloaded_by_the_models_name(
    client: MlflowClient, name: str, run: str, tmp_path: Path
) -> None:
    client.create_registered_model(name)
    made = client.create_model_version(name, f"runs:/{run}/model", run, tags={"team": "a"})
    assert (made.version, made.run_id, made.tags) == ("1", run, {"team": "a"})
    client.create_model_version(name, f"runs:/{run}/model", run)
    copied = client.copy_model_version(f"models:/{name}/2", f"{name}.copy")
    for uri in (f"models:/{name}/1", f"models:/{copied.name}/{copied.version}"):
        into = tmp_path / uri.replace("/", "_")
        folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(into)))
        assert (folder / "weights.txt").read_text() == "learnt"


def test_deleting_a_version_keeps_the_runs_files_and_uses_up_its_number(
    client: MlflowClient, name: str, run: str
) -> None:
    client.create_registered_model(name)
    for _ in range(2):
        client.create_model_version(name, f"runs:/{run}/model", run)
    client.set_registered_model_alias(name, "best", "2")
    client.delete_model_version(name, "2")
    assert client.get_registered_model(name).aliases == {}
    assert client.create_model_version(name, f"runs:/{run}/model", run).version == "3"
    client.delete_registered_model(name)
    with pytest.raises(MlflowException, match="not found"):
        client.get_model_version(name, "3")
    assert client.list_artifacts(run, "model")[0].path == "model/weights.txt"


def test_registrations_at_once_give_a_version_each(client: MlflowClient, name: str) -> None:
    client.create_registered_model(name)

    def register(_: int) -> int:
        return int(client.create_model_version(name, "s3://bucket/model").version)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(register, range(16))) == list(range(1, 17))


def test_names_do_not_differ_by_case(client: MlflowClient, name: str) -> None:
    client.create_registered_model(name)
    with pytest.raises(MlflowException, match="do not differ by case") as told:
        client.create_registered_model(name.upper())
    assert told.value.error_code == "RESOURCE_ALREADY_EXISTS"
    assert client.get_registered_model(name.lower()).name == name
    client.rename_registered_model(name, name.upper())
    assert client.get_registered_model(name).name == name.upper()


def test_models_and_versions_are_found_by_name_tag_run_and_number(
    client: MlflowClient, name: str
) -> None:
    for n in range(3):
        client.create_registered_model(f"{name}-{n}", tags={"n": str(n), "a.b c": name})
        client.create_model_version(
            f"{name}-{n}", "s3://bucket/m", run_id=f"{name}{n}", tags={"of": name}
        )
    client.create_model_version(f"{name}-1", "s3://bucket/other")

    def models(text: str, **given: Any) -> list[str]:
        return [one.name[-1] for one in client.search_registered_models(text, **given)]

    ours = f"tags.`a.b c` = '{name}'"
    assert models(ours, order_by=["name DESC"]) == ["2", "1", "0"]
    assert models(f"name LIKE '{name}-%' AND tags.n != '1'") == ["0", "2"]
    assert models(f"name ILIKE '{name.lower()}-%' AND tags.n LIKE '1'") == ["1"]
    assert models(f"name IN ('{name}-0', '{name}-2')") == ["0", "2"]
    first = client.search_registered_models(ours, max_results=2)
    rest = client.search_registered_models(ours, max_results=2, page_token=first.token)
    assert [one.name[-1] for one in [*first, *rest]] == ["0", "1", "2"] and not rest.token

    def versions(text: str, **given: Any) -> list[str]:
        found = client.search_model_versions(text, **given)
        return [f"{one.name[-1]}:{one.version}" for one in found]

    assert versions(f"name = '{name}-1'") == ["1:2", "1:1"]
    assert versions(f"tags.of = '{name}'", order_by=["name"]) == ["0:1", "1:1", "2:1"]
    assert versions(f"run_id IN ('{name}0', '{name}2')", order_by=["name DESC"]) == ["2:1", "0:1"]
    assert versions(f"name = '{name}-1' AND version_number >= 2") == ["1:2"]
    assert versions(f"name LIKE '{name}%' AND source_path ILIKE '%OTHER'") == ["1:2"]
    for bad in ("color = 'x'", "version_number > 1.5", "name > 'x'", "tags.of = 5"):
        with pytest.raises(MlflowException) as told:
            client.search_model_versions(bad)
        assert told.value.error_code == "INVALID_PARAMETER_VALUE"


def test_stages_move_and_others_make_room(client: MlflowClient, name: str) -> None:
    client.create_registered_model(name)
    for _ in range(3):
        client.create_model_version(name, "s3://bucket/model")
    for version in ("1", "2"):
        client.transition_model_version_stage(name, version, "production")
    client.transition_model_version_stage(name, "3", "Production", archive_existing_versions=True)
    stages = {v.version: v.current_stage for v in client.search_model_versions(f"name='{name}'")}
    assert stages == {"1": "Archived", "2": "Archived", "3": "Production"}
    latest = {v.current_stage: v.version for v in client.get_latest_versions(name)}
    assert latest == {"Archived": "2", "Production": "3"}
    with pytest.raises(MlflowException, match="Invalid Model Version stage"):
        client.transition_model_version_stage(name, "1", "Retired")


def test_prompts_are_registered_loaded_and_kept_apart_from_models(
    client: MlflowClient, name: str
) -> None:
    mlflow.genai.register_prompt(name, "Hello {{who}}", commit_message="first", tags={"l": "en"})
    second = mlflow.genai.register_prompt(
        name, [{"role": "user", "content": "Hello again {{who}}"}], tags={"l": "de"}
    )
    mlflow.genai.set_prompt_alias(name, "live", 1)
    assert mlflow.genai.load_prompt(f"prompts:/{name}@live").format(who="you") == "Hello you"
    assert mlflow.genai.load_prompt(name, version=2).template == second.template
    assert [p.name for p in client.search_prompts(f"name = '{name}'")] == [name]
    assert client.search_registered_models(f"name = '{name}'") == []
    assert client.search_model_versions(f"name = '{name}'") == []
    with pytest.raises(MlflowException, match="already taken by a prompt"):
        client.create_registered_model(name)
    with pytest.raises(MlflowException, match="cannot be added"):
        client.create_model_version(name, "s3://bucket/model")
    mlflow.genai.set_prompt_tag(name, "owner", "me")
    (found,) = client.search_prompts(f"name = '{name}'")
    assert found.tags["owner"] == "me"
    client.delete_prompt_version(name, "1")
    with pytest.raises(MlflowException, match="not found"):
        client.get_model_version(name, "1")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("/etc/passwd", "local path"),
        ("file:///etc/passwd", "local path"),
        ("model", "local path"),
        ("s3://bucket/../other", "relative path"),
        ("mlflow-artifacts:/ExperimentRun/dcid.x/%2e%2e/y", "relative path"),
        ("models:/no-such-model/1", "not found"),
        ("models:/a/b/c", "Not a proper models:/ URI"),
        ("models:/m-0123", "not found"),
        ("azureml://jobs/nobody/outputs/model", "no output"),
    ],
)
def test_what_cannot_be_a_source_is_refused(
    client: MlflowClient, name: str, source: str, why: str
) -> None:
    client.create_registered_model(name)
    with pytest.raises(MlflowException, match=why):
        client.create_model_version(name, source)
    assert client.search_model_versions(f"name = '{name}'") == []


def test_names_aliases_and_tags_that_cannot_be_are_refused(client: MlflowClient, name: str) -> None:
    for bad in ("a/b", "a:b", " ", ".."):
        with pytest.raises(MlflowException):
            client.create_registered_model(bad)
    client.create_registered_model(name)
    client.create_model_version(name, "s3://bucket/model")
    for alias in ("latest", "v1", "a b", "x" * 256):
        with pytest.raises(MlflowException) as told:
            client.set_registered_model_alias(name, alias, "1")
        assert told.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(MlflowException, match="alias nobody not found"):
        client.get_model_version_by_alias(name, "nobody")
    with pytest.raises(MlflowException, match="exceeds the maximum length"):
        client.set_registered_model_tag(name, "k", "x" * 100_001)
    with pytest.raises(MlflowException, match="must be an integer, got 'x'"):
        client.get_model_version(name, "x")


def test_workspaces_have_models_of_their_own(
    client: MlflowClient, tracking: Live, name: str
) -> None:
    client.create_registered_model(name)
    there = MlflowClient(f"{tracking.url}/mlflow/v1.0{tracking.other.id}")
    assert there.search_registered_models() == []
    with pytest.raises(MlflowException, match="not found"):
        there.get_registered_model(name)


class Receiver:
    """Answers with the statuses it was given, then 200, and keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.told.append((dict(self.headers), body))
                self.send_response(kept.answers.pop(0) if kept.answers else 200)
                self.send_header("Content-Length", "0")
                self.send_header("Retry-After", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()


def deliver(live: Live) -> None:
    while loop.step(live.ctx):
        pass


def test_webhooks_are_told_signed_and_again_when_they_fail(
    client: MlflowClient, tracking: Live, name: str, receiver: Receiver
) -> None:
    hook = client.create_webhook(
        name="hook",
        url=receiver.url,
        events=[WebhookEvent.from_str("model_version.created")],
        secret="only ours",
    )
    assert client.get_webhook(hook.webhook_id).secret is None
    receiver.answers = [503]
    client.create_registered_model(name)
    client.create_model_version(name, "s3://bucket/model", tags={"a": "b"})
    deliver(tracking)
    assert len(receiver.told) == 2  # the first answer was 503
    headers, body = receiver.told[1]
    said = json.loads(body)
    assert (said["entity"], said["action"]) == ("model_version", "created")
    assert said["data"]["name"] == name and said["data"]["tags"] == {"a": "b"}
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.{body.decode()}"
    digest = hmac.new(b"only ours", signed.encode(), hashlib.sha256).digest()
    assert headers["X-MLflow-Signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert client.test_webhook(hook.webhook_id).response_status == 200
    client.update_webhook(hook.webhook_id, status=WebhookStatus.DISABLED)
    client.create_model_version(name, "s3://bucket/model")
    deliver(tracking)
    assert len(receiver.told) == 3
    client.delete_webhook(hook.webhook_id)
