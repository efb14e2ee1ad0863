"""What lies where an asset points: it has to be there, and be what the asset says it is."""

from collections.abc import Callable
from pathlib import Path

import yaml

from zafiro.assets.domain import Json, Kind, Properties, section, text
from zafiro.core.errors import Invalid, NotFound

# Where a URI lies on this machine; None for what lies elsewhere. Raises NotFound for a datastore
# or container that is not there.
Look = Callable[[str], Path | None]

_MLMODEL_BYTES = 1 << 20


def inspect(kind: Kind, properties: Properties, look: Look) -> dict[str, Json]:
    """Properties to add, read from the bytes: the flavors of an MLflow model.

    Raises Invalid when the bytes are on this machine and are missing or of another sort.
    """
    if kind.name == "environments":
        _build_context(properties, look)
        return {}
    uri = text(properties, kind.uri) if kind.uri else ""
    found = _found(kind.uri, uri, look) if uri else None
    if found is None:
        return {}
    if kind.name == "data":
        _shaped(kind.type(properties), found, uri)
    if kind.type(properties) == "mlflow_model":
        return {"flavors": flavors(found, uri)}
    return {}


def is_there(uri: str, look: Look) -> bool:
    """False only for what should be on this machine and is not."""
    try:
        found = look(uri)
    except NotFound:
        return False
    return found is None or found.exists()


def flavors(model: Path, uri: str) -> dict[str, Json]:
    """As ARM shows them: {flavor: {"data": {key: text}}}, from the model's MLmodel file."""
    file = model / "MLmodel"
    if not file.is_file():
        raise Invalid("modelUri", f"there is no MLmodel file in {uri}, so it is no mlflow_model")
    if file.stat().st_size > _MLMODEL_BYTES:
        raise Invalid("modelUri", f"the MLmodel file in {uri} is larger than 1 MiB")
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        raise Invalid("modelUri", f"the MLmodel file in {uri} is not YAML: {e}") from e
    named = said.get("flavors") if isinstance(said, dict) else None
    if not isinstance(named, dict):
        raise Invalid("modelUri", f"the MLmodel file in {uri} names no flavors")
    return {
        str(flavor): {"data": {str(k): str(v) for k, v in (options or {}).items()}}
        for flavor, options in named.items()
    }


def _found(field: str, uri: str, look: Look) -> Path | None:
    if "*" in uri:  # a pattern names no single place
        return None
    try:
        found = look(uri)
    except NotFound as e:
        raise Invalid(field, f"{uri} cannot be: {e}") from e
    if found is not None and not found.exists():
        raise Invalid(field, f"there is nothing at {uri}; upload it first")
    return found


def _shaped(type: str, found: Path, uri: str) -> None:
    if type == "uri_file" and not found.is_file():
        raise Invalid("dataUri", f"{uri} is a folder; its type is uri_folder, not uri_file")
    if type != "uri_file" and not found.is_dir():
        raise Invalid("dataUri", f"{uri} is a file; its type is uri_file, not {type}")
    if type == "mltable" and not (found / "MLTable").is_file():
        raise Invalid("dataUri", f"there is no MLTable file in {uri}, so it is no mltable")


def _build_context(properties: Properties, look: Look) -> None:
    build = section(properties, "build")
    uri = text(build, "contextUri")
    found = _found("build.contextUri", uri, look) if uri else None
    named = text(build, "dockerfilePath") or "Dockerfile"
    if found is not None and not (found / named).is_file():
        raise Invalid("build.dockerfilePath", f"there is no '{named}' in the build context {uri}")
