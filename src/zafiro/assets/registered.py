"""Registered models and prompts, as MLflow's registry speaks of them.

They are the rows that ARM shows as models. Prompts are a kind of their own, so that ARM's models are
models only; a name is one or the other, and becomes the other when the tag that tells them apart is
set or taken away. Functions of an open session; every writer of a name holds its container's lock.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from zafiro.assets import store
from zafiro.assets.containers import etag, locked, refresh
from zafiro.assets.domain import KINDS, MODELS, PROMPTS, Asset, Container, Json, text
from zafiro.assets.search import latest as latest
from zafiro.assets.search import models as search
from zafiro.assets.search import versions as search_versions
from zafiro.assets.sources import Look, flavors
from zafiro.assets.store import ContainerRow, VersionRow
from zafiro.core import clock
from zafiro.core.errors import Conflict, Denied, Invalid, NotFound, Unsupported
from zafiro.workspaces.domain import Workspace

__all__ = [
    "PROMPT_TAG",
    "add",
    "create",
    "describe",
    "find",
    "get",
    "is_prompt",
    "latest",
    "rename",
    "search",
    "search_versions",
    "set_alias",
    "set_tag",
    "set_version_tag",
    "shape",
    "transition",
    "update_version",
    "version",
]

PROMPT_TAG = "mlflow.prompt.is_prompt"


def find(db: Session, workspace: Workspace, name: str) -> Container | None:
    """A model or a prompt; Azure's names do not differ by case."""
    row = _find(db, workspace, name)
    return None if row is None else store.about(workspace.id, row)


def get(db: Session, workspace: Workspace, name: str, *, lock: bool = False) -> Container:
    """`lock`: writers of the name wait until this transaction ends. Raises NotFound."""
    return store.about(workspace.id, _held(db, workspace, name, lock=lock))


def create(
    db: Session,
    workspace: Workspace,
    name: str,
    *,
    description: str | None,
    tags: Mapping[str, str],
    by: str,
) -> Container:
    """Without a version. Raises Conflict when there is one of that name, in any case."""
    row, new = locked(db, workspace, _kind(tags), name, by=by)
    if not new:
        raise Conflict(f"Registered Model (name={row.name}) already exists.")
    row.description, row.tags, row.is_anonymous = description, dict(tags), False
    db.flush()
    return store.about(workspace.id, row)


def rename(db: Session, workspace: Workspace, name: str, new: str) -> Container:
    """With all versions. Raises NotFound; Conflict when the name is taken."""
    row = _held(db, workspace, name)
    taken = _find(db, workspace, new)
    if taken is not None and taken is not row:
        raise Conflict(
            f"Registered Model (name={taken.name}) already exists."
            + (" Names do not differ by case here." if taken.name != new else "")
        )
    at = clock.now()
    _move(db, row, row.kind, new, modified_at=at)
    row.modified_at, row.etag = at, etag()
    db.flush()
    return store.about(workspace.id, row)


def describe(db: Session, workspace: Workspace, name: str, description: str | None) -> Container:
    row = _held(db, workspace, name)
    row.description, row.modified_at, row.etag = description, clock.now(), etag()
    db.flush()
    return store.about(workspace.id, row)


def set_tag(db: Session, workspace: Workspace, name: str, key: str, value: str | None) -> Container:
    """None takes it away; one that is not there is fine."""
    row = _held(db, workspace, name)
    row.tags = _with(row.tags, key, value)
    if key == PROMPT_TAG and _kind(row.tags) != row.kind:
        _move(db, row, _kind(row.tags), row.name)
    row.etag = etag()
    db.flush()
    return store.about(workspace.id, row)


def set_alias(
    db: Session, workspace: Workspace, name: str, alias: str, version: str | None
) -> Container:
    """None takes it away. Raises NotFound for a version that is not there."""
    row = _held(db, workspace, name)
    if version is not None:
        version = _version(db, row, version).version
    row.aliases = _with(row.aliases, alias, version)
    row.etag = etag()
    db.flush()
    return store.about(workspace.id, row)


def add(
    db: Session,
    workspace: Workspace,
    name: str,
    properties: Mapping[str, Json],
    *,
    notes: Mapping[str, Json],
    source: str,
    run_id: str,
    by: str,
) -> Asset:
    """The next version. Raises NotFound for an unknown name, Invalid for an archived one."""
    row = _held(db, workspace, name)
    if row.is_archived:
        raise Invalid("name", f"model '{row.name}' is archived; restore it before adding a version")
    of, at = KINDS[MODELS], clock.now()
    is_model = row.kind == MODELS
    row.counted += 1
    made = VersionRow(
        workspace=workspace.guid,
        kind=row.kind,
        key=row.key,
        version_key=str(row.counted),
        name=row.name,
        version=str(row.counted),
        counted=row.counted,
        body={"properties": dict(properties), "mlflow": dict(notes)},
        type=of.type(properties) if is_model else "",
        uri=text(properties, of.uri),
        hash="",
        stage="",
        source=source,
        run_id=run_id,
        is_archived=False,
        is_anonymous=False,
        etag=etag(),
        created_at=at,
        modified_at=at,
        created_by=by,
    )
    db.add(made)
    row.is_anonymous, row.modified_at = False, at
    db.flush()
    refresh(db, row)
    return store.asset(workspace.id, made)


