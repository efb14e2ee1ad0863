"""registered-models/*, verb by verb."""

from typing import Any

from zafiro.assets.domain import PROMPTS
from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.call import HINT, Call, missing
from zafiro.mlflow_rest.paging import paged
from zafiro.registry import events, service, wire


def needed(said: Any, *fields: str) -> None:
    """Raises Invalid for those that are empty."""
    for field in fields:
        if not getattr(said, field):
            raise Invalid("", missing(field).why + HINT)


def create(call: Call) -> Any:
    said = call.read(wire.CreateModel)
    needed(said, "name")
    call.may("models/write")
    tags = wire.tags(said.tags)
    with call.ctx.db.begin() as db:
        made = service.create_model(
            db,
            call.workspace,
            said.name,
            tags=tags,
            description=said.description,
            by=call.caller.name,
        )
        queued = events.created(db, call.guid, made)
    events.wake(call.ctx, queued)
    return {"registered_model": wire.model(made, [])}


def get(call: Call) -> Any:
    said = call.read(wire.Named)
    needed(said, "name")
    call.may("models/read")
    with call.ctx.db.read() as db:
        return {"registered_model": wire.model(*service.model(db, call.workspace, said.name))}


def update(call: Call) -> Any:
    said = call.read(wire.DescribeModel)
    needed(said, "name")
    call.may("models/write")
    with call.ctx.db.begin() as db:
        service.describe_model(db, call.workspace, said.name, said.description or "")
        return {"registered_model": wire.model(*service.model(db, call.workspace, said.name))}


def rename(call: Call) -> Any:
    said = call.read(wire.RenameModel)
    needed(said, "name", "new_name")
    call.may("models/delete")  # the old name goes
    with call.ctx.db.begin() as db:
        service.rename(db, call.workspace, said.name, said.new_name)
        return {"registered_model": wire.model(*service.model(db, call.workspace, said.new_name))}


def remove(call: Call) -> Any:
    said = call.read(wire.Named)
    needed(said, "name")
    call.may("models/delete")
    with call.ctx.db.begin() as db:
        service.delete_model(db, call.workspace, said.name)
    return {}


def search(call: Call) -> Any:
    said = call.read(wire.Search)
    call.may("models/read")
    with call.ctx.db.read() as db:
        found, token = service.search_models(
            db,
            call.workspace,
            said.filter,
            said.order_by,
            limit=said.max_results,
            token=said.page_token,
        )
    return paged({"registered_models": [wire.model(*one) for one in found]}, token)


def latest(call: Call) -> Any:
    said = call.read(wire.LatestVersions)
    needed(said, "name")
    call.may("models/read")
    with call.ctx.db.read() as db:
        of, found = service.latest_versions(db, call.workspace, said.name, said.stages)
    return {"model_versions": [wire.version(one, of.aliases) for one in found]}


def set_tag(call: Call) -> Any:
    said = call.read(wire.ModelTag)
    needed(said, "name", "key")
    return _tag(call, said.name, said.key, said.value)


def delete_tag(call: Call) -> Any:
    said = call.read(wire.ModelTag)
    needed(said, "name", "key")
    return _tag(call, said.name, said.key, None)


def _tag(call: Call, name: str, key: str, value: str | None) -> Any:
    call.may("models/write")
    with call.ctx.db.begin() as db:
        of = service.set_model_tag(db, call.workspace, name, key, value)
        about = {"name": name, "key": key}
        # MLflow tells of the tags of prompts, and not of those of models.
        queued = of.kind == PROMPTS and events.tag(db, call.guid, "prompt_tag", about, value)
    events.wake(call.ctx, queued)
    return {}


def set_alias(call: Call) -> Any:
    said = call.read(wire.Alias)
    needed(said, "name", "alias", "version")
    return _alias(call, said.name, said.alias, said.version)


def delete_alias(call: Call) -> Any:
    said = call.read(wire.Alias)
    needed(said, "name", "alias")
    return _alias(call, said.name, said.alias, None)


def _alias(call: Call, name: str, alias: str, version: str | None) -> Any:
    call.may("models/write")
    with call.ctx.db.begin() as db:
        of = service.set_alias(db, call.workspace, name, alias, version)
        queued = events.alias(db, call.guid, of, alias, version)
    events.wake(call.ctx, queued)
    return {}


def by_alias(call: Call) -> Any:
    said = call.read(wire.Alias)
    needed(said, "name", "alias")
    call.may("models/versions/read")
    with call.ctx.db.read() as db:
        of, found = service.by_alias(db, call.workspace, said.name, said.alias)
    return {"model_version": wire.version(found, of.aliases)}
