"""JSON shapes of workspaces and of what the clients read before they find one.

Source: azure-ai-ml 1.35.2 (workspaces 2024-10-01-preview; the template deployment's parameters).
"""

from typing import Any

from zafiro.arm.resource import Envelope
from zafiro.core.names import STORAGE_SUFFIX, TENANT


def clouds(url: str) -> list[dict[str, Any]]:
    """The answer of the cloud metadata endpoint.

    azure-ai-ml takes the first whose resourceManager stands in the metadata URL, and refuses to
    be redirected for one named AzureCloud; azureml-core 1.61 takes the one named AzureCloud.
    """
    host = url.removeprefix("https://")
    dotted = host.split(":")[0].count(".") >= 2  # the client cuts `portal` at its second dot
    cloud: dict[str, Any] = {
        "portal": f"{url}/portal" if dotted else f"https://portal.zafiro.{host}/",
        "resourceManager": f"{url}/",
        "authentication": {
            "loginEndpoint": f"{url}/adfs/x",
            "audiences": [url, "https://management.core.windows.net/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graphAudience": f"{url}/graph",
        "graph": f"{url}/graph",
        "suffixes": {
            "storage": STORAGE_SUFFIX,
            "keyVaultDns": "vault.azure.net",
            "acrLoginServer": "azurecr.io",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "sqlServerHostname": "database.windows.net",
        },
        "batch": f"{url}/batch",
        "gallery": f"{url}/gallery",
        "media": f"{url}/media",
        "sqlManagement": f"{url}/sql",
        "vmImageAliasDoc": f"{url}/aliases",
        "activeDirectoryDataLake": f"{url}/datalake",
    }
    return [{"name": "Zafiro", **cloud}, {"name": "AzureCloud", **cloud}]


def services(url: str) -> dict[str, str]:
    """The answer of a workspace's discoveryUrl: every service is this server."""
    names = (
        "api history experimentation modelmanagement hyperdrive pipeline catalog studio "
        "inferencing notebooks metric artifact"
    )
    return dict.fromkeys(names.split(), url)


def parameters(body: dict[str, Any]) -> dict[str, Any]:
    """{name: value} of a template deployment; {} where it has none."""
    found: Any = body.get("properties")
    found = found.get("parameters") if isinstance(found, dict) else None
    if not isinstance(found, dict):
        return {}
    return {name: said.get("value") for name, said in found.items() if isinstance(said, dict)}


def template(given: dict[str, Any], own: str) -> dict[str, Any]:
    """What a workspace's template deployment asks for: arguments of service.create. `own`: the
    subscription it is deployed to, where vaults and registries are that exist already.

    Values are strings throughout, booleans too (azure-ai-ml 1.35.2). Raises ValidationError.
    """

    def dependent(option: str, kind: str, prefix: str) -> str | None:
        name, group = given.get(f"{prefix}Name"), given.get(f"{prefix}ResourceGroupName")
        if given.get(option) in (None, "none") or not name:
            return None
        subscription = given.get(f"{prefix}SubscriptionId") or given.get("subscriptionId")
        if given.get(option) == "existing":
            subscription = subscription or own
        if not group or not subscription:
            return None
        return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}/{name}"

    access = str(given.get("publicNetworkAccess") or "Enabled").rsplit(".", 1)[-1].capitalize()
    properties = {
        "friendlyName": given.get("friendlyName") or given.get("workspaceName"),
        "description": given.get("description") or "",
        "publicNetworkAccess": access,
        "imageBuildCompute": given.get("imageBuildCompute") or None,
        "hbiWorkspace": str(given.get("confidential_data")).lower() == "true",
        "managedNetwork": given.get("managedNetwork") or None,
        "primaryUserAssignedIdentity": given.get("primaryUserAssignedIdentity") or None,
        "systemDatastoresAuthMode": given.get("systemDatastoresAuthMode") or None,
        "hubResourceId": given.get("workspace_hub") or None,
        "storageAccount": dependent(
            "storageAccountOption", "Microsoft.Storage/storageAccounts", "storageAccount"
        ),
        "keyVault": dependent("keyVaultOption", "Microsoft.KeyVault/vaults", "keyVault"),
        "applicationInsights": dependent(
            "applicationInsightsOption", "Microsoft.Insights/components", "applicationInsights"
        ),
        "containerRegistry": dependent(
            "containerRegistryOption", "Microsoft.ContainerRegistry/registries", "containerRegistry"
        ),
    }
    envelope = {
        "location": given.get("location") or "",
        "kind": str(given.get("kind") or "default").lower(),
        "tags": given.get("tagValues") or {},
        "identity": given.get("identity") or None,
    }
    Envelope.model_validate(envelope)
    return {**envelope, "properties": properties}


def shown(url: str, id: str, body: dict[str, Any]) -> dict[str, Any]:
    """A workspace as it is answered: what depends on where the server listens is added here, so
    that a server which moves stays right."""
    kept = body["properties"]
    host = url.removeprefix("https://")
    added = {
        "discoveryUrl": f"{url}/discovery/workspaces/{kept['workspaceId']}",
        "mlFlowTrackingUri": f"azureml://{host}/mlflow/v1.0{id}",
        "tenantId": TENANT,
    }
    return {**body, "properties": {**kept, **added}}