def version(db: Session, workspace: Workspace, name: str, version: str) -> Asset:
    """Raises NotFound."""
    row = _held(db, workspace, name, lock=False)
    return store.asset(workspace.id, _version(db, row, version))


def update_version(
    db: Session, workspace: Workspace, name: str, version: str, *, description: str | None
) -> Asset:
    row = _version(db, _held(db, workspace, name), version)
    _say(row, "description", description)
    row.modified_at = clock.now()
    db.flush()
    return store.asset(workspace.id, row)


def set_version_tag(
    db: Session, workspace: Workspace, name: str, version: str, key: str, value: str | None
) -> Asset:
    """None takes it away."""
    row = _version(db, _held(db, workspace, name), version)
    _say(row, "tags", _with(row.body["properties"].get("tags") or {}, key, value))
    db.flush()
    return store.asset(workspace.id, row)


def transition(
    db: Session,
    workspace: Workspace,
    name: str,
    version: str,
    stage: str,
    *,
    alone: str = "",
) -> Asset:
    """To a stage ("" for none); with `alone`, others in that stage go to the stage it names."""
    holder = _held(db, workspace, name)
    row, at = _version(db, holder, version), clock.now()
    if alone:
        others = store.versions(
            db, workspace.guid, holder.kind, holder.name, archived=None, stage=stage
        )
        for other in others:
            if other is not row:
                _to_stage(other, alone)
                other.modified_at = at
    _to_stage(row, stage)
    row.modified_at = holder.modified_at = at
    holder.etag = etag()
    db.flush()
    return store.asset(workspace.id, row)


def shape(uri: str, look: Look) -> dict[str, Json]:
    """What of a model can be read from its files, when they are on this machine already: MLflow
    registers models whose files come later, or lie elsewhere."""
    try:
        found = look(uri)
        if found is not None and (found / "MLmodel").is_file():
            return {"modelType": "mlflow_model", "flavors": flavors(found, uri)}
    except (Invalid, NotFound, Denied, Unsupported, OSError):
        pass
    return {"modelType": "custom_model"}


def is_prompt(tags: Mapping[str, Any]) -> bool:
    return str(tags.get(PROMPT_TAG, "")).lower() == "true"


def _kind(tags: Mapping[str, Any]) -> str:
    return PROMPTS if is_prompt(tags) else MODELS


def _find(
    db: Session, workspace: Workspace, name: str, *, lock: bool = False
) -> ContainerRow | None:
    return store.container(db, workspace.guid, MODELS, name, lock=lock) or store.container(
        db, workspace.guid, PROMPTS, name, lock=lock
    )


def _held(db: Session, workspace: Workspace, name: str, *, lock: bool = True) -> ContainerRow:
    row = _find(db, workspace, name, lock=lock)
    if row is None:
        raise NotFound("model", name, f"Registered Model with name={name} not found")
    return row


def _version(db: Session, holder: ContainerRow, version: str) -> VersionRow:
    row = store.version(db, holder.workspace, holder.kind, holder.name, version)
    if row is None:
        raise NotFound(
            "model version",
            f"{holder.name}:{version}",
            f"Model Version (name={holder.name}, version={version}) not found",
        )
    return row


def _move(db: Session, row: ContainerRow, kind: str, name: str, **values: Any) -> None:
    """Another kind or another name, for it and all its versions."""
    old = (VersionRow.workspace == row.workspace, VersionRow.kind == row.kind)
    db.execute(
        update(VersionRow)
        .where(*old, VersionRow.key == row.key)
        .values(kind=kind, key=name.lower(), name=name, **values)
    )
    row.kind, row.key, row.name = kind, name.lower(), name
    db.flush()
    db.expire_all()


def _say(row: VersionRow, key: str, value: Json) -> None:
    """None takes it away."""
    properties = {k: v for k, v in row.body["properties"].items() if k != key}
    if value is not None:
        properties[key] = value
    row.body = {**row.body, "properties": properties}
    row.etag = etag()


def _to_stage(row: VersionRow, stage: str) -> None:
    row.stage = stage
    _say(row, "stage", stage or None)


def _with(kept: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    rest = dict(kept)
    rest.pop(key, None)
    return rest if value is None else {**rest, key: value}
