"""Artifacts as Azure's services name them: an origin, a container in it, a path in that.

Source: azureml-core 1.61 (ArtifactsClient), azureml-mlflow 1.62 (RunArtifactsClient). What a run
has is the very files that MLflow's proxied API and the blob face serve.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from zafiro.core import clock
from zafiro.core.errors import Invalid, NotFound, Unsupported
from zafiro.core.names import ARTIFACT_STORE
from zafiro.mlflow_rest.paging import read_token, write_token
from zafiro.tracking import artifacts, links, service
from zafiro.tracking.ask import Ask
from zafiro.tracking.domain import Run

RUNS, UPLOADS = "ExperimentRun", "LocalUpload"
PAGE = 500
_DOTS = re.compile(r"^(?:\./+)+")


@dataclass(frozen=True)
class Shelf:
    """`folder` is the artifact path all of it lies below."""

    origin: str
    container: str
    folder: str

    def path(self, said: str) -> str:
        """The artifact path of what a client calls `said`: ./outputs/x is outputs/x, and an image
        that azureml-core logs from /tmp/x.png is tmp/x.png. Raises Invalid."""
        return f"{self.folder}/{artifacts.safe(_DOTS.sub('', said).lstrip('/'))}"


def of_run(run: Run) -> Shelf:
    return Shelf(RUNS, f"dcid.{run.run_id}", artifacts.folder_of(run))


def named(asked: Ask, what: str) -> Shelf:
    """The one the path of a request names, once the caller may do that ("read" or "write") there.

    Raises Unsupported for an origin nobody makes here.
    """
    origin, container = asked.ids["origin"], asked.ids["container"]
    if origin.lower() == RUNS.lower():
        run_id = container.removeprefix("dcid.")
        if run_id == container:
            raise NotFound("artifact container", container, "that of a run is dcid.{its id}")
        run = asked.run(what, run_id)
        if what == "write":
            service.check_active(run)
        return of_run(run)
    if origin.lower() == UPLOADS.lower():
        asked.may(f"artifacts/{what}")
        if artifacts.safe(container) != container or "/" in container:
            raise Invalid("container", f"'{container}' is no name of a container")
        return Shelf(UPLOADS, container, f"{UPLOADS}/{container}")
    raise Unsupported(f"the artifact origin '{origin}'; known are {RUNS} and {UPLOADS}, it")


def dto(asked: Ask, shelf: Shelf, path: str) -> dict[str, Any]:
    """ArtifactDto. Raises NotFound."""
    where = shelf.path(path)
    try:
        stat = os.stat(artifacts.place(asked.ctx.home, asked.workspace, where))
    except (FileNotFoundError, NotADirectoryError) as e:
        raise NotFound("artifact", f"{shelf.origin}/{shelf.container}/{path}") from e
    at = clock.iso(datetime.fromtimestamp(stat.st_mtime, timezone.utc))
    return _dto(shelf, path, where, at, f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"')


def _dto(shelf: Shelf, path: str, where: str, at: str, etag: str | None) -> dict[str, Any]:
    made = {
        "artifactId": f"{shelf.origin}/{shelf.container}/{path}",
        "origin": shelf.origin,
        "container": shelf.container,
        "path": path,
        "createdTime": at,
        "dataPath": {"dataStoreName": ARTIFACT_STORE, "relativePath": where},
    }
    return made if etag is None else {**made, "etag": etag}


def info(asked: Ask, shelf: Shelf, path: str, permissions: str) -> dict[str, Any]:
    """ArtifactContentInformationDto: where the bytes are, with a signature of now."""
    return {
        "contentUri": links.blob_url(asked.ctx, asked.workspace, shelf.path(path), permissions),
        "origin": shelf.origin,
        "container": shelf.container,
        "path": path,
    }


def read_info(asked: Ask, shelf: Shelf, path: str) -> dict[str, Any]:
    """The same for something to be read. Raises NotFound, which azureml-core turns into a list
    of what there is."""
    dto(asked, shelf, path)
    return info(asked, shelf, path, "r")


def files(asked: Ask, shelf: Shelf, prefix: str = "") -> list[str]:
    """The paths of all files that begin with `prefix`, in order."""
    prefix = _DOTS.sub("", prefix).lstrip("/")
    below = prefix.rpartition("/")[0] if not prefix.endswith("/") else prefix.rstrip("/")
    folder = f"{shelf.folder}/{artifacts.safe(below)}" if below else shelf.folder
    found = artifacts.walk(asked.ctx.home, asked.workspace, folder)
    whole = (f"{below}/{name}" if below else name for name in found)
    return [name for name in whole if name.startswith(prefix)]


def page(asked: Ask, found: list[str]) -> tuple[list[str], str | None]:
    """The part of a list the request's token asks for, and the token of the next."""
    _, offset = read_token(asked.token())
    some = found[offset : offset + PAGE]
    more = len(found) > offset + len(some)
    return some, write_token(0, offset + len(some)) if more else None


def listing(asked: Ask, shelf: Shelf, prefix: str = "") -> dict[str, Any]:
    """PaginatedArtifactDto."""
    return _paged(asked, files(asked, shelf, prefix), lambda path: dto(asked, shelf, path))


def links_below(asked: Ask, shelf: Shelf, prefix: str = "") -> dict[str, Any]:
    """PaginatedArtifactContentInformationDto: how azureml-core follows logs while they grow."""
    return _paged(asked, files(asked, shelf, prefix), lambda path: info(asked, shelf, path, "r"))


def _paged(asked: Ask, found: list[str], shown: Any) -> dict[str, Any]:
    some, token = page(asked, found)
    answer: dict[str, Any] = {"value": list(_there(some, shown))}
    return answer if token is None else {**answer, "continuationToken": token}


def _there(paths: list[str], shown: Any) -> Iterator[dict[str, Any]]:
    for path in paths:
        try:
            yield shown(path)
        except NotFound:  # removed since it was listed
            continue


def announce(asked: Ask, shelf: Shelf, paths: list[str]) -> dict[str, Any]:
    """BatchArtifactContentInformationDto: places for files to come. Nothing is written: what the
    client then uploads makes the artifact (azureml-mlflow refuses to upload over a file)."""
    now = clock.iso(clock.now())
    made: dict[str, Any] = {}
    infos: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for path in paths:
        try:
            made[path] = _dto(shelf, path, shelf.path(path), now, None)
            infos[path] = info(asked, shelf, path, write_permissions(asked, shelf))
        except Invalid as e:
            errors[path] = {"error": {"code": "BadRequest", "message": str(e)}}
    return {"artifacts": made, "artifactContentInformation": infos, "errors": errors}


def write_permissions(asked: Ask, shelf: Shelf) -> str:
    """A job may add to what was uploaded for the workspace, and change nothing of it."""
    return "rc" if shelf.origin == UPLOADS and asked.caller.job else "racw"
