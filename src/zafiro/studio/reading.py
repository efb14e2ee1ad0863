"""Assets to read: data, models, environments, components. And what is found by name."""

from typing import Any

import yaml
from sqlalchemy.orm import Session

from zafiro.assets import service as assets
from zafiro.assets.domain import Asset, text
from zafiro.core.errors import NotFound
from zafiro.studio import asset_wire, wire
from zafiro.tracking import overview as runs
from zafiro.workspaces.domain import Workspace

KINDS = ("data", "models", "environments", "components")


def check(kind: str) -> str:
    """Raises NotFound for what there is no page of."""
    if kind not in KINDS:
        raise NotFound("kind of asset", kind, f"there are {', '.join(KINDS)}")
    return kind


def listed(db: Session, workspace: Workspace, kind: str, *, archived: bool) -> asset_wire.Assets:
    """By name. `archived`: those put away, instead of the others."""
    found = assets.containers(db, workspace, check(kind), archived=archived)
    return asset_wire.Assets(
        kind=kind,
        assets=[
            asset_wire.AssetRow(
                name=one.name,
                version=one.latest,
                type=one.type,
                description=one.description,
                modified=one.modified_at,
                created_by=one.created_by,
                archived=one.is_archived,
            )
            for one in found
        ],
    )


def asset(
    db: Session, workspace: Workspace, kind: str, name: str, version: str
) -> asset_wire.Asset:
    """One version; "latest" is the newest. Raises NotFound."""
    check(kind)
    if version == "latest":
        found = assets.latest(db, workspace, kind, name)
    else:
        found = assets.get(db, workspace, kind, name, version)
    others, _ = assets.versions(db, workspace, kind, name, archived=None, limit=200)
    properties: Any = dict(found.properties)
    tags = properties.get("tags") or {}
    return asset_wire.Asset(
        kind=kind,
        name=found.name,
        version=found.version,
        type=found.type,
        description=text(found.properties, "description") or None,
        uri=found.uri,
        created=found.created_at,
        created_by=found.created_by,
        archived=found.is_archived,
        tags={str(k): str(v) for k, v in tags.items()},
        definition=definition(found),
        versions=[
            asset_wire.Version(
                version=one.version,
                created=one.created_at,
                created_by=one.created_by,
                archived=one.is_archived,
            )
            for one in others
        ],
        made_by=found.run_id or text(found.properties, "jobName") or None,
    )


def definition(found: Asset) -> str:
    """The asset's properties as YAML, without those that are empty."""
    kept = {k: v for k, v in found.properties.items() if v not in (None, {}, [], "")}
    if "condaFile" in kept:  # YAML in YAML reads as one
        kept["condaFile"] = yaml.safe_load(str(kept["condaFile"]))
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)


def search(db: Session, workspace: Workspace, words: str) -> wire.Search:
    """What bears these words in its name: jobs first, then assets; 8 of each at most."""
    given = tuple(words.split())
    found = [
        wire.Found(kind="jobs", name=run.run_id, text=run.name)
        for run in runs.window(
            db, workspace.guid, runs.Wanted(words=given, view="all", children=True), limit=8
        ).runs
    ]
    for kind in KINDS:
        named = [
            wire.Found(kind=kind, name=one.name, text=one.name)
            for one in assets.containers(db, workspace, kind)
            if all(word.lower() in one.name.lower() for word in given)
        ]
        found += named[:8]
    return wire.Search(found=found)
