"""MLflow's registry protocol, below its client: what the client cannot ask, on each database."""

import socket
import threading
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from zafiro.assets import service as assets
from zafiro.core.context import Context
from zafiro.core.db import Database
from zafiro.core.errors import NotFound
from zafiro.registry import delivery, loop
from zafiro.registry.store import DeliveryRow, WebhookRow
from zafiro.workspaces.domain import Workspace

API = "/api/2.0/mlflow"
PROMPT = "mlflow.prompt.is_prompt"


class Registry:
    def __init__(self, http: TestClient) -> None:
        self.http = http

    def ask(self, method: str, path: str, **said: Any) -> Any:
        how = {"params": said} if method == "GET" else {"json": said}
        answer = self.http.request(method, f"{API}/{path}", **how)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wrong(self, method: str, path: str, **said: Any) -> tuple[int, str, str]:
        how = {"params": said} if method == "GET" else {"json": said}
        answer = self.http.request(method, f"{API}/{path}", **how)
        told = answer.json()
        return answer.status_code, told["error_code"], told["message"]

    def model(self, name: str, **tags: str) -> None:
        said = [{"key": key, "value": value} for key, value in tags.items()]
        self.ask("POST", "registered-models/create", name=name, tags=said)

    def version(self, name: str, **said: Any) -> str:
        said = {"name": name, "source": "s3://bucket/model", **said}
        found: str = self.ask("POST", "model-versions/create", **said)["model_version"]["version"]
        return found

    def models(self, text: str = "", **said: Any) -> list[str]:
        found = self.ask("GET", "registered-models/search", filter=text, **said)
        return [one["name"] for one in found["registered_models"]]

    def versions(self, text: str = "", **said: Any) -> list[str]:
        found = self.ask("GET", "model-versions/search", filter=text, **said)
        return [f"{one['name']}:{one['version']}" for one in found["model_versions"]]


@pytest.fixture
def registry(http: TestClient) -> Registry:
    return Registry(http)


def test_what_is_missing_is_named(registry: Registry) -> None:
    status, code, message = registry.wrong("POST", "registered-models/create")
    assert (status, code) == (400, "INVALID_PARAMETER_VALUE")
    assert message.startswith("Missing value for required parameter 'name'.")
    registry.model("a")
    assert "'source'" in registry.wrong("POST", "model-versions/create", name="a")[2]
    assert registry.wrong("GET", "registered-models/get", name="b")[:2] == (
        404,
        "RESOURCE_DOES_NOT_EXIST",
    )
    assert registry.wrong("POST", "registered-models/create", name="A")[:2] == (
        400,
        "RESOURCE_ALREADY_EXISTS",
    )


def test_tags_are_searched_whatever_their_names(registry: Registry) -> None:
    registry.model("a", **{"dotted.key": "x", "with space": "y/z", "slash/ed": "100%"})
    registry.model("B", **{"dotted.key": "X"})
    registry.version("a", tags=[{"key": "dotted.key", "value": "of the version"}])
    assert registry.models("tags.`dotted.key` = 'x'") == ["a"]
    assert registry.models("tags.dotted.key ILIKE 'x'") == ["B", "a"]
    assert registry.models("tags.`with space` LIKE 'y/%' AND tags.`slash/ed` = '100%'") == ["a"]
    assert registry.models("tags.`dotted.key` IS NOT NULL AND name != 'a'") == ["B"]
    assert registry.versions("tags.`dotted.key` = 'of the version'") == ["a:1"]
    assert registry.models("tags.`no\"quote` = 'x'") == []


def test_versions_are_ordered_as_numbers(registry: Registry) -> None:
    registry.model("a")
    for _ in range(11):
        registry.version("a")
    found = registry.versions("name = 'a'", order_by=["version_number DESC"], max_results=3)
    assert found == ["a:11", "a:10", "a:9"]
    (latest,) = registry.ask("GET", "registered-models/get", name="a")["registered_model"][
        "latest_versions"
    ]
    assert latest["version"] == "11"
    assert registry.versions("version_number > 9 AND version_number != 11") == ["a:10"]


def test_a_model_moves_with_its_versions_aliases_and_tags(registry: Registry) -> None:
    registry.model("a", team="x")
    registry.version("a")
    registry.ask("POST", "registered-models/alias", name="a", alias="best", version="1")
    registry.model("taken")
    status, code, message = registry.wrong(
        "POST", "registered-models/rename", name="a", new_name="TAKEN"
    )
    assert (status, code) == (400, "RESOURCE_ALREADY_EXISTS") and "by case" in message
    registry.ask("POST", "registered-models/rename", name="a", new_name="b")
    moved = registry.ask("GET", "registered-models/get", name="b")["registered_model"]
    assert moved["aliases"] == [{"alias": "best", "version": "1"}]
    assert moved["tags"] == [{"key": "team", "value": "x"}]
    assert registry.versions() == ["b:1"] and registry.version("b") == "2"


