"""model-versions/*, verb by verb."""

from typing import Any

from sqlalchemy.orm import Session

from zafiro.assets.domain import PROMPTS, Asset
from zafiro.assets.service import registered
from zafiro.mlflow_rest.call import Call
from zafiro.mlflow_rest.paging import paged
from zafiro.registry import events, places, service, wire
from zafiro.registry.mlflow_models import needed


def create(call: Call) -> Any:
    said = call.read(wire.CreateVersion)
    needed(said, "name", "source")
    call.may("models/versions/write")
    with call.ctx.db.begin() as db:
        made = service.create_version(
            call.ctx,
            db,
            call.workspace,
            said.name,
            said.source,
            run_id=said.run_id or None,
            model_id=said.model_id or None,
            run_link=said.run_link,
            tags=wire.tags(said.tags),
            description=said.description or "",
            by=call.caller.name,
        )
        queued = events.version_created(db, call.guid, made)
        answer = {"model_version": _shown(db, call, made)}
    events.wake(call.ctx, queued)
    return answer


def get(call: Call) -> Any:
    said = call.read(wire.Version)
    needed(said, "name", "version")
    call.may("models/versions/read")
    with call.ctx.db.read() as db:
        found = service.get_version(db, call.workspace, said.name, said.version)
        return {"model_version": _shown(db, call, found)}


def update(call: Call) -> Any:
    said = call.read(wire.DescribeVersion)
    needed(said, "name", "version")
    call.may("models/versions/write")
    with call.ctx.db.begin() as db:
        changed = service.describe_version(
            db, call.workspace, said.name, said.version, said.description
        )
        return {"model_version": _shown(db, call, changed)}


def remove(call: Call) -> Any:
    said = call.read(wire.Version)
    needed(said, "name", "version")
    call.may("models/versions/delete")
    with call.ctx.db.begin() as db:
        service.delete_version(db, call.workspace, said.name, said.version)
    return {}


def transition(call: Call) -> Any:
    said = call.read(wire.Transition)
    needed(said, "name", "version", "stage")
    call.may("models/versions/write")
    with call.ctx.db.begin() as db:
        changed = service.transition(
            db,
            call.workspace,
            said.name,
            said.version,
            said.stage,
            alone=said.archive_existing_versions,
        )
        return {"model_version": _shown(db, call, changed)}


def download_uri(call: Call) -> Any:
    said = call.read(wire.Version)
    needed(said, "name", "version")
    call.may("models/versions/read")
    with call.ctx.db.read() as db:
        found = service.get_version(db, call.workspace, said.name, said.version)
        return {"artifact_uri": places.location(call.ctx, db, call.workspace, found)}


def search(call: Call) -> Any:
    said = call.read(wire.SearchVersions)
    call.may("models/versions/read")
    with call.ctx.db.read() as db:
        found, token = service.search_versions(
            db,
            call.workspace,
            said.filter,
            said.order_by,
            limit=said.max_results,
            token=said.page_token,
        )
    return paged({"model_versions": [wire.version(*one) for one in found]}, token)


def set_tag(call: Call) -> Any:
    said = call.read(wire.VersionTag)
    needed(said, "name", "version", "key")
    return _tag(call, said, said.value)


def delete_tag(call: Call) -> Any:
    said = call.read(wire.VersionTag)
    needed(said, "name", "version", "key")
    return _tag(call, said, None)


def _tag(call: Call, said: wire.VersionTag, value: str | None) -> Any:
    call.may("models/versions/write")
    with call.ctx.db.begin() as db:
        of = service.set_version_tag(db, call.workspace, said.name, said.version, said.key, value)
        entity = "prompt_version_tag" if of.kind == PROMPTS else "model_version_tag"
        about = {"name": said.name, "version": said.version, "key": said.key}
        queued = events.tag(db, call.guid, entity, about, value)
    events.wake(call.ctx, queued)
    return {}


def _shown(db: Session, call: Call, version: Asset) -> dict[str, Any]:
    return wire.version(version, registered.get(db, call.workspace, version.name).aliases)
