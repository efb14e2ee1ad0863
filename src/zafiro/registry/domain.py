"""What MLflow's registry allows, in its words, because clients and people search for them.

Limits and messages: mlflow/utils/validation.py and mlflow/server/handlers.py, mlflow 3.17. Where
3.17 asks that a source belongs to the run or model named beside it, and earlier servers do not, the
earlier rule holds: who may read a run's artifacts is decided when they are read.
"""

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote_plus, urlsplit

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.call import missing

MAX_TAG_KEY = 250
MAX_TAG_VALUE = 100_000
MAX_ALIAS = 255

NO_STAGE, ARCHIVED = "None", "Archived"
STAGES = (NO_STAGE, "Staging", "Production", ARCHIVED)
ACTIVE_STAGES = ("Staging", "Production")

PROMPT_TEXT = "mlflow.prompt.text"
# A prompt's version has no files; the clients send one of these in place of a source.
PROMPT_SOURCES = frozenset({"dummy-source", "prompt-template"})

_ALIAS = re.compile(r"[\w\-]*")
_VERSION_ALIAS = re.compile(r"[vV]\d+")
_ARTIFACTS = re.compile(
    r"(?:https?://.*?/api/2\.0/mlflow-artifacts/artifacts|mlflow-artifacts:)/+(.*)"
)


@dataclass(frozen=True)
class ModelUri:
    """What follows `models:/`: a logged model's id, or a name and one of version, stage, alias;
    a name alone means its latest version."""

    model_id: str = ""
    name: str = ""
    version: str = ""
    stage: str = ""
    alias: str = ""


@dataclass(frozen=True)
class Webhook:
    """`events` are words like "model_version.created"; times are epoch ms."""

    id: str
    name: str
    url: str
    events: tuple[str, ...]
    status: str
    created_ms: int
    modified_ms: int
    description: str | None = None


def model_name(name: str, field: str = "name") -> None:
    if not name.strip():
        raise missing(field)
    if "/" in name or ":" in name:
        raise Invalid("", f"Invalid model name '{name}'. Names cannot contain '/' or ':'.")
    if posixpath.normpath(name) != name or name in (".", ".."):
        raise Invalid("", f"Invalid value '{name}' for parameter '{field}': it is no file's name")


def number(version: str) -> str:
    """A version as it is kept: "01" is 1; what is no number is left as it is."""
    return str(int(version)) if version.isascii() and version.isdigit() else version


def not_a_number(version: str) -> Invalid:
    return Invalid("", f"Parameter 'version' must be an integer, got '{version}'.")


def alias(name: str) -> None:
    if not name:
        raise Invalid("", "Registered model alias name cannot be empty.")
    if not _ALIAS.fullmatch(name):
        raise Invalid(
            "",
            f"Invalid alias name: '{name}'. Names may only contain alphanumerics, underscores (_) "
            "and dashes (-).",
        )
    if len(name) > MAX_ALIAS:
        raise Invalid(
            "",
            f"'Registered model alias name' exceeds the maximum length of {MAX_ALIAS} characters",
        )


def new_alias(name: str) -> None:
    alias(name)
    if name.lower() == "latest":
        raise Invalid("", "'latest' alias name (case insensitive) is reserved.")
    if _VERSION_ALIAS.fullmatch(name):
        raise Invalid("", f"Version alias name '{name}' is reserved.")


def stage(name: str) -> str:
    """As MLflow spells it. Raises Invalid."""
    for known in STAGES:
        if known.lower() == name.lower():
            return known
    raise Invalid(
        "", f"Invalid Model Version stage: {name}. Value must be one of {', '.join(STAGES)}."
    )


def model_uri(source: str) -> ModelUri | None:
    """None when it does not begin with models:. Raises Invalid for what is no such URI."""
    if urlsplit(source).scheme != "models":
        return None
    parts = source.split(":", 1)[1].lstrip("/").split("/")
    if source.startswith("models://") or not parts[0].strip() or len(parts) > 2:
        raise Invalid("", f"Invalid model version source: '{source}'. Not a proper models:/ URI.")
    if len(parts) == 1:
        name, at, label = parts[0].rpartition("@")
        if not at:
            return ModelUri(model_id=parts[0])
        if name and label.strip():
            return ModelUri(name=name, alias=label)
    elif parts[1].isdigit():
        return ModelUri(name=parts[0], version=parts[1])
    elif parts[1].lower() == "latest":
        return ModelUri(name=parts[0])
    elif parts[1].strip():
        return ModelUri(name=parts[0], stage=parts[1])
    raise Invalid("", f"Invalid model version source: '{source}'. Not a proper models:/ URI.")


def source(said: str) -> None:
    """Raises Invalid for paths of a machine, and for what leads out of where it begins."""
    try:
        split = urlsplit(said)
    except ValueError as e:
        raise Invalid("", f"Invalid model version source: '{said}': {e}.") from e
    if split.scheme in ("", "file"):
        raise Invalid(
            "",
            f"Invalid model version source: '{said}'. To use a local path as a model version "
            "source, it would have to be the artifacts of a run, and this server keeps those "
            "itself: log the files to a run and register runs:/<run_id>/<path>.",
        )
    decoded, seen = said, None
    while decoded != seen:
        seen, decoded = decoded, unquote_plus(decoded)
    path = re.sub(r"/+", "/", urlsplit(decoded).path.rstrip("/"))
    if "\0" in path or ".." in decoded.split("/") or posixpath.normpath(path) != path:
        raise Invalid(
            "",
            f"Invalid model version source: '{said}'. If supplying a source as an http, https, "
            "local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must "
            "be provided without relative path references present.",
        )


def artifact_path(source: str) -> str:
    """The path below the artifact root that a proxied artifact URI names, or ""."""
    match = _ARTIFACTS.fullmatch(source)
    return match[1].strip("/") if match else ""
