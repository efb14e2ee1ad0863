"""Computes, datastores, workspaces, connections. None where azure-ai-ml must be asked."""

from zafiro.cli.shapes import Json, context, part, present, snake
from zafiro.cli.shapes.job import seconds

_IDENTITIES = {"SystemAssigned": "system_assigned", "UserAssigned": "user_assigned"}


def compute(found: Json) -> Json | None:
    said = found["properties"]
    inner = said.get("properties") or {}
    if found.get("identity") or said.get("provisioningErrors"):
        return None
    base = present(
        name=found["name"],
        id=found["id"],
        type=str(said.get("computeType", "")).lower(),
        location=said.get("computeLocation") or found.get("location"),
        description=said.get("description"),
        tags=found.get("tags") or None,
        provisioning_state=said.get("provisioningState"),
        size=inner.get("vmSize"),
    )
    match said.get("computeType"):
        case "AmlCompute":
            return base | _cluster(said, inner)
        case "ComputeInstance" if not any(inner.get(one) for one in _RARE):
            return base | _instance(said, inner)
    return None


# What an instance rarely has; azure-ai-ml spells it.
_RARE = (
    "sshSettings",
    "subnet",
    "personalComputeInstanceSettings",
    "connectivityEndpoints",
    "osImageMetadata",
    "customServices",
    "schedules",
    "setupScripts",
    "applications",
)


def _cluster(said: Json, inner: Json) -> Json:
    scale = inner.get("scaleSettings") or {}
    idle = scale.get("nodeIdleTimeBeforeScaleDown")
    tiers = {"Dedicated": "dedicated", "LowPriority": "low_priority"}
    subnet = (inner.get("subnet") or {}).get("id")
    networked = subnet or inner.get("enableNodePublicIp") is not None
    account = inner.get("userAccountCredentials")
    return present(
        created_on=said.get("createdOn"),
        tier=tiers.get(inner.get("vmPriority", ""), inner.get("vmPriority")),
        min_instances=scale.get("minNodeCount"),
        max_instances=scale.get("maxNodeCount"),
        idle_time_before_scale_down=int(seconds(idle)) if idle else None,
        ssh_public_access_enabled=inner.get("remoteLoginPortPublicAccess") == "Enabled",
        ssh_settings=present(admin_username=account.get("adminUserName")) if account else None,
        network_settings=present(subnet=subnet) if networked else None,
        enable_node_public_ip=inner.get("enableNodePublicIp", True),
    )


def _instance(said: Json, inner: Json) -> Json:
    created, idle = said.get("createdOn"), inner.get("idleTimeBeforeShutdown")
    return present(
        created_on=created.replace("Z", "+0000") if created else None,
        state=inner.get("state"),
        last_operation=inner.get("lastOperation"),
        idle_time_before_shutdown=idle,
        idle_time_before_shutdown_minutes=int(seconds(idle) // 60) if idle else None,
        enable_node_public_ip=inner.get("enableNodePublicIp", True),
        enable_sso=inner.get("enableSSO", True),
        enable_root_access=inner.get("enableRootAccess", True),
        release_quota_on_stop=inner.get("releaseQuotaOnStop", False),
        enable_os_patching=inner.get("enableOSPatching", False),
    )


def datastore(found: Json) -> Json | None:
    said = found["properties"]
    kinds = {"AzureBlob": "azure_blob", "AzureFile": "azure_file"}
    kind = kinds.get(said.get("datastoreType", ""))
    if kind is None:
        return None
    return present(
        name=found["name"],
        id=found["id"],
        account_name=said.get("accountName"),
        endpoint=said.get("endpoint"),
        protocol=said.get("protocol"),
        description=said.get("description"),
        tags=said.get("tags") or {},
        type=kind,
        container_name=said.get("containerName"),
        file_share_name=said.get("fileShareName"),
        credentials={},
    )


def workspace(found: Json) -> Json | None:
    said = found["properties"]
    if found.get("kind", "default").lower() != "default":
        return None
    network = said.get("managedNetwork")
    if network and {name for name, value in network.items() if value} != {"isolationMode"}:
        return None  # rules, a firewall: azure-ai-ml knows
    identity = found.get("identity") or {}
    return present(
        name=found["name"],
        location=found.get("location"),
        id=found["id"],
        resource_group=part(found["id"], "resourceGroups"),
        discovery_url=said.get("discoveryUrl"),
        display_name=said.get("friendlyName"),
        description=said.get("description"),
        storage_account=said.get("storageAccount"),
        key_vault=said.get("keyVault"),
        application_insights=said.get("applicationInsights"),
        container_registry=said.get("containerRegistry"),
        tags=found.get("tags") or {},
        mlflow_tracking_uri=said.get("mlFlowTrackingUri"),
        public_network_access=said.get("publicNetworkAccess"),
        hbi_workspace=said.get("hbiWorkspace"),
        managed_network=network
        and {"isolation_mode": snake(network["isolationMode"]), "outbound_rules": []},
        image_build_compute=said.get("imageBuildCompute"),
        identity=present(
            type=_IDENTITIES.get(identity.get("type", ""), identity.get("type")),
            principal_id=identity.get("principalId"),
            tenant_id=identity.get("tenantId"),
        )
        if identity
        else None,
    )


def connection(found: Json) -> Json | None:
    said = found["properties"]
    if said.get("category") not in ("Git", "ContainerRegistry", "PythonFeed"):
        return None
    return present(
        name=found["name"],
        id=found["id"],
        tags=said.get("metadata") or {},
        creation_context=context(found),
        type=snake(said["category"]),
        target=said.get("target"),
        credentials=_credentials(said.get("authType")),
        is_shared=said.get("isSharedToAll"),
        metadata=said.get("metadata") or {},
    )


def _credentials(kind: str | None) -> Json | None:
    kinds = {"PAT": "pat", "None": "none", "UsernamePassword": "username_password"}
    if kind is None:
        return None
    return {"type": kinds.get(kind, snake(kind))}
