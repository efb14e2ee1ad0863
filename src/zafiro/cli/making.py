"""Verbs that go through azure-ai-ml: whatever loads YAML, uploads, or is not known by shape."""

import io
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from zafiro.cli import assigning, reading, sdk
from zafiro.cli.changing import sure
from zafiro.cli.parser import Asked
from zafiro.cli.plain import entity
from zafiro.cli.says import Misused, Said
from zafiro.cli.shapes import Json
from zafiro.cli.shapes.job import shape

# noun → (operations on MLClient, loader in azure.ai.ml)
_KINDS = {
    "job": ("jobs", "load_job"),
    "model": ("models", "load_model"),
    "data": ("data", "load_data"),
    "environment": ("environments", "load_environment"),
    "component": ("components", "load_component"),
    "compute": ("compute", "load_compute"),
    "datastore": ("datastores", "load_datastore"),
    "connection": ("connections", "load_workspace_connection"),
    "workspace": ("workspaces", "load_workspace"),
    "registry": ("registries", "load_registry"),
    "schedule": ("schedules", "load_schedule"),
    "online-endpoint": ("online_endpoints", "load_online_endpoint"),
    "online-deployment": ("online_deployments", "load_online_deployment"),
    "batch-endpoint": ("batch_endpoints", "load_batch_endpoint"),
    "batch-deployment": ("batch_deployments", "load_batch_deployment"),
    "feature-set": ("feature_sets", "load_feature_set"),
    "feature-store": ("feature_stores", "load_feature_store"),
    "feature-store-entity": ("feature_store_entities", "load_feature_store_entity"),
    "serverless-endpoint": ("serverless_endpoints", "load_serverless_endpoint"),
    "marketplace-subscription": ("marketplace_subscriptions", "load_marketplace_subscription"),
    "capability-host": ("capability_hosts", "load_capability_host"),
}
_VERSIONED = ("model", "data", "environment", "component", "feature-set", "feature-store-entity")
_DEPLOYMENTS = ("online-deployment", "batch-deployment")


def noun(asked: Asked) -> str:
    assert asked.noun is not None
    return asked.noun.name


def operations(asked: Asked, ml: Any) -> Any:
    return getattr(ml, _KINDS[noun(asked)][0])


def loaded(asked: Asked) -> Any:
    """What --file says, with flags and --set over it. Raises Said."""
    file = asked.given.get("file")
    overrides: list[Json] = []
    for flag in asked.verb.flags:
        value = asked.given.get(flag.dest)
        if flag.key and value is not None:
            overrides.append({flag.key: value})
    identities = asked.given.get("user_assigned_identities")
    if identities:
        overrides.append(
            {"identity.user_assigned_identities": [{"resource_id": i} for i in identities]}
        )
    overrides += [{path: value} for path, value in (asked.given.get("set") or {}).items()]
    if file is None and not overrides:
        raise Misused(
            "--file, or flags that say what to create, are needed",
            f"zafiro {noun(asked)} create --help",
        )
    from azure.ai import ml as sdk_module

    load = getattr(sdk_module, _KINDS[noun(asked)][1])
    source = file if file is not None else io.StringIO("{}")
    return load(source, params_override=overrides)


def finished(asked: Asked, made: Any) -> Any:
    """The result of a long-running operation, waited for unless --no-wait."""
    if not callable(getattr(type(made), "result", None)):  # jobs answer to any attribute's name
        return made
    return None if asked.given.get("no_wait") else made.result()


def create(asked: Asked) -> Any:
    with sdk.spoken(asked):
        thing = loaded(asked)
        if noun(asked) == "workspace" and not thing.name:
            thing.name = asked.get("workspace_name")
        ops = operations(asked, sdk.ml_of(asked))
        more: dict[str, Any] = {}
        if noun(asked).startswith("online-") and asked.given.get("local"):
            more["local"] = True
        if asked.given.get("skip_script_validation"):
            more["skip_script_validation"] = True
        if asked.given.get("skip_validation"):
            more["skip_validation"] = True
        begin = _begin_create(noun(asked), ops)
        made = finished(asked, begin(thing, **more))
        if made is not None and asked.given.get("all_traffic"):
            _all_traffic(asked, thing)
        if made is not None and asked.given.get("set_default"):
            _set_default(asked, thing)
        if made is None:
            return None
        return entity(made)


