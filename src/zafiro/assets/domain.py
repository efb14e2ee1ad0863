"""What an asset is, and what of it never changes once a version is written."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import yaml

from zafiro.core.errors import Conflict, Invalid

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Properties: TypeAlias = "Mapping[str, Json]"

LATEST = "latest"
# The kinds MLflow's registry is made of; ARM knows nothing of prompts.
MODELS, PROMPTS = "models", "prompts"
# What azure-ai-ml 1.35.2 asks for when a component is named without a version.
COMPONENT_DEFAULT = "azureml_default"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")
_COUNTED = re.compile(r"[0-9]{1,18}")
# The address of this server may change; what lies behind it stays.
_SERVED = re.compile(r"https://[^/]+/storage/", re.IGNORECASE)


class PathFixed(Conflict):
    """The bytes an asset points at were named once and for all."""


@dataclass(frozen=True)
class Asset:
    """One version.

    id          ARM id
    kind        codes, data, environments, models or components
    uri         where the bytes lie ("" for kinds that have none), type: of data, a model or a
                component ("uri_folder", "mlflow_model", "command" ...)
    properties  the ARM properties bag
    source      of a model: the URI it was registered from, as sent; run_id: the run it came from
    notes       what MLflow says beside: {"location": …, "runLink": …}
    """

    id: str
    kind: str
    name: str
    version: str
    uri: str
    type: str
    properties: Properties
    hash: str
    stage: str
    is_archived: bool
    is_anonymous: bool
    etag: str
    created_at: datetime
    modified_at: datetime
    created_by: str = ""
    source: str = ""
    run_id: str = ""
    notes: Properties = field(default_factory=dict)


@dataclass(frozen=True)
class Container:
    """All versions of one name. `latest` is "" while there is none; `next` is free; `aliases`
    are MLflow's: {alias: version}."""

    id: str
    kind: str
    name: str
    description: str | None
    tags: Mapping[str, str]
    extra: Properties
    type: str
    is_archived: bool
    latest: str
    next: str
    etag: str
    created_at: datetime
    modified_at: datetime
    created_by: str = ""
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """The rules that differ.

    uri     the property that says where the bytes are, if the kind has bytes
    fixed   what of the properties never changes under one version
    hash    what `find_by_hash` finds it under; "" for none
    check   raises Invalid when the properties make no sense
    type    what sort of data, model or component it is
    """

    name: str
    singular: str
    uri: str
    fixed: Callable[[Properties], Json]
    hash: Callable[[Properties], str]
    check: Callable[[Properties], None]
    type: Callable[[Properties], str]

    def must_match(self, name: str, version: str, kept: Properties, asked: Properties) -> None:
        """Raises PathFixed or Conflict when `asked` changes what was fixed by `kept`."""
        if self.uri and here(text(kept, self.uri)) != here(text(asked, self.uri)):
            raise PathFixed(
                f"{self.singular} '{name}' version {version} points at {text(kept, self.uri)} "
                "and cannot be moved; register a new version"
            )
        if self.hash(kept) and self.hash(kept) == self.hash(asked):
            return
        if self.fixed(kept) != self.fixed(asked):
            raise Conflict(
                f"{self.singular} '{name}' version {version} exists with another definition; "
                "register a new version"
            )


def text(properties: Properties, key: str) -> str:
    value = properties.get(key)
    return "" if value is None else str(value)


def section(properties: Properties, key: str) -> dict[str, Json]:
    value = properties.get(key)
    return value if isinstance(value, dict) else {}


def here(uri: str) -> str:
    """A URI as it is compared: without the address at which this server was, and without the
    slash at its end."""
    return _SERVED.sub("https://storage/", uri).rstrip("/")