def test_an_alias_is_a_label_to_references(
    registry: Registry, db: Database, main: Workspace
) -> None:
    registry.model("a")
    registry.version("a")
    registry.version("a")
    registry.ask("POST", "registered-models/alias", name="a", alias="best", version="1")
    with db.read() as session:
        assert assets.resolve(session, main, "azureml:a@best", "models").version == "1"
        assert assets.resolve(session, main, "azureml:a@latest", "models").version == "2"
        with pytest.raises(NotFound, match="labels of models are: latest, best"):
            assets.resolve(session, main, "azureml:a@worst", "models")


def test_the_tag_that_makes_a_prompt_moves_it_between_the_two(registry: Registry) -> None:
    registry.model("a")
    registry.version("a")
    registry.ask("POST", "registered-models/set-tag", name="a", key=PROMPT, value="true")
    assert registry.models() == [] and registry.versions() == []
    assert registry.models(f"tags.`{PROMPT}` = 'true'") == ["a"]
    assert registry.versions(f"tag.`{PROMPT}` != 'false'") == ["a:1"]
    registry.ask("DELETE", "registered-models/delete-tag", name="a", key=PROMPT)
    assert registry.models(f"tags.`{PROMPT}` != 'true'") == ["a"]


def test_a_prompt_has_no_files(registry: Registry) -> None:
    registry.model("p", **{PROMPT: "true"})
    mark = [{"key": PROMPT, "value": "true"}, {"key": "mlflow.prompt.text", "value": "Hi"}]
    told = registry.wrong(
        "POST", "model-versions/create", name="p", source="s3://bucket/x", tags=mark
    )
    assert told[0] == 400 and "Invalid prompt source" in told[2]
    assert registry.version("p", source="dummy-source", tags=mark) == "1"
    registry.model("m")
    told = registry.wrong(
        "POST", "model-versions/create", name="m", source="dummy-source", tags=mark
    )
    assert told[0] == 400 and "cannot be added" in told[2]


def test_tags_set_at_once_are_all_kept(registry: Registry) -> None:
    registry.model("a")

    def tag(n: int) -> None:
        registry.ask("POST", "registered-models/set-tag", name="a", key=f"k{n}", value="v")

    threads = [threading.Thread(target=tag, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    model = registry.ask("GET", "registered-models/get", name="a")["registered_model"]
    assert len(model["tags"]) == 8


def test_a_job_may_register_and_may_not_delete(registry: Registry) -> None:
    registry.model("a")
    registry.version("a")
    registry.http.headers["Authorization"] = "Bearer job:train"
    registry.model("b")
    assert registry.version("b") == "1"
    for method, path, said in (
        ("DELETE", "registered-models/delete", {"name": "a"}),
        ("POST", "registered-models/rename", {"name": "a", "new_name": "c"}),
        ("DELETE", "model-versions/delete", {"name": "a", "version": "1"}),
        ("POST", "webhooks", {"name": "w", "url": "https://x.org", "events": [{}]}),
        ("GET", "webhooks", {}),
    ):
        assert registry.wrong(method, path, **said)[:2] == (403, "PERMISSION_DENIED"), path


EVENTS = [{"entity": "REGISTERED_MODEL", "action": "CREATED"}]


def test_a_webhook_into_the_servers_own_network_is_refused(registry: Registry) -> None:
    for host in ("127.0.0.1", "localhost", "10.0.0.1", "[::1]", "169.254.169.254", "0177.0.0.1"):
        url = f"https://{host}/hook"
        told = registry.wrong("POST", "webhooks", name="w", url=url, events=EVENTS)
        assert told[0] == 400 and "non-public" in told[2], host
    for url in ("http://example.org", "ftp://example.org", "https://", "https://u:p@example.org"):
        assert registry.wrong("POST", "webhooks", name="w", url=url, events=EVENTS)[0] == 400
    odd = [{"entity": "PROMPT", "action": "DELETED"}]
    told = registry.wrong("POST", "webhooks", name="w", url="https://example.org", events=odd)
    assert "Invalid action 'deleted' for entity 'prompt'" in told[2]


def test_an_address_is_judged_when_connected_to() -> None:
    found = delivery.send("http://localhost:1/hook", None, "id", "{}", private=False)
    assert found.status is None  # nobody listens there: refused before it could be judged
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        found = delivery.send(f"http://localhost:{port}/", None, "id", "{}", private=False)
    assert "not a public IP address" in found.why and not found.again


def test_a_secret_is_kept_sealed_and_deliveries_end_with_their_webhook(
    registry: Registry, ctx: Context, db: Database
) -> None:
    made = registry.ask(
        "POST", "webhooks", name="w", url="https://nobody.invalid", events=EVENTS, secret="ours"
    )["webhook"]
    registry.model("a")
    with db.read() as session:
        assert "ours" not in str(session.scalars(select(WebhookRow.secret)).one())
        (waiting,) = session.scalars(select(DeliveryRow))
    assert waiting.event == "registered_model.created"
    assert loop.step(ctx)  # there is no such host: tried again later
    with db.read() as session:
        (waiting,) = session.scalars(select(DeliveryRow))
    assert waiting.attempts == 1 and not loop.step(ctx)
    registry.ask("DELETE", f"webhooks/{made['webhook_id']}")
    with db.read() as session:
        assert session.scalars(select(DeliveryRow)).all() == []