def _begin_create(name: str, ops: Any) -> Any:
    for spelled in ("begin_create_or_update", "begin_create", "create_or_update"):
        found = getattr(ops, spelled, None)
        if found is not None:
            return found
    raise Said(f"azure-ai-ml cannot create a {name}")


def _all_traffic(asked: Asked, deployment: Any) -> None:
    ops = sdk.ml_of(asked).online_endpoints
    endpoint = ops.get(deployment.endpoint_name)
    endpoint.traffic = {deployment.name: 100}
    ops.begin_create_or_update(endpoint).result()


def _set_default(asked: Asked, deployment: Any) -> None:
    ops = sdk.ml_of(asked).batch_endpoints
    endpoint = ops.get(deployment.endpoint_name)
    endpoint.defaults.deployment_name = deployment.name
    ops.begin_create_or_update(endpoint).result()


def create_job(asked: Asked) -> Any:
    from zafiro.cli import following
    from zafiro.cli.client import client_of, workspace_of

    if asked.get("save_as") and Path(asked.save_as).exists():
        raise Said(f"{asked.save_as} is there already")
    with sdk.spoken(asked):
        job = loaded(asked)
        ml = sdk.ml_of(asked)
        made = ml.jobs.create_or_update(job, skip_validation=bool(asked.skip_validation))
        if asked.get("save_as"):
            made.dump(asked.save_as)
        shown = entity(made)
    if asked.web:
        reading.browse((shown.get("services") or {}).get("Studio", {}).get("endpoint"))
    if not asked.stream:
        return shown
    client, workspace = client_of(asked), workspace_of(asked)
    import sys

    print(f"job {made.name}", file=sys.stderr)
    following.follow(client, workspace, made.name)
    if not (asked.get("query") or asked.get("output")):
        return None
    return shape(client.get(f"{workspace}/jobs/{made.name}")) or shown


def validate(asked: Asked) -> Any:
    with sdk.spoken(asked):
        found = sdk.ml_of(asked).jobs.validate(loaded(asked))
    said: Json = {"result": "Succeeded" if found.passed else "Failed"}
    if not found.passed:
        said["errors"] = [{"path": path, "message": m} for path, m in found.error_messages.items()]
    return said


def _one(asked: Asked) -> dict[str, Any]:
    """The arguments of `get` that name one thing."""
    named: dict[str, Any] = {"name": asked.get("name") or asked.given.get("workspace_name")}
    if noun(asked) in _VERSIONED:
        named["version"] = asked.get("version")
        label = asked.given.get("label")
        if label or not named["version"]:
            named.pop("version")
            named["label"] = label or "latest"
        if noun(asked).startswith("feature") and "label" in named:
            raise Misused("--version is needed", f"zafiro {noun(asked)} {asked.verb.name} --help")
    if noun(asked) in _DEPLOYMENTS:
        named["endpoint_name"] = asked.endpoint_name
    if asked.given.get("local"):
        named["local"] = True
    if noun(asked) == "connection" and asked.given.get("populate_secrets"):
        named["populate_secrets"] = True
    return named


def fetched(asked: Asked, ml: Any) -> Any:
    return operations(asked, ml).get(**_one(asked))


def show(asked: Asked) -> Any:
    with sdk.spoken(asked):
        return entity(fetched(asked, sdk.ml_of(asked)))