def check_name(what: str, name: str) -> None:
    """Azure's rule for names and versions of assets."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            what,
            f"'{name}' is no {what} of an asset: 1 to 255 letters, digits, '_', '-' or '.', "
            "beginning with a letter, a digit or '_'",
        )


def counted(version: str) -> int:
    """The number a version is, or 0 for one that is text."""
    return int(version) if _COUNTED.fullmatch(version) else 0


def digest(value: Json) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


# -- environments -----------------------------------------------------------------------------


def conda(properties: Properties) -> Json:
    """The conda file as values: layout and comments make no difference.

    Raises Invalid for what is not YAML or not a mapping.
    """
    written = text(properties, "condaFile")
    if not written:
        return None
    try:
        found: Json = yaml.safe_load(written)
    except yaml.YAMLError as e:
        raise Invalid("condaFile", f"is not YAML: {e}") from e
    if not isinstance(found, dict):
        raise Invalid("condaFile", "is not a conda environment (a mapping with 'dependencies')")
    return found


def definition(properties: Properties) -> Json:
    build = section(properties, "build")
    return {
        "image": text(properties, "image"),
        "conda": conda(properties),
        "context": here(text(build, "contextUri")),
        "dockerfile": text(build, "dockerfilePath") or "Dockerfile",
        "os": (text(properties, "osType") or "Linux").lower(),
        "inference": properties.get("inferenceConfig") or None,
    }


def _check_environment(properties: Properties) -> None:
    build = section(properties, "build")
    if not text(properties, "image") and not text(build, "contextUri"):
        raise Invalid("properties", "an environment needs an image or a build context")
    if text(properties, "image") and text(build, "contextUri"):
        raise Invalid("properties", "an environment has an image or a build context, not both")
    conda(properties)


# -- components -------------------------------------------------------------------------------

# What may be said anew about a version that exists.
_LABELS = {"name", "version", "display_name", "description", "tags", "$schema"}


def _spec(properties: Properties) -> Json:
    spec = section(properties, "componentSpec")
    return {k: v for k, v in spec.items() if k not in _LABELS and v is not None}


def _component_hash(properties: Properties) -> str:
    return text(section(properties, "properties"), "client_component_hash")


def _check_component(properties: Properties) -> None:
    spec = section(properties, "componentSpec")
    for needed in ("name", "type"):
        if not text(spec, needed):
            raise Invalid(f"componentSpec.{needed}", "is missing")


# -- data, models, code -----------------------------------------------------------------------

DATA_TYPES = ("uri_file", "uri_folder", "mltable")
MODEL_TYPES = ("custom_model", "mlflow_model", "triton_model")


def _data_type(properties: Properties) -> str:
    return text(properties, "dataType").lower()


def _model_type(properties: Properties) -> str:
    return text(properties, "modelType").lower() or "custom_model"


def _check_uri(key: str, uri: str) -> None:
    if not uri:
        raise Invalid(key, "is missing: it says where the bytes lie")


def _one_of(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise Invalid(key, f"'{value}' is not one of {', '.join(known)}")


def _check_data(properties: Properties) -> None:
    _check_uri("dataUri", text(properties, "dataUri"))
    _one_of("dataType", _data_type(properties), DATA_TYPES)


def _check_model(properties: Properties) -> None:
    _check_uri("modelUri", text(properties, "modelUri"))
    _one_of("modelType", _model_type(properties), MODEL_TYPES)


def _nothing(properties: Properties) -> str:
    return ""


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "codes",
            "code",
            uri="codeUri",
            fixed=_nothing,
            hash=lambda p: text(section(p, "properties"), "hash_sha256"),
            check=lambda p: _check_uri("codeUri", text(p, "codeUri")),
            type=_nothing,
        ),
        Kind(
            "data",
            "data asset",
            uri="dataUri",
            fixed=_data_type,
            hash=_nothing,
            check=_check_data,
            type=_data_type,
        ),
        Kind(
            "environments",
            "environment",
            uri="",
            fixed=definition,
            hash=lambda p: digest(definition(p)),
            check=_check_environment,
            type=_nothing,
        ),
        Kind(
            "models",
            "model",
            uri="modelUri",
            fixed=_model_type,
            hash=_nothing,
            check=_check_model,
            type=_model_type,
        ),
        Kind(
            "components",
            "component",
            uri="",
            fixed=_spec,
            hash=_component_hash,
            check=_check_component,
            type=lambda p: text(section(p, "componentSpec"), "type"),
        ),
    )
}
