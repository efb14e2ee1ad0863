"""Artifacts are plain files in the workspace's storage account, container `azureml`.

    {storage}/{account}/azureml/ExperimentRun/dcid.{run}/…     what a run logged
    {storage}/{account}/azureml/models/{model id}/…            a logged model without a run
    {storage}/{account}/azureml/traces/{trace id}/…            a trace without a job
    {storage}/{account}/azureml/LocalUpload/{id}/…             what azureml-core uploads besides
    {storage}/{account}/azureml/{folder}/{run}/artifacts/…     of an experiment with a place of its
    {storage}/{…}/{container}/{folder}/{run}/artifacts/…         own, here or in a datastore

The blob face serves the same files, so they lie exactly as a blob upload would leave them.
"""

import os
import re
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from zafiro.core.errors import Invalid, Unsupported
from zafiro.core.home import Home
from zafiro.core.names import artifact_root
from zafiro.tracking.domain import Head, Place, Run
from zafiro.workspaces.domain import Workspace

CONTAINER = "azureml"
SCHEME = "mlflow-artifacts:/"
# Beside the storage accounts, never in one: a half-written file is nobody's blob.
_PARTS = ".parts"

STORAGE = ".storage"  # the first segment of an artifact path in another container
# What has a meaning at the top of the container, so no experiment may place itself there.
_RESERVED = frozenset({"ExperimentRun", "models", "traces", "LocalUpload", STORAGE, "azureml"})

INVALID_PATH = "Invalid path"  # word for word what MLflow's server says
_MOST_BYTES = 255  # of the name of a file

_OWNER = re.compile(
    r"(?:ExperimentRun/dcid\.(?P<run>[^/]+)|models/(?P<model>[^/]+)|traces/(?P<trace>[^/]+))"
    r"(?:/(?P<path>.*))?"
)


@dataclass(frozen=True)
class File:
    """`path` below the folder that was listed."""

    path: str
    is_folder: bool
    size_bytes: int


@dataclass(frozen=True)
class Owner:
    """Whose artifacts a path may be about: of the run whose folder that is, of one logged model
    without a run, or of one trace without a job (those of a job lie below its run)."""

    run: str | None
    model: str | None
    folder: str
    trace: str | None = None


def run_folder(run_id: str) -> str:
    return artifact_root(run_id)


def run_uri(run_id: str) -> str:
    """Without a host: the MLflow client then goes through the tracking URI it has."""
    return SCHEME + run_folder(run_id)


def folder_of(run: Run | Head) -> str:
    """Where a run's artifacts are. Raises Unsupported when its experiment keeps them elsewhere."""
    if run.place is None or run.owned:  # a job's runner writes before anybody could ask
        return run_folder(run.run_id)
    if run.place.folder is None:
        raise Unsupported(
            f"reading artifacts in '{run.place.location}', where the run's experiment keeps them,"
        )
    return f"{run.place.folder}/{run.run_id}/artifacts"


def uri_of(run: Run | Head) -> str:
    place = run.place
    if place is None or run.owned:
        return run_uri(run.run_id)
    root = place.location.rstrip("/") if place.folder is None else SCHEME + place.folder
    return f"{root}/{run.run_id}/artifacts"


def chosen(location: str) -> Place | None:
    """The place a caller wants an experiment's artifacts in; None for the usual one. Whether a
    datastore of ours is meant is for others to find out. Raises Invalid."""
    said = location.strip().rstrip("/")
    if "#" in said or "?" in said or "\0" in said:
        raise Invalid("artifact_location", "has a query or a fragment, which no artifact URI has")
    if said in (f"{SCHEME}ExperimentRun", ""):
        return None
    if not said.startswith(SCHEME):
        return Place(said, None)
    if said.startswith(SCHEME + "/") and not said.startswith(SCHEME + "//"):
        return Place(said, None)  # names a host: another server's
    folder = safe(said[len(SCHEME) :].lstrip("/"))
    if folder.split("/", 1)[0] in _RESERVED:
        raise Invalid(
            "artifact_location",
            f"'{location}' is below '{folder.split('/', 1)[0]}', which the server keeps for "
            f"itself; choose another folder, as {SCHEME}mine",
        )
    return Place(said, folder)


def in_storage(account: str, container: str, name: str) -> str:
    """The artifact path of a folder in any container of this server."""
    return "/".join(part for part in (STORAGE, account, container, name.strip("/")) if part)


