"""The ARM face: workspaces, what stands beside them, groups, subscriptions, deployments."""

from datetime import timedelta
from functools import partial
from typing import Any

from starlette.responses import JSONResponse, Response

from zafiro.arm import operations
from zafiro.arm.resource import (
    ArmRoute,
    Call,
    Documents,
    Page,
    ResourceType,
    RouteCall,
)
from zafiro.core import clock, documents
from zafiro.core.documents import Record
from zafiro.core.errors import Invalid, NotFound, ZafiroError
from zafiro.core.names import ML, TENANT
from zafiro.workspaces import service, wire


class Workspaces(Documents):
    def put(self, call: Call, body: dict[str, Any]) -> tuple[Record, bool]:
        kept = documents.find(call.db, str(call.id))
        if kept is not None:
            same = {k: kept.properties[k] for k in ("workspaceId", "provisioningState")}
            made_once = {"storageAccount": kept.properties["storageAccount"]}
            properties = {**kept.properties, **body["properties"], **same, **made_once}
            for computed in ("discoveryUrl", "mlFlowTrackingUri"):
                properties.pop(computed, None)
            return super().put(call, {**kept.body, **body, "properties": properties})
        made = service.create(
            call.ctx,
            call.db,
            call.id.subscription,
            call.id.group,
            call.id.name,
            location=body.get("location") or "",
            kind=body.get("kind") or "default",
            tags=body.get("tags"),
            identity=body.get("identity"),
            properties=body["properties"],
            by=call.caller.name,
        )
        return made, True

    def delete(self, call: Call) -> bool:
        return service.delete(call.ctx, call.db, str(call.id))

    def under(self, call: Call, collection: str) -> Page:
        page = super().under(call, collection)
        kinds = {k for k in call.query.get("kind", "").lower().split(",") if k}
        if not kinds:
            return page
        return Page([r for r in page.records if r.body.get("kind", "").lower() in kinds], page.next)


def _keys(call: Call, kept: Record, body: dict[str, Any]) -> dict[str, Any]:
    workspace = service.of_record(kept)
    key = call.ctx.secrets.account_key(workspace.storage_account)
    return {
        "userStorageKey": key,
        "userStorageResourceId": kept.properties["storageAccount"],
        "appInsightsInstrumentationKey": workspace.guid,
        "containerRegistryCredentials": {"location": None, "username": None, "passwords": []},
        "notebookAccessKeys": {"primaryAccessKey": "", "secondaryAccessKey": ""},
    }


def _diagnose(call: Call, kept: Record, body: dict[str, Any]) -> dict[str, Any]:
    kinds = (
        "userDefinedRoute networkSecurityRule resourceLock dnsResolution storageAccount keyVault "
        "containerRegistry applicationInsights other"
    )
    results: dict[str, list[dict[str, str]]] = {f"{kind}Results": [] for kind in kinds.split()}
    workspace = service.of_record(kept)
    folder = call.ctx.home.storage / workspace.storage_account
    if not folder.is_dir():
        text = f"the folder of storage account '{workspace.storage_account}' is missing: {folder}"
        found = {"code": "StorageMissing", "level": "Error", "message": text}
        results["storageAccountResults"].append(found)
    return {"value": results}


def _subscriptions(call: RouteCall) -> dict[str, Any]:
    return {"value": [_subscription(r) for r in service.everything(call.db, "/subscriptions")]}


def _subscription(record: Record) -> dict[str, Any]:
    return {"id": record.id, "subscriptionId": record.name, **record.body}


def _subscription_get(call: RouteCall) -> dict[str, Any]:
    return _subscription(documents.get(call.db, f"/subscriptions/{call.names['s']}"))


def _tenants(call: RouteCall) -> dict[str, Any]:
    return {"value": [{"id": f"/tenants/{TENANT}", "tenantId": TENANT, "displayName": "Zafiro"}]}


def _group(record: Record) -> dict[str, Any]:
    kind = "Microsoft.Resources/resourceGroups"
    return {"id": record.id, "name": record.name, "type": kind, **record.body}


def _groups(call: RouteCall) -> dict[str, Any]:
    found = service.everything(call.db, f"/subscriptions/{call.names['s']}/resourceGroups")
    return {"value": [_group(r) for r in found]}


def _group_get(call: RouteCall) -> dict[str, Any]:
    found = documents.find(call.db, service.group_id(call.names["s"], call.names["g"]))
    if found is None:
        raise NotFound("resource group", call.names["g"])
    return _group(found)


def _group_put(call: RouteCall) -> Response:
    location = call.body.get("location")
    if not location:
        raise Invalid("location", "a resource group needs one")
    id = service.group_id(call.names["s"], call.names["g"])
    new = documents.find(call.db, id) is None
    kept = service.make_group(
        call.db, call.names["s"], call.names["g"], location=location, by=call.caller.name
    )
    if "tags" in call.body:
        kept, _ = documents.put(call.db, kept.id, {**kept.body, "tags": call.body["tags"]})
    return JSONResponse(_group(kept), 201 if new else 200)


def _group_delete(call: RouteCall) -> Response:
    id = service.group_id(call.names["s"], call.names["g"])
    for workspace in service.everything(call.db, f"{id}/providers/{ML}/workspaces"):
        service.delete(call.ctx, call.db, workspace.id)
    for account in service.everything(call.db, f"{id}/providers/Microsoft.Storage/storageAccounts"):
        folder = service.storage(call.ctx, account.name)
        call.after.append(partial(service.remove_storage, folder))
    if not documents.delete(call.db, id):
        raise NotFound("resource group", call.names["g"])
    done = operations.record(call.db, call.names["s"])
    return operations.accepted(call.ctx, done)


