"""JSON shapes of assets, and the query parameters of their lists.

Source: azure-ai-ml 1.35.2, arm_ml_service/models (2023-04-01 … 2024-01-01-preview).
"""

from collections.abc import Callable, Mapping
from typing import Any

from zafiro.arm.resource import Wire
from zafiro.assets.domain import Asset, Container, section, text
from zafiro.core.documents import Record
from zafiro.core.errors import Invalid

ROWS = 200  # of a list, when nobody says
_SUCCEEDED = {"provisioningState": "Succeeded"}


class AssetShape(Wire):
    """What all kinds share."""

    description: str | None = None
    tags: dict[str, str | None] | None = None
    properties: dict[str, Any] | None = None
    is_archived: bool | None = None
    is_anonymous: bool | None = None
    stage: str | None = None


class CodeShape(AssetShape):
    code_uri: str | None = None


class DataShape(AssetShape):
    data_type: str | None = None
    data_uri: str | None = None
    referenced_uris: list[str] | None = None


class EnvironmentShape(AssetShape):
    image: str | None = None
    conda_file: str | None = None
    build: dict[str, Any] | None = None
    inference_config: dict[str, Any] | None = None
    os_type: str | None = None


class ModelShape(AssetShape):
    model_type: str | None = None
    model_uri: str | None = None
    flavors: dict[str, Any] | None = None
    job_name: str | None = None


class ComponentShape(AssetShape):
    component_spec: dict[str, Any] | None = None


class ContainerShape(AssetShape):
    pass


SHAPES: dict[str, type[Wire]] = {
    "codes": CodeShape,
    "data": DataShape,
    "environments": EnvironmentShape,
    "models": ModelShape,
    "components": ComponentShape,
}


def version(asset: Asset) -> Record:
    properties: dict[str, Any] = {
        "tags": {},
        "properties": {},
        "isArchived": False,
        "isAnonymous": False,
        # Every model call fails without them (azure-ai-ml 1.35.2: 'NoneType' has no 'items').
        **({"flavors": {}} if asset.kind == "models" else {}),
        **asset.properties,
        **_SUCCEEDED,
    }
    body = {"properties": properties}
    at = (asset.created_at, asset.modified_at, asset.created_by)
    return Record(asset.id, asset.version, body, asset.etag, *at)


def container(found: Container) -> Record:
    # An environment without versions would make azure-ai-ml 1.35.2 call itself for ever: it
    # tries the latest version before the next one.
    latest = found.latest or (found.next if found.kind == "environments" else None)
    properties: dict[str, Any] = {
        **found.extra,
        "description": found.description,
        "tags": found.tags,
        "isArchived": found.is_archived,
        "latestVersion": latest,
        "nextVersion": found.next,
        **({"dataType": found.type} if found.kind == "data" and found.type else {}),
        **_SUCCEEDED,
    }
    shown = {k: v for k, v in properties.items() if v is not None}
    body = {"properties": {"properties": {}, **shown}}
    at = (found.created_at, found.modified_at, found.created_by)
    return Record(found.id, found.name, body, found.etag, *at)


def archived(query: Mapping[str, str]) -> bool | None:
    """listViewType: False for active ones only, True for archived ones only, None for both."""
    given = query.get("listviewtype") or "ActiveOnly"
    views: dict[str, bool | None] = {"activeonly": False, "archivedonly": True, "all": None}
    if given.lower() not in views:
        raise Invalid("listViewType", f"'{given}' is not ActiveOnly, ArchivedOnly or All")
    return views[given.lower()]


def order(query: Mapping[str, str]) -> tuple[str, bool]:
    """("created" or "modified", newest first?)."""
    given = query.get("$orderby") or "createdtime desc"
    column, _, direction = given.lower().partition(" ")
    columns = {"createdtime": "created", "createdat": "created", "modifiedtime": "modified"}
    if column not in columns or direction.strip() not in ("", "asc", "desc"):
        raise Invalid("$orderBy", f"'{given}' is not createdtime or modifiedtime, asc or desc")
    return columns[column], direction.strip() == "desc"


def wanted(query: Mapping[str, str]) -> Callable[[Asset], bool] | None:
    """What `tags=a,b=c` and `properties=…` leave: those that have all of them."""
    tags, properties = query.get("$tags") or query.get("tags"), query.get("properties")
    if not tags and not properties:
        return None
    asked = {"tags": _pairs(tags or ""), "properties": _pairs(properties or "")}

    def has(asset: Asset) -> bool:
        return all(
            name in section(asset.properties, bag)
            and (value is None or text(section(asset.properties, bag), name) == value)
            for bag, pairs in asked.items()
            for name, value in pairs
        )

    return has


def _pairs(written: str) -> list[tuple[str, str | None]]:
    parts = [part.partition("=") for part in written.split(",") if part.strip()]
    return [(name.strip(), value.strip() if equals else None) for name, equals, value in parts]


def hash_version(asset: Asset) -> str:
    return text(section(asset.properties, "properties"), "hash_version")
