"""Assets to read: data, models, environments, components. And what is found by name."""

import json
import math
from typing import Any

import yaml
from sqlalchemy.orm import Session

from zafiro.assets import service as assets
from zafiro.assets.domain import Asset, section, text
from zafiro.core.context import Context
from zafiro.core.errors import NotFound, ZafiroError
from zafiro.studio import asset_files, asset_wire, building, mlmodel, origins, wire
from zafiro.studio.rows import number, rows, short
from zafiro.tracking import overview as runs
from zafiro.tracking.domain import Run
from zafiro.workspaces.domain import Workspace

KINDS = ("data", "models", "environments", "components")
_VERSIONS = 200


def check(kind: str) -> str:
    """Raises NotFound for what there is no page of."""
    if kind not in KINDS:
        raise NotFound("kind of asset", kind, f"there are {', '.join(KINDS)}")
    return kind


def listed(
    ctx: Context, db: Session, workspace: Workspace, kind: str, *, archived: bool
) -> asset_wire.Assets:
    """By name. `archived`: those put away, instead of the others."""
    found = assets.containers(db, workspace, check(kind), archived=archived)
    builds = building.states(ctx, db, workspace, found) if kind == "environments" else {}
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
                aliases=dict(one.aliases),
                build=builds.get(one.name),
            )
            for one in found
        ],
    )


def find(db: Session, workspace: Workspace, kind: str, name: str, version: str) -> Asset:
    """One version; "latest" is the newest. Raises NotFound."""
    if version == "latest":
        return assets.latest(db, workspace, check(kind), name)
    return assets.get(db, workspace, check(kind), name, version)


def asset(
    ctx: Context, db: Session, workspace: Workspace, kind: str, name: str, version: str
) -> asset_wire.Asset:
    """One version with everything its page shows first. Raises NotFound."""
    found = find(db, workspace, kind, name, version)
    holder = assets.container(db, workspace, kind, name)
    others, _ = assets.versions(db, workspace, kind, name, archived=None, limit=_VERSIONS)
    made_by = _maker(workspace, found)
    run = next(iter(runs.by_ids(db, workspace.guid, [made_by])), None) if made_by else None
    is_model = kind == "models"
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
        put_away=holder.is_archived,
        tags=_tags(found.properties),
        stage=found.stage,
        aliases=sorted(a for a, v in holder.aliases.items() if v == found.version),
        definition=definition(found),
        load=_load(found),
        versions=[one.version for one in others],
        made_by=run.run_id if run else None,
        source=_source(ctx, db, workspace, run) if run and is_model else None,
        model=_model(ctx, db, workspace, found) if is_model else None,
        component=_component(workspace, found) if kind == "components" else None,
        parts=[*(["files"] if found.uri else []), *(["build"] if kind == "environments" else [])],
    )


