"""How the places of assets are spelled, and the references that name assets. Pure."""

import re
from dataclasses import dataclass

from zafiro.arm import ids
from zafiro.arm.ids import ResourceId
from zafiro.core.errors import Invalid, Unsupported
from zafiro.core.names import ARTIFACT_STORE, artifact_root
from zafiro.workspaces.domain import Workspace

_SHORT = re.compile(r"azureml://datastores/([^/]+)/(?:paths/+)?(.*)", re.IGNORECASE)
_LONG = re.compile(
    r"azureml://subscriptions/([^/]+)/resourcegroups/([^/]+)/"
    r"(?:providers/Microsoft\.MachineLearningServices/)?workspaces/([^/]+)/"
    r"datastores/([^/]+)/(?:paths/+)?(.*)",
    re.IGNORECASE,
)
_JOB = re.compile(r"azureml://jobs/([^/]+)/outputs/([^/]+)(?:/paths)?/*(.*)", re.IGNORECASE)
_RUN = re.compile(r"runs:/+([^/]+)/*(.*)", re.IGNORECASE)
_LOCATED = re.compile(
    r"azureml://locations/[^/]+/workspaces/([^/]+)/([^/]+)/([^/]+)/versions/([^/]+)", re.IGNORECASE
)

# Outputs of every job that are its run's artifacts, under their own paths.
_ARTIFACTS = ("artifacts", "default")


@dataclass(frozen=True)
class Stored:
    """A path in a datastore of the workspace."""

    datastore: str
    path: str


@dataclass(frozen=True)
class JobOutput:
    """A path in a named output of a job."""

    job: str
    output: str
    path: str


def place(workspace: Workspace, uri: str) -> Stored | JobOutput | None:
    """What `uri` names in the workspace; None for a place elsewhere."""
    if match := _JOB.fullmatch(uri):
        job, output, path = match.groups()
        if output.lower() in _ARTIFACTS:
            return _artifact(job, path)
        return JobOutput(job, output, path)
    if match := _RUN.fullmatch(uri):
        return _artifact(*match.groups())
    if match := _LONG.fullmatch(uri):
        *room, datastore, path = match.groups()
        own = (workspace.subscription, workspace.group, workspace.name)
        if [part.lower() for part in room] != [part.lower() for part in own]:
            return None
        return Stored(datastore, path)
    if match := _SHORT.fullmatch(uri):
        return Stored(*match.groups())
    return None


def _artifact(run: str, path: str) -> Stored:
    return Stored(ARTIFACT_STORE, f"{artifact_root(run)}/{path}")


def run_of(uri: str) -> str:
    """The run or job a URI names, or ""."""
    match = _JOB.fullmatch(uri) or _RUN.fullmatch(uri)
    return match[1] if match else ""


def long(workspace: Workspace, stored: Stored) -> str:
    """As azure-ai-ml 1.35.2 can download it: it cannot read job and run URIs back."""
    return (
        f"azureml://subscriptions/{workspace.subscription}/resourcegroups/{workspace.group}"
        f"/workspaces/{workspace.name}/datastores/{stored.datastore}/paths/{stored.path}"
    )


@dataclass(frozen=True)
class Reference:
    """An asset as it was named: version and label exclude each other, both may be missing.

    room: the id of the workspace it was said to be in, or its GUID, or "" for one's own.
    """

    kind: str
    name: str
    version: str = ""
    label: str = ""
    room: str = ""


def reference(written: str, kind: str = "") -> Reference:
    """`azureml:name:version`, `azureml:name@label`, an ARM id of a version, label or container
    (any case, with or without `azureml:`), or `azureml://locations/…`.

    `kind` is needed for the short forms. Raises Invalid, and Unsupported for registries.
    """
    if written.lower().startswith("azureml://registries/"):
        raise Unsupported(f"an asset of a registry ({written})")
    if match := _LOCATED.fullmatch(written):
        room, kind, name, version = match.groups()
        return Reference(kind.lower(), name, version, room=room)
    plain = ids.plain(written)
    if plain.lower().lstrip("/").startswith("subscriptions/"):
        return _of_id(written, "/" + plain.lstrip("/"))
    if not kind:
        raise Invalid("reference", f"'{written}' does not say what kind of asset it is")
    name, at, label = plain.partition("@")
    if at:
        return Reference(kind, name, label=label)
    name, _, version = plain.partition(":")
    if not name or "/" in plain:
        raise Invalid(
            "reference", f"'{written}' is neither an ARM id, nor name:version, nor name@label"
        )
    return Reference(kind, name, version)


def _of_id(written: str, path: str) -> Reference:
    try:
        id, odd = ids.parse(path)
    except ValueError as e:
        raise Invalid("reference", f"'{written}' is not an ARM id") from e
    parts = id.segments
    if odd or len(parts) not in (4, 6) or parts[0].lower() != "workspaces":
        raise Invalid("reference", f"'{written}' is not the id of an asset")
    room = str(ResourceId(id.subscription, id.group, id.provider, parts[:2]))
    kind, name = parts[2].lower(), parts[3]
    if len(parts) == 4:
        return Reference(kind, name, room=room)
    what = parts[4].lower()
    if what == "labels":
        return Reference(kind, name, label=parts[5], room=room)
    if what != "versions":
        raise Invalid("reference", f"'{written}' is not the id of an asset's version")
    return Reference(kind, name, parts[5], room=room)
