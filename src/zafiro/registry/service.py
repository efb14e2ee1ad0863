"""The verbs of MLflow's registry. Functions of an open session; nothing here commits."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from zafiro.assets import service as assets
from zafiro.assets.domain import MODELS, PROMPTS, Asset, Container, Json
from zafiro.assets.service import registered
from zafiro.core.context import Context
from zafiro.core.errors import Conflict, Invalid, NotFound
from zafiro.mlflow_rest.filters import Clause, Order, parse, parse_order
from zafiro.mlflow_rest.paging import read_token, write_token
from zafiro.registry import domain, events, places, webhooks
from zafiro.registry.events import LOOP as LOOP
from zafiro.registry.places import Place
from zafiro.tracking import service as tracking
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

_TAGGED = frozenset({"attribute", "tag"})
_MODEL_KEYS: dict[str, type] = {"name": str}
_MODEL_ORDERS = frozenset({"name", "timestamp", "creation_timestamp", "last_updated_timestamp"})
_VERSION_KEYS: dict[str, type] = {
    "name": str,
    "version_number": float,
    "run_id": str,
    "source_path": str,
}
_VERSION_ORDERS = frozenset(
    {"name", "version_number", "creation_timestamp", "last_updated_timestamp"}
)
_LATEST_FIRST = ("last_updated_timestamp DESC", "name ASC", "version_number DESC")
_VERSIONS_OF_MODEL = "mlflow.modelVersions"


def furnish(ctx: Context, db: Session, workspace_id: str) -> None:
    """A new workspace has no webhooks."""


def clear(ctx: Context, db: Session, workspace_id: str) -> None:
    """The models go with the workspace's assets."""
    webhooks.clear(db, workspaces.by_id(db, workspace_id).guid)


def create_model(
    db: Session,
    workspace: Workspace,
    name: str,
    *,
    tags: Mapping[str, str],
    description: str | None,
    by: str,
) -> Container:
    """Raises Conflict when a model or a prompt has that name, in any case."""
    domain.model_name(name)
    for key, value in tags.items():
        _tag(key, value)
    kept = registered.find(db, workspace, name)
    if kept is not None:
        raise _taken(kept, name, _word(registered.is_prompt(tags)))
    return registered.create(db, workspace, name, description=description, tags=tags, by=by)


def model(db: Session, workspace: Workspace, name: str) -> tuple[Container, list[Asset]]:
    """With the latest version of each stage. Raises NotFound."""
    domain.model_name(name)
    found = registered.get(db, workspace, name)
    latest = registered.latest(db, workspace, found.kind, [found.name])
    return found, latest.get(found.name.lower(), [])


def describe_model(db: Session, workspace: Workspace, name: str, description: str) -> None:
    domain.model_name(name)
    registered.describe(db, workspace, name, description)


def rename(db: Session, workspace: Workspace, name: str, new: str) -> None:
    domain.model_name(name)
    domain.model_name(new, "new_name")
    registered.rename(db, workspace, name, new)


def delete_model(db: Session, workspace: Workspace, name: str) -> None:
    """With all versions; files stay where they are. Raises NotFound."""
    domain.model_name(name)
    found = registered.get(db, workspace, name)
    assets.delete(db, workspace, found.kind, found.name)


def latest_versions(
    db: Session, workspace: Workspace, name: str, stages: Sequence[str]
) -> tuple[Container, list[Asset]]:
    """The latest version of each of the stages, of all when none is named."""
    wanted = {domain.stage(stage) for stage in stages}
    found, latest = model(db, workspace, name)
    return found, [one for one in latest if not wanted or (one.stage or domain.NO_STAGE) in wanted]


def set_model_tag(
    db: Session, workspace: Workspace, name: str, key: str, value: str | None
) -> Container:
    """None takes it away."""
    domain.model_name(name)
    _tag(key, value or "")
    return registered.set_tag(db, workspace, name, key, value)


def set_alias(
    db: Session, workspace: Workspace, name: str, alias: str, version: str | None
) -> Container:
    """None takes it away."""
    domain.model_name(name)
    if version is None:
        domain.alias(alias)
        return registered.set_alias(db, workspace, name, alias, None)
    domain.new_alias(alias)
    found = get_version(db, workspace, name, version)
    return registered.set_alias(db, workspace, name, alias, found.version)


def move_alias(
    db: Session, workspace: Workspace, name: str, alias: str, version: str | None
) -> str | None:
    """The same, with webhooks told of it (wake LOOP after the commit). Returns where it was."""
    domain.model_name(name)
    before = registered.get(db, workspace, name, lock=True).aliases.get(alias)
    of = set_alias(db, workspace, name, alias, version)
    events.alias(db, workspace.guid, of, alias, version)
    return before