def versions(db: Session, workspace: Workspace, kind: str, name: str) -> asset_wire.Versions:
    """Raises NotFound."""
    holder = assets.container(db, workspace, check(kind), name)
    found, _ = assets.versions(db, workspace, kind, name, archived=None, limit=_VERSIONS)
    makers = {one.version: _maker(workspace, one) for one in found}
    ids = sorted({id for id in makers.values() if id})
    known = {run.run_id: run for run in runs.by_ids(db, workspace.guid, ids)}
    latest = runs.latest(db, [r.key for r in known.values()]) if kind == "models" else {}
    made = []
    for one in found:
        run = known.get(makers[one.version] or "")
        points = latest.get(run.key, []) if run else []
        made.append(
            asset_wire.Version(
                version=one.version,
                created=one.created_at,
                created_by=one.created_by,
                archived=one.is_archived,
                type=one.type,
                stage=one.stage,
                description=text(one.properties, "description") or None,
                made_by=run.run_id if run else None,
                metrics={p.key: _finite(p.value) for p in points if not _system(p.key)},
            )
        )
    return asset_wire.Versions(
        kind=kind,
        name=holder.name,
        description=holder.description,
        tags={str(k): str(v) for k, v in holder.tags.items()},
        archived=holder.is_archived,
        aliases=dict(holder.aliases),
        versions=made,
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


def _maker(workspace: Workspace, found: Asset) -> str | None:
    origin = origins.of_asset(workspace, found)
    return origin.thing.name if origin is not None and origin.thing.kind == "jobs" else None


def _tags(properties: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in section(properties, "tags").items()}


def _source(ctx: Context, db: Session, workspace: Workspace, run: Run) -> asset_wire.Source:
    (row,) = rows(ctx, db, workspace, [run])
    points = runs.latest(db, [run.key]).get(run.key, [])
    return asset_wire.Source(
        row=row,
        params=dict(sorted(runs.params(db, [run.key]).get(run.key, {}).items())),
        metrics={p.key: _finite(p.value) for p in points if not _system(p.key)},
    )


def _finite(value: float) -> float | None:
    shown = number(value)
    return shown if isinstance(shown, float) and math.isfinite(shown) else None


def _system(key: str) -> bool:
    return key.startswith("system/")


def _model(
    ctx: Context, db: Session, workspace: Workspace, found: Asset
) -> asset_wire.MlModel | None:
    try:
        return mlmodel.read(asset_files.root(ctx, db, workspace, found))
    except (ZafiroError, OSError) as e:  # its files lie elsewhere, or went: the page stays
        return asset_wire.MlModel(error=str(e)) if found.type == "mlflow_model" else None


def _component(workspace: Workspace, found: Asset) -> asset_wire.Component:
    spec: dict[str, Any] = section(found.properties, "componentSpec")
    environment = spec.get("environment")
    origin = None
    if isinstance(environment, str):
        origin = origins.of_uri(workspace, environment, "", "environments").thing
    code = spec.get("code")
    return asset_wire.Component(
        display_name=text(spec, "display_name") or None,
        command=text(spec, "command") or None,
        environment=f"{origin.name}:{origin.version}"
        if origin and origin.version
        else (environment if isinstance(environment, str) else None),
        linked=bool(origin and origin.kind == "environments"),
        code=short(workspace, code) if isinstance(code, str) else None,
        inputs=_ports(spec.get("inputs")),
        outputs=_ports(spec.get("outputs")),
    )


def _ports(given: Any) -> list[asset_wire.ComponentPort]:
    found = []
    for name, said in (given if isinstance(given, dict) else {}).items():
        about = said if isinstance(said, dict) else {}
        default = about.get("default")
        found.append(
            asset_wire.ComponentPort(
                name=str(name),
                type=str(about.get("type") or "uri_folder"),
                mode=about.get("mode"),
                optional=bool(about.get("optional")),
                default=None if default is None else str(default),
                description=about.get("description"),
            )
        )
    return found


def _load(found: Asset) -> str:
    """How to use it, in the words of its client."""
    name, version = found.name, found.version
    named = json.dumps(f"azureml:{name}:{version}")
    if found.type == "mlflow_model":
        uri = json.dumps(f"models:/{name}/{version}")
        return (
            "import mlflow\n\n"
            f"model = mlflow.pyfunc.load_model({uri})\n"
            "print(model.predict(frame))\n"
        )
    if found.kind == "models":
        return (
            f"ml.models.download({json.dumps(name)}, version={json.dumps(version)})\n\n"
            "from azure.ai.ml import Input\n"
            f'Input(type="{found.type}", path={named})  # in a job\n'
        )
    if found.kind == "data":
        return (
            "from azure.ai.ml import Input, command\n\n"
            'job = command(command="python train.py --data ${{inputs.data}}",\n'
            f'              inputs={{"data": Input(type="{found.type}", path={named})}}, …)\n'
        )
    if found.kind == "environments":
        return f'job = command(command="python train.py", environment={named}, …)\n'
    return (
        f"component = ml.components.get({json.dumps(name)}, version={json.dumps(version)})\n"
        "step = component()  # in a pipeline\n"
    )
