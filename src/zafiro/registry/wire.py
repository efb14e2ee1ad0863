"""MLflow's JSON of registered models, versions and webhooks.

Source: mlflow/protos/model_registry.proto and webhooks.proto, mlflow 3.17; those of 2.x are a subset.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from zafiro.assets.domain import Asset, Container, section, text
from zafiro.core.errors import Invalid
from zafiro.registry.domain import NO_STAGE, Webhook


class Tag(msgspec.Struct):
    key: str = ""
    value: str = ""


class Named(msgspec.Struct, kw_only=True):
    name: str = ""


class CreateModel(Named):
    tags: list[Tag] = []
    description: str | None = None


class RenameModel(Named):
    new_name: str = ""


class DescribeModel(Named):
    description: str | None = None


class Search(msgspec.Struct):
    filter: str = ""
    max_results: int = 100
    order_by: list[str] = []
    page_token: str | None = None


class SearchVersions(Search):
    max_results: int = 200_000


class LatestVersions(Named):
    stages: list[str] = []


class ModelTag(Named):
    key: str = ""
    value: str = ""


class Alias(Named):
    alias: str = ""
    version: str = ""


class Version(Named):
    version: str = ""


class VersionTag(Version):
    key: str = ""
    value: str = ""


class DescribeVersion(Version):
    description: str | None = None


class CreateVersion(Named):
    source: str = ""
    run_id: str | None = None
    tags: list[Tag] = []
    run_link: str | None = None
    description: str | None = None
    model_id: str | None = None


class Transition(Version):
    stage: str = ""
    archive_existing_versions: bool = False


def tags(said: Sequence[Tag]) -> dict[str, str]:
    """The last of a key counts."""
    return {tag.key: tag.value for tag in said}


def model(found: Container, latest: Sequence[Asset]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": found.name,
        "creation_timestamp": _ms(found.created_at),
        "last_updated_timestamp": _ms(found.modified_at),
        "latest_versions": [version(one, found.aliases) for one in latest],
        "tags": _tags(found.tags),
        "aliases": [{"alias": alias, "version": of} for alias, of in found.aliases.items()],
    }
    if found.description:
        said["description"] = found.description
    return said


def version(found: Asset, aliases: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": found.name,
        "version": found.version,
        "creation_timestamp": _ms(found.created_at),
        "last_updated_timestamp": _ms(found.modified_at),
        "current_stage": found.stage or NO_STAGE,
        "source": found.source,
        "status": "READY",
        "tags": _tags(section(found.properties, "tags")),
        "aliases": [alias for alias, of in aliases.items() if of == found.version],
    }
    for key, value in (
        ("description", found.properties.get("description")),
        ("user_id", found.created_by or None),
        ("run_id", found.run_id or None),
        ("run_link", text(found.notes, "runLink") or None),
    ):
        if value is not None:
            said[key] = value
    return said


def _tags(found: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"key": key, "value": "" if value is None else str(value)} for key, value in found.items()
    ]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


# -- webhooks ---------------------------------------------------------------------------------


class Event(msgspec.Struct):
    """By name or by the protocol's numbers."""

    entity: str | int = ""
    action: str | int = ""


class CreateWebhook(Named):
    url: str = ""
    events: list[Event] = []
    description: str | None = None
    secret: str | None = None
    status: str | int | None = None


class UpdateWebhook(msgspec.Struct):
    name: str | None = None
    url: str | None = None
    events: list[Event] = []
    description: str | None = None
    secret: str | None = None
    status: str | int | None = None


class ListWebhooks(msgspec.Struct):
    max_results: int | None = None
    page_token: str | None = None


class TestWebhook(msgspec.Struct):
    event: Event | None = None


_ENTITIES = (
    "",
    "registered_model",
    "model_version",
    "model_version_tag",
    "model_version_alias",
    "prompt",
    "prompt_version",
    "prompt_tag",
    "prompt_version_tag",
    "prompt_alias",
    "budget_policy",
)
_ACTIONS = ("", "created", "updated", "deleted", "set", "exceeded")
_STATUSES = ("", "ACTIVE", "DISABLED")
_NAME, _KEY, _ALIAS = "example_name", {"key": "example_key"}, {"alias": "example_alias"}
_ONE = {"name": _NAME, "version": "1"}
_SOME = {"tags": {"example_key": "example_value"}, "description": "An example"}
# What a test of a webhook tells.
EXAMPLES: dict[str, dict[str, Any]] = {
    "registered_model.created": {"name": _NAME, **_SOME},
    "model_version.created": {**_ONE, "source": "models:/123", "run_id": "abcd1234", **_SOME},
    "model_version_tag.set": {**_ONE, **_KEY, "value": "example_value"},
    "model_version_tag.deleted": {**_ONE, **_KEY},
    "model_version_alias.created": {**_ONE, **_ALIAS},
    "model_version_alias.deleted": {"name": _NAME, **_ALIAS},
    "prompt.created": {"name": _NAME, **_SOME},
    "prompt_version.created": {**_ONE, "template": "Hello {{name}}!", **_SOME},
    "prompt_tag.set": {"name": _NAME, **_KEY, "value": "example_value"},
    "prompt_tag.deleted": {"name": _NAME, **_KEY},
    "prompt_version_tag.set": {**_ONE, **_KEY, "value": "example_value"},
    "prompt_version_tag.deleted": {**_ONE, **_KEY},
    "prompt_alias.created": {**_ONE, **_ALIAS},
    "prompt_alias.deleted": {"name": _NAME, **_ALIAS},
    "budget_policy.exceeded": {"budget_policy_id": "bp-example", "current_spend": 105.5},
}


def event(said: Event) -> str:
    """ "model_version.created"."""
    return f"{_word(said.entity, _ENTITIES).lower()}.{_word(said.action, _ACTIONS).lower()}"


def status(said: str | int) -> str:
    """Raises Invalid."""
    word = _word(said, _STATUSES).upper()
    if word not in _STATUSES[1:]:
        raise Invalid("", f"Invalid value {said!r} for parameter 'status' supplied")
    return word


def webhook(found: Webhook) -> dict[str, Any]:
    """Never with its secret."""
    said: dict[str, Any] = {
        "webhook_id": found.id,
        "name": found.name,
        "url": found.url,
        "events": [
            dict(zip(("entity", "action"), one.upper().split("."), strict=True))
            for one in found.events
        ],
        "status": found.status,
        "creation_timestamp": found.created_ms,
        "last_updated_timestamp": found.modified_ms,
    }
    if found.description:
        said["description"] = found.description
    return said


def _word(said: str | int, words: Sequence[str]) -> str:
    number = int(said) if str(said).isdecimal() else None
    if number is None:
        return str(said)
    return words[number] if number < len(words) else str(said)