def list_all(asked: Asked) -> list[Json]:
    given = asked.given
    more: dict[str, Any] = {}
    with sdk.spoken(asked):
        ops = operations(asked, sdk.ml_of(asked))
        if given.get("name") and noun(asked) in _VERSIONED:
            more["name"] = given["name"]
        if noun(asked) in _VERSIONED and (
            given.get("archived_only") or given.get("include_archived")
        ):
            from azure.ai.ml.constants import ListViewType

            more["list_view_type"] = (
                ListViewType.ARCHIVED_ONLY if given["archived_only"] else ListViewType.ALL
            )
        if noun(asked) in _DEPLOYMENTS:
            more["endpoint_name"] = asked.endpoint_name
        found: Iterable[Any] = ops.list(**more) or ()
        return [entity(one) for one in islice(found, given.get("max_results"))]


def child_jobs(asked: Asked) -> list[Json]:
    with sdk.spoken(asked):
        found = sdk.ml_of(asked).jobs.list(parent_job_name=asked.parent_job_name)
        return [entity(one) for one in islice(found, asked.get("max_results")) if one is not None]


def update(asked: Asked) -> Any:
    """Reads it, changes what --set, --add, --remove and flags say, writes it back."""
    with sdk.spoken(asked):
        ml = sdk.ml_of(asked)
        ops = operations(asked, ml)
        if asked.given.get("file"):
            thing = loaded(asked)
        else:
            thing = fetched(asked, ml)
            for flag in asked.verb.flags:
                value = asked.given.get(flag.dest)
                if (
                    flag.key
                    and value is not None
                    and flag.key not in ("name", "version", "endpoint_name")
                ):
                    assigning.put(thing, flag.key, value)
            assigning.apply(thing, asked.given)
            for share in ("traffic", "mirror_traffic"):
                given = asked.given.get(share)
                if given:
                    setattr(thing, share, {k: int(v) for k, v in given.items()})
            for k, v in (asked.given.get("defaults") or {}).items():
                assigning.put(thing.defaults, k, v)
            if asked.given.get("identity_type"):
                _identify(thing, asked)
        write = getattr(ops, "begin_update", None) or _begin_create(noun(asked), ops)
        made = finished(asked, write(thing))
        return None if made is None else entity(made)


def _identify(thing: Any, asked: Asked) -> None:
    from azure.ai.ml.entities import IdentityConfiguration, ManagedIdentityConfiguration

    ids = asked.given.get("user_assigned_identities") or []
    thing.identity = IdentityConfiguration(
        type=asked.identity_type,
        user_assigned_identities=[ManagedIdentityConfiguration(resource_id=i) for i in ids] or None,
    )


def delete(asked: Asked) -> None:
    sure(asked)
    with sdk.spoken(asked):
        ops = operations(asked, sdk.ml_of(asked))
        begin = getattr(ops, "begin_delete", None) or ops.delete
        named = _one(asked)
        if noun(asked) == "feature-store":
            named["delete_dependent_resources"] = bool(asked.all_resources)
        finished(asked, begin(**named))


def delete_workspace(asked: Asked) -> None:
    asked.given["name"] = asked.get("name") or asked.get("workspace_name")
    if not asked.name:
        raise Misused("--name is needed", "zafiro workspace delete --help")
    sure(asked)
    with sdk.spoken(asked):
        begun = sdk.ml_of(asked).workspaces.begin_delete(
            asked.name,
            delete_dependent_resources=bool(asked.all_resources),
            permanently_delete=bool(asked.permanently_delete),
        )
        finished(asked, begun)


def _named(asked: Asked) -> dict[str, Any]:
    named = _one(asked)
    if named.get("label") == "latest" and not asked.given.get("label"):
        named.pop("label")  # archives the whole container, as az does
    return named


def archive(asked: Asked) -> None:
    with sdk.spoken(asked):
        operations(asked, sdk.ml_of(asked)).archive(**_named(asked))


def restore(asked: Asked) -> None:
    with sdk.spoken(asked):
        operations(asked, sdk.ml_of(asked)).restore(**_named(asked))


def share(asked: Asked) -> Any:
    with sdk.spoken(asked):
        registry = asked.given.pop("registry_name")
        made = operations(asked, sdk.ml_of(asked)).share(
            name=asked.name,
            version=asked.version,
            share_with_name=asked.share_with_name,
            share_with_version=asked.share_with_version,
            registry_name=registry,
        )
        return entity(made)
