"""The code a job was sent with, to read: its tree and the head of each file."""

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.core.errors import Invalid, NotFound
from zafiro.jobs import overview as jobs
from zafiro.studio import job_wire
from zafiro.tracking import overview as runs
from zafiro.tracking import service as tracking
from zafiro.workspaces.domain import Workspace

_MOST = 5000  # files of a tree


@dataclass(frozen=True)
class Snapshot:
    """root None: nothing was sent. why: what is said instead."""

    root: Path | None
    why: str


def of(ctx: Context, db: Session, workspace: Workspace, name: str) -> Snapshot:
    """Raises NotFound for a run that is not there."""
    run = tracking.get_run(db, workspace.guid, name)
    kept = jobs.find(db, workspace.guid, run.run_id)
    if kept is None:
        return Snapshot(None, "run")
    try:
        root = jobs.code_folder(ctx, db, workspace, kept)
    except Invalid:
        return Snapshot(None, "gone")
    if root is None:
        return Snapshot(None, "none")
    return Snapshot(root, "") if root.is_dir() else Snapshot(None, "gone")


def tree(snapshot: Snapshot) -> tuple[list[job_wire.File], bool]:
    """(every file below it by path, whether there are more than are listed)."""
    found, more = files(snapshot, at_most=_MOST)
    shown = [
        job_wire.File(path=path, folder=False, size_bytes=place.stat().st_size)
        for path, place in found.items()
    ]
    return shown, more


def files(snapshot: Snapshot, *, at_most: int) -> tuple[dict[str, Path], bool]:
    """({path: file}, whether there are more). Links are not followed out of it."""
    found: dict[str, Path] = {}
    if snapshot.root is None:
        return found, False
    for base, folders, names in os.walk(snapshot.root):
        folders.sort()
        for name in sorted(names):
            place = Path(base, name)
            if place.is_symlink() or not place.is_file():
                continue
            if len(found) == at_most:
                return found, True
            found[place.relative_to(snapshot.root).as_posix()] = place
    return found, False


def file(snapshot: Snapshot, path: str) -> Path:
    """Raises NotFound, Invalid for a path that leaves it."""
    if snapshot.root is None:
        raise NotFound("code", path)
    found = runs.inside(snapshot.root, path)
    if not found.is_file():
        raise NotFound("file", path, "the job's code has no file of that name")
    return found