def by_alias(db: Session, workspace: Workspace, name: str, alias: str) -> tuple[Container, Asset]:
    """Raises Invalid for an alias that is not there, as MLflow does."""
    domain.model_name(name)
    domain.alias(alias)
    found, latest = model(db, workspace, name)
    if alias.lower() == "latest":
        if not latest:
            raise NotFound("model version", name, f"Latest version not found for model {name}.")
        return found, max(latest, key=lambda one: int(one.version))
    if alias not in found.aliases:
        raise Invalid("", f"Registered model alias {alias} not found.")
    return found, registered.version(db, workspace, name, found.aliases[alias])


def create_version(
    ctx: Context,
    db: Session,
    workspace: Workspace,
    name: str,
    source: str,
    *,
    run_id: str | None,
    model_id: str | None,
    run_link: str | None,
    tags: Mapping[str, str],
    description: str,
    by: str,
) -> Asset:
    """The next version. Raises NotFound for an unknown name, Invalid for a source that cannot be."""
    domain.model_name(name)
    for key, value in tags.items():
        _tag(key, value)
    holder, is_prompt = registered.get(db, workspace, name), registered.is_prompt(tags)
    if is_prompt != (holder.kind == PROMPTS):
        raise Invalid(
            "",
            f"'{holder.name}' is a {_word(not is_prompt).lower()}: a version of a "
            f"{_word(is_prompt).lower()} cannot be added to it; choose another name",
        )
    properties: dict[str, Json] = {"description": description, "tags": dict(tags)}
    if is_prompt:
        if source not in domain.PROMPT_SOURCES:
            raise Invalid(
                "",
                f"Invalid prompt source: '{source}'. Prompt sources must use an MLflow "
                "placeholder.",
            )
        place = Place(source, "", "", run_id or "", "")
    else:
        place = places.resolve(ctx, db, workspace, source, run_id=run_id, model_id=model_id)
        properties.update(registered.shape(place.uri, assets.look(ctx, db, workspace)))
        properties["modelUri"] = place.uri
        if place.run_id and tracking.find_run(db, workspace.guid, place.run_id):
            properties["jobName"] = place.run_id
    made = registered.add(
        db,
        workspace,
        name,
        properties,
        notes={"location": place.location, "runLink": run_link or ""},
        source=place.source,
        run_id=place.run_id,
        by=by,
    )
    if place.model_id:
        _note(db, workspace, place.model_id, made)
    return made


def get_version(db: Session, workspace: Workspace, name: str, version: str) -> Asset:
    """Raises NotFound; Invalid for one that is no number and is not there either: ARM's clients
    may have given it."""
    domain.model_name(name)
    number = domain.number(version)
    try:
        return registered.version(db, workspace, name, number)
    except NotFound as e:
        if not number.isdigit():
            raise domain.not_a_number(version) from e
        raise NotFound(
            "model version",
            f"{name}:{number}",
            f"Model Version (name={name}, version={number}) not found",
        ) from e


def describe_version(
    db: Session, workspace: Workspace, name: str, version: str, description: str | None
) -> Asset:
    found = get_version(db, workspace, name, version)
    return registered.update_version(db, workspace, name, found.version, description=description)


def delete_version(db: Session, workspace: Workspace, name: str, version: str) -> None:
    """Its number is not given again, its files stay where they are."""
    found = get_version(db, workspace, name, version)
    assets.delete(db, workspace, found.kind, found.name, found.version)


def set_version_tag(
    db: Session, workspace: Workspace, name: str, version: str, key: str, value: str | None
) -> Asset:
    """None takes it away."""
    _tag(key, value or "")
    found = get_version(db, workspace, name, version)
    return registered.set_version_tag(db, workspace, name, found.version, key, value)


def transition(
    db: Session, workspace: Workspace, name: str, version: str, stage: str, *, alone: bool
) -> Asset:
    """`alone`: the others in that stage are moved to Archived. Raises Invalid."""
    domain.model_name(name)
    to = domain.stage(stage)
    if alone and to not in domain.ACTIVE_STAGES:
        raise Invalid(
            "",
            "Model version transition cannot archive existing model versions because "
            f"'{stage}' is not an Active stage. Valid stages are {list(domain.ACTIVE_STAGES)}",
        )
    found = get_version(db, workspace, name, version)
    return registered.transition(
        db,
        workspace,
        name,
        found.version,
        "" if to == domain.NO_STAGE else to,
        alone=domain.ARCHIVED if alone else "",
    )


# -- search -----------------------------------------------------------------------------------


