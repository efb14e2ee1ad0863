"""Pictures that several runs logged, side by side."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.core.errors import ZafiroError
from zafiro.studio import compare_wire as wire
from zafiro.studio.pictures import IMAGES, logged
from zafiro.tracking import overview as runs
from zafiro.workspaces.domain import Workspace

_RUNS = 20
_MOST = 400  # pictures of a run that are looked at


def gallery(ctx: Context, db: Session, workspace: Workspace, names: Sequence[str]) -> wire.Gallery:
    """By key, and by path for pictures that were logged as files. Of the first 20 runs."""
    found = runs.by_ids(db, workspace.guid, list(dict.fromkeys(names)))
    limits = []
    if len(found) > _RUNS:
        limits.append(f"Pictures of the first {_RUNS} of {len(found)} jobs are shown.")
    keys: dict[str, list[wire.Shot]] = {}
    for run in found[:_RUNS]:
        paths = []
        for folder in ("", "images"):
            try:
                listed = runs.files(ctx.home, workspace, run, folder)
            except ZafiroError:  # kept elsewhere, or no such folder
                continue
            below = f"{folder}/" if folder else ""
            paths += [below + f.path for f in listed if not f.is_folder]
        pictures = [path for path in paths if path.lower().endswith(IMAGES)]
        if len(pictures) > _MOST:
            limits.append(f"The first {_MOST} of {len(pictures)} pictures of {run.name} are shown.")
        for path in pictures[:_MOST]:
            said = logged(path)
            if said is not None and said.small:
                continue
            step = said.step if said else 0
            shot = wire.Shot(run=run.run_id, step=step, path=path)
            keys.setdefault(said.key if said else path, []).append(shot)
    return wire.Gallery(
        keys=[
            wire.Shots(key=key, pictures=sorted(of, key=lambda p: p.step))
            for key, of in sorted(keys.items(), key=lambda one: (-len(one[1]), one[0]))
        ],
        limits=limits,
    )