def _all_workspaces(call: RouteCall) -> dict[str, Any]:
    found = [
        record
        for group in service.everything(call.db, f"/subscriptions/{call.names['s']}/resourceGroups")
        for record in service.everything(call.db, f"{group.id}/providers/{ML}/workspaces")
    ]
    kinds = {k for k in call.query.get("kind", "").lower().split(",") if k}
    return {
        "value": [
            {"id": r.id, "name": r.name, **wire.shown(call.ctx.url, r.id, r.body)}
            for r in found
            if not kinds or r.body.get("kind", "").lower() in kinds
        ]
    }


def _deploy(call: RouteCall) -> Response:
    """A template deployment: only the one azure-ai-ml sends to make a workspace."""
    given = wire.parameters(call.body)
    name = given.get("workspaceName")
    if not isinstance(name, str) or not name:
        raise Invalid(
            "parameters.workspaceName", "only deployments that make a workspace are known"
        )
    subscription, group, began = call.names["s"], call.names["g"], clock.now()
    problem: dict[str, Any] | None = None
    target = service.workspace_id(subscription, group, name)
    asked = wire.template(given, subscription)
    try:
        with call.db.begin_nested():  # what fails half-way leaves nothing
            made = service.create(
                call.ctx, call.db, subscription, group, name, by=call.caller.name, **asked
            )
        target = made.id
    except ZafiroError as e:
        problem = {"code": "DeploymentFailed", "message": str(e), "details": []}
    state = "Failed" if problem else "Succeeded"
    took = (clock.now() - began) / timedelta(seconds=1)
    id = f"{service.group_id(subscription, group)}/providers/Microsoft.Resources/deployments/{call.names['d']}"
    properties = {
        "provisioningState": state,
        "duration": f"PT{took:.3f}S",
        "timestamp": clock.iso(began),
        "mode": "Incremental",
        **({"error": problem} if problem else {}),
    }
    step = {
        "operationId": call.names["d"],
        "properties": {
            "provisioningOperation": "Create",
            "provisioningState": state,
            "duration": f"PT{took:.3f}S",
            "statusCode": "BadRequest" if problem else "OK",
            "statusMessage": {"error": problem} if problem else None,
            "targetResource": {
                "id": target,
                "resourceName": name,
                "resourceType": f"{ML}/workspaces",
            },
        },
    }
    documents.put(call.db, id, {"properties": properties, "operations": [step]})
    operation = operations.record(call.db, subscription, error=problem)
    headers = {**operations.RETRY, "Azure-AsyncOperation": operations.url(call.ctx, operation)}
    body = {"id": id, "name": call.names["d"], "properties": {"provisioningState": "Accepted"}}
    return JSONResponse(body, 201, headers)


def _deployment(call: RouteCall) -> Record:
    base = service.group_id(call.names["s"], call.names["g"])
    id = f"{base}/providers/Microsoft.Resources/deployments/{call.names['d']}"
    found = documents.find(call.db, id)
    if found is None:
        raise NotFound("deployment", call.names["d"])
    return found


def _deployment_get(call: RouteCall) -> dict[str, Any]:
    found = _deployment(call)
    return {"id": found.id, "name": found.name, "properties": found.properties}


def _deployment_steps(call: RouteCall) -> dict[str, Any]:
    return {"value": _deployment(call).body["operations"]}


def _operation(call: RouteCall) -> dict[str, Any]:
    found = documents.find(call.db, operations.operation_id(call.names["s"], call.names["o"]))
    if found is None:
        raise NotFound("operation", call.names["o"])
    return {"id": found.id, "name": found.name, **found.body}


_S, _G = "/subscriptions/{s}", "/subscriptions/{s}/resourceGroups/{g}"
_D = f"{_G}/providers/Microsoft.Resources/deployments/{{d}}"

ROUTES = [
    ArmRoute("GET", "/tenants", _tenants),
    ArmRoute("GET", "/subscriptions", _subscriptions),
    ArmRoute("GET", _S, _subscription_get),
    ArmRoute("GET", f"{_S}/resourceGroups", _groups),
    ArmRoute("GET", _G, _group_get),
    ArmRoute("PUT", _G, _group_put),
    ArmRoute("DELETE", _G, _group_delete),
    ArmRoute("GET", f"{_S}/providers/{ML}/workspaces", _all_workspaces),
    ArmRoute("GET", f"{_S}/providers/{ML}/locations/{{l}}/operationsStatus/{{o}}", _operation),
    ArmRoute("PUT", _D, _deploy),
    ArmRoute("GET", _D, _deployment_get),
    ArmRoute("GET", f"{_G}/deployments/{{d}}/operations", _deployment_steps),
]


class Storage(Documents):
    """The account of a workspace; deleting it deletes the bytes. Names are unique, as in Azure:
    one account has one folder."""

    def put(self, call: Call, body: dict[str, Any]) -> tuple[Record, bool]:
        service.check_free(call.db, str(call.id))
        return super().put(call, body)

    def delete(self, call: Call) -> bool:
        folder = service.storage(call.ctx, call.id.name)
        found = super().delete(call)
        if found:
            call.after.append(lambda: service.remove_storage(folder))
        return found


TYPES = [
    ResourceType(
        path="workspaces",
        keeper=Workspaces(),
        reply=lambda call, record: wire.shown(call.ctx.url, record.id, record.body),
        actions={
            "listkeys": _keys,
            "resynckeys": lambda call, kept, body: None,
            "diagnose": _diagnose,
        },
    ),
    ResourceType(path="Microsoft.Storage/storageAccounts", keeper=Storage()),
    ResourceType(path="Microsoft.KeyVault/vaults"),
    ResourceType(path="Microsoft.Insights/components"),
    ResourceType(path="Microsoft.OperationalInsights/workspaces"),
    ResourceType(path="Microsoft.ContainerRegistry/registries"),
]