def search_models(
    db: Session,
    workspace: Workspace,
    text: str,
    order_by: Sequence[str],
    *,
    limit: int,
    token: str | None,
) -> tuple[list[tuple[Container, list[Asset]]], str | None]:
    """One page, with the latest version of each stage, and the token of the next. Prompts only
    when they are asked for by their tag."""
    _check_limit(limit, 1000)
    kind, clauses = _kind(parse(text, _MODEL_KEYS, kinds=_TAGGED, lists=frozenset({"name"})))
    orders = _orders(order_by, _MODEL_ORDERS, ("name",))
    _, offset = read_token(token)
    found = registered.search(db, workspace, kind, clauses, orders, offset=offset, limit=limit + 1)
    more = write_token(0, offset + limit) if len(found) > limit else None
    found = found[:limit]
    latest = registered.latest(db, workspace, kind, [one.name for one in found])
    return [(one, latest.get(one.name.lower(), [])) for one in found], more


def search_versions(
    db: Session,
    workspace: Workspace,
    text: str,
    order_by: Sequence[str],
    *,
    limit: int,
    token: str | None,
) -> tuple[list[tuple[Asset, Mapping[str, str]]], str | None]:
    """One page, each with the aliases of its name, and the token of the next."""
    _check_limit(limit, 200_000)
    lists = frozenset({"name", "run_id"})
    kind, clauses = _kind(parse(text, _VERSION_KEYS, kinds=_TAGGED, lists=lists))
    for clause in clauses:
        if isinstance(clause.value, float) and not clause.value.is_integer():
            raise Invalid("", f"Invalid value for numeric attribute '{clause.key}': {clause.value}")
    orders = _orders(order_by or _LATEST_FIRST, _VERSION_ORDERS, ("name", "version_number DESC"))
    _, offset = read_token(token)
    found = registered.search_versions(
        db, workspace, kind, clauses, orders, offset=offset, limit=limit + 1
    )
    more = write_token(0, offset + limit) if len(found) > limit else None
    return found[:limit], more


def _kind(clauses: Sequence[Clause]) -> tuple[str, list[Clause]]:
    """Models, unless the first clause about their tag asks for prompts; and the other clauses."""
    rest = [c for c in clauses if not (c.kind == "tag" and c.key == registered.PROMPT_TAG)]
    for clause in clauses:
        if clause not in rest:
            value = str(clause.value).lower()
            if (clause.comparator, value) in (("=", "true"), ("!=", "false")):
                return PROMPTS, rest
            break
    return MODELS, rest


def _orders(said: Sequence[str], keys: frozenset[str], ties: Sequence[str]) -> list[Order]:
    found: list[Order] = []
    for one in said:
        order = parse_order(one, keys, kinds=frozenset({"attribute"}))
        if order.key == "timestamp":
            order = Order(order.kind, "last_updated_timestamp", order.ascending)
        if any(order.key == kept.key for kept in found):
            raise Invalid("", f"`order_by` contains duplicate fields: {list(said)}")
        found.append(order)
    for tie in ties:
        order = parse_order(tie, keys)
        if not any(order.key == kept.key for kept in found):
            found.append(order)
    return found


def _check_limit(limit: int, most: int) -> None:
    if limit < 1:
        raise Invalid(
            "", f"Invalid value for max_results. It must be a positive integer, but got {limit}"
        )
    if limit > most:
        raise Invalid(
            "",
            f"Invalid value for request parameter max_results. It must be at most {most}, but got "
            f"value {limit}",
        )


# -- rules that need what is kept ---------------------------------------------------------------


def _tag(key: str, value: str) -> None:
    tracking.rules.name(key, "key")
    tracking.rules.length("key", domain.MAX_TAG_KEY, key)
    if key == domain.PROMPT_TEXT and len(value) > domain.MAX_TAG_VALUE:
        raise Invalid("", f"Prompt text exceeds max length of {domain.MAX_TAG_VALUE} characters.")
    tracking.rules.length("value", domain.MAX_TAG_VALUE, value)


def _taken(kept: Container, name: str, new: str) -> Conflict:
    old = _word(kept.kind == PROMPTS)
    if old != new:
        return Conflict(
            f"Tried to create a {new.lower()} with name {name!r}, but the name is already taken "
            f"by a {old.lower()}. MLflow does not allow creating a model and a prompt with the "
            "same name."
        )
    case = f" Names do not differ by case here; you asked for {name}." if kept.name != name else ""
    return Conflict(f"{new} (name={kept.name}) already exists.{case}")


def _word(is_prompt: bool) -> str:
    return "Prompt" if is_prompt else "Registered Model"


def _note(db: Session, workspace: Workspace, model_id: str, made: Asset) -> None:
    """On the logged model: under which names it was registered."""
    logged = tracking.models.get(db, workspace.guid, model_id)
    kept = json.loads(logged.tags.get(_VERSIONS_OF_MODEL, "[]"))
    this = {"name": made.name, "version": int(made.version)}
    if this not in kept:
        tags = {_VERSIONS_OF_MODEL: json.dumps([*kept, this])}
        tracking.models.put_tags(db, logged.key, tags)
