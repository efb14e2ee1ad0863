"""What holds all versions of one name: found or made under a lock, and kept up to date."""

import uuid

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zafiro.assets import store
from zafiro.assets.domain import MODELS, PROMPTS
from zafiro.assets.store import ContainerRow
from zafiro.core import clock
from zafiro.core.errors import Conflict
from zafiro.workspaces.domain import Workspace

# A name is that of a model or that of a prompt.
_RIVALS = {MODELS: PROMPTS, PROMPTS: MODELS}


def locked(
    db: Session, workspace: Workspace, kind: str, name: str, *, by: str
) -> tuple[ContainerRow, bool]:
    """The container, made if need be; writers of one name wait here for each other. True
    when it is new. Raises Conflict for a model with the name of a prompt, and the reverse."""
    row = store.container(db, workspace.guid, kind, name, lock=True)
    if row is not None:
        return row, False
    rival = _RIVALS.get(kind)
    taken = store.container(db, workspace.guid, rival, name) if rival else None
    if taken is not None:
        raise Conflict(
            f"the name '{name}' is taken by one of the workspace's {rival}; models and prompts "
            "share their names, choose another one"
        )
    made = _new(workspace, kind, name, by=by)
    try:
        with db.begin_nested():
            db.add(made)
            db.flush()
    except IntegrityError:  # another writer was quicker (never with SQLite)
        row = store.container(db, workspace.guid, kind, name, lock=True)
        if row is None:
            raise
        return row, False
    return made, True


def refresh(db: Session, row: ContainerRow) -> None:
    """Note which version is the latest now."""
    key = (row.workspace, row.kind, row.name)
    newest = store.newest(db, *key) or store.newest(db, *key, archived=True)
    row.latest = newest.version if newest else ""
    row.type = newest.type if newest else row.type
    row.etag = etag()
    db.flush()


def etag() -> str:
    return f'"{uuid.uuid4().hex}"'


def _new(workspace: Workspace, kind: str, name: str, *, by: str) -> ContainerRow:
    at = clock.now()
    return ContainerRow(
        workspace=workspace.guid,
        kind=kind,
        key=name.lower(),
        name=name,
        tags={},
        aliases={},
        extra={},
        type="",
        latest="",
        counted=0,
        is_archived=False,
        is_anonymous=True,
        etag=etag(),
        created_at=at,
        modified_at=at,
        created_by=by,
    )
