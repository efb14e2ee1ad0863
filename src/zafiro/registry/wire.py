"""MLflow's JSON of registered models, versions and webhooks.

Source: mlflow/protos/model_registry.proto and webhooks.proto, mlflow 3.17; those of 2.x are a subset.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from zafiro.assets.domain import Asset, Container, section, text
from zafiro.registry.domain import NO_STAGE


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
