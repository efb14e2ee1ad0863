"""Artifacts are plain files in the workspace's storage account, container `azureml`.

    {storage}/{account}/azureml/ExperimentRun/dcid.{run}/…     what a run logged
    {storage}/{account}/azureml/models/{model id}/…            a logged model without a run

The blob face serves the same files, so they lie exactly as a blob upload would leave them.
"""

import os
import re
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from zafiro.core.errors import Invalid
from zafiro.core.home import Home
from zafiro.core.names import artifact_root
from zafiro.workspaces.domain import Workspace

CONTAINER = "azureml"
SCHEME = "mlflow-artifacts:/"
# Beside the storage accounts, never in one: a half-written file is nobody's blob.
_PARTS = ".parts"

INVALID_PATH = "Invalid path"  # word for word what MLflow's server says
_MOST_BYTES = 255  # of the name of a file

_OWNER = re.compile(
    r"(?:ExperimentRun/dcid\.(?P<run>[^/]+)|models/(?P<model>[^/]+))(?:/(?P<path>.*))?"
)


@dataclass(frozen=True)
class File:
    """`path` below the folder that was listed."""

    path: str
    is_folder: bool
    size_bytes: int


@dataclass(frozen=True)
class Owner:
    """Whose artifacts a path is about: of one run, or of one logged model without a run."""

    run: str | None
    model: str | None


def run_folder(run_id: str) -> str:
    return artifact_root(run_id)


def run_uri(run_id: str) -> str:
    """Without a host: the MLflow client then goes through the tracking URI it has."""
    return SCHEME + run_folder(run_id)


def owner(path: str) -> Owner:
    """Raises Invalid for a path that belongs to no run or model."""
    match = _OWNER.fullmatch(safe(path))
    if match is None:
        raise Invalid("path", f"'{path}' is not below ExperimentRun/dcid.{{run}} or models/{{id}}")
    return Owner(match["run"], match["model"])


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


def place(home: Home, workspace: Workspace, path: str) -> Path:
    """The file behind a path of the container. Raises Invalid if it would leave it."""
    return place_in(home.storage / workspace.storage_account / CONTAINER, path)


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


def remove(home: Home, workspace: Workspace, path: str) -> None:
    """A file, or a folder with all in it; nothing there is fine."""
    target = place(home, workspace, path)
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