def owners(path: str) -> list[Owner]:
    """Whose it may be; which run's folder that really is, only the run can tell. [] for what is
    nobody's and so the workspace's. Raises Invalid for what the server keeps for itself."""
    path = safe(path)
    match = _OWNER.fullmatch(path)
    if match is not None:
        folder = path.removesuffix(f"/{match['path']}") if match["path"] else path
        return [Owner(match["run"], match["model"], folder.rstrip("/"), match["trace"])]
    parts = path.split("/")
    found = [
        Owner(parts[n - 1], None, "/".join(parts[: n + 1]))
        for n in range(2, len(parts))
        if parts[n] == "artifacts"
    ]
    if not found and parts[0] in _RESERVED:
        raise Invalid(
            "path",
            f"'{path}' is not below ExperimentRun/dcid.{{run}}, models/{{id}}, traces/{{id}} or a "
            f"run's folder, and the rest of '{parts[0]}' the server keeps for itself",
        )
    return found


def safe(path: str) -> str:
    """The path if it stays where it is put. Raises Invalid, as MLflow's validate_path_is_safe."""
    seen, decoded = None, path
    while decoded != seen:  # %252e%252e must not become .. in somebody's second decoding
        seen, decoded = decoded, unquote(decoded)
    parts = PurePosixPath(decoded.replace("\\", "/")).parts
    if (
        not path
        or any(part in ("..", "/") or part.endswith(":") for part in parts)
        or "\0" in decoded
        or "#" in path
        or any(len(part.encode()) > _MOST_BYTES for part in path.split("/"))
        or decoded.startswith("~")
    ):
        raise Invalid("", INVALID_PATH)
    return path.strip("/")


def blob(workspace: Workspace, path: str) -> tuple[str, str, str]:
    """(account, container, name) of the blob that an artifact path is. Raises Invalid."""
    path = safe(path)
    if not path.startswith(f"{STORAGE}/"):
        return workspace.storage_account, CONTAINER, path
    parts = path.split("/", 3)
    if len(parts) < 4:
        raise Invalid("", f"Invalid path: {path!r}")
    return parts[1], parts[2], parts[3]


def place(home: Home, workspace: Workspace, path: str) -> Path:
    """The file behind an artifact path. Raises Invalid if it would leave its container. Whether
    the caller may, is asked before: the path of a datastore may lead anywhere in storage."""
    account, container, name = blob(workspace, path)
    return place_in(home.storage / account / container, name)


def container(home: Home, workspace: Workspace) -> Path:
    return home.storage / workspace.storage_account / CONTAINER


def place_in(folder: Path, path: str) -> Path:
    root = folder.resolve()
    found = (root / safe(path)).resolve()
    if not found.is_relative_to(root):
        raise Invalid("", INVALID_PATH)
    return found


def listing(home: Home, workspace: Workspace, folder: str) -> list[File]:
    """What lies directly in it, by name; [] for a file or nothing."""
    return list_in(place(home, workspace, folder))


def list_in(here: Path) -> list[File]:
    if not here.is_dir():
        return []
    found = []
    with os.scandir(here) as entries:
        for entry in entries:
            if entry.is_dir():
                found.append(File(entry.name, True, 0))
            elif entry.is_file():
                found.append(File(entry.name, False, entry.stat().st_size))
    return sorted(found, key=lambda file: file.path)


def walk(home: Home, workspace: Workspace, folder: str) -> list[str]:
    """Every file below it, relative, by name."""
    here = place(home, workspace, folder)
    found = [
        os.path.relpath(os.path.join(base, name), here).replace(os.sep, "/")
        for base, _, names in os.walk(here)
        for name in names
    ]
    return sorted(found)


def part(home: Home) -> Path:
    """A new place to write a file that `publish` then moves to where it belongs."""
    folder = home.storage / _PARTS
    folder.mkdir(parents=True, exist_ok=True)
    return folder / uuid.uuid4().hex


def publish(home: Home, workspace: Workspace, written: Path, path: str) -> None:
    """Readers see the whole file or the one before. Raises Invalid when a folder has that name."""
    target = place(home, workspace, path)
    if target.is_dir():
        raise Invalid("path", f"'{path}' is a folder already")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as e:
        raise Invalid("path", f"something above '{path}' is a file already") from e
    os.replace(written, target)


def append(home: Home, workspace: Workspace, written: Path, path: str) -> None:
    """To the end of what is there, or the first of it. Raises Invalid when a folder has that
    name."""
    target = place(home, workspace, path)
    if not target.is_file():
        publish(home, workspace, written, path)
        return
    with written.open("rb") as more, target.open("ab") as file:
        shutil.copyfileobj(more, file)


def remove(home: Home, workspace: Workspace, path: str) -> None:
    """A file, or a folder with all in it; nothing there is fine."""
    target = place(home, workspace, path)
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
