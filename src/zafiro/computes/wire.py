"""JSON shapes of computes.

Source: azure-ai-ml 1.35.2 (computes 2023-08-01-preview).
"""

import copy
from typing import Any

from pydantic.alias_generators import to_snake

from zafiro.arm.resource import Wire
from zafiro.computes.domain import (
    CLUSTER,
    INSTANCE,
    Node,
    Size,
    check_duration,
    check_nodes,
    check_size,
)
from zafiro.core.clock import iso
from zafiro.core.documents import Record
from zafiro.core.errors import Invalid, Unsupported

_ATTACHED = (
    "AKS",
    "Databricks",
    "DataFactory",
    "DataLakeAnalytics",
    "HDInsight",
    "Kubernetes",
    "SynapseSpark",
    "VirtualMachine",
)

# Said by us, never taken from a request.
_TOLD = (
    "allocationState",
    "allocationStateTransitionTime",
    "applications",
    "connectivityEndpoints",
    "createdBy",
    "currentNodeCount",
    "errors",
    "lastOperation",
    "nodeStateCounts",
    "state",
    "targetNodeCount",
)


class ComputeShape(Wire):
    compute_type: str
    properties: dict[str, Any] | None = None
    description: str | None = None
    disable_local_auth: bool | None = None
    resource_id: str | None = None


def kept(properties: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What to keep of a compute's properties, completed as Azure does, and the secrets in it.

    Raises Invalid for what no such compute can have, Unsupported for kinds that cannot run here.
    """
    kind = _kind(str(properties["computeType"]))
    inner = {k: v for k, v in (properties.get("properties") or {}).items() if v is not None}
    inner = {k: v for k, v in copy.deepcopy(inner).items() if k not in _TOLD}
    if not inner.get("vmSize"):
        raise Invalid("properties.properties.vmSize", f"a compute of type {kind} needs it")
    check_size(str(inner["vmSize"]))
    secrets: dict[str, str] = {}
    if kind == CLUSTER:
        for bag in ("scaleSettings", "userAccountCredentials"):
            if not isinstance(inner.get(bag, {}), dict):
                raise Invalid(bag, "is an object")
        _complete_cluster(inner)
        password = (inner.get("userAccountCredentials") or {}).pop("adminUserPassword", None)
        if password:
            secrets["adminUserPassword"] = str(password)
    elif inner.get("idleTimeBeforeShutdown"):
        check_duration("idleTimeBeforeShutdown", str(inner["idleTimeBeforeShutdown"]))
    outer = ("description", "disableLocalAuth", "resourceId")
    return {
        "computeType": kind,
        **{k: properties[k] for k in outer if properties.get(k) is not None},
        "properties": inner,
    }, secrets


def _kind(asked: str) -> str:
    for kind in (CLUSTER, INSTANCE):
        if asked.lower() == kind.lower():
            return kind
    for kind in _ATTACHED:
        if asked.lower() == kind.lower():
            raise Unsupported(f"attaching a compute of type {kind}")
    raise Invalid("properties.computeType", f"'{asked}' is not {CLUSTER} or {INSTANCE}")


def _complete_cluster(inner: dict[str, Any]) -> None:
    scale = {k: v for k, v in (inner.get("scaleSettings") or {}).items() if v is not None}
    try:
        least, most = int(scale.get("minNodeCount", 0)), int(scale.get("maxNodeCount", 1))
    except (TypeError, ValueError) as e:
        raise Invalid("scaleSettings", f"node counts are whole numbers: {e}") from e
    check_nodes(least, most)
    idle = str(scale.get("nodeIdleTimeBeforeScaleDown") or "PT120S")
    check_duration("nodeIdleTimeBeforeScaleDown", idle)
    counts = {"minNodeCount": least, "maxNodeCount": most}
    inner["scaleSettings"] = {**scale, **counts, "nodeIdleTimeBeforeScaleDown": idle}
    priority = str(inner.get("vmPriority") or "Dedicated")
    if priority.lower() not in ("dedicated", "lowpriority"):
        raise Invalid("vmPriority", f"'{priority}' is not Dedicated or LowPriority")
    inner["vmPriority"] = "LowPriority" if priority.lower() == "lowpriority" else "Dedicated"
    inner.setdefault("osType", "Linux")
    inner.setdefault("remoteLoginPortPublicAccess", "NotSpecified")


def shown(record: Record, nodes: list[Node]) -> dict[str, Any]:
    """A compute as it is answered. `nodes`: those a cluster has now."""
    body, properties = record.body, record.properties
    inner = dict(properties["properties"])
    if properties["computeType"] == CLUSTER:
        running = sum(1 for node in nodes if node.run)
        counts = {
            "preparingNodeCount": 0,
            "runningNodeCount": running,
            "idleNodeCount": len(nodes) - running,
            "unusableNodeCount": 0,
            "leavingNodeCount": 0,
            "preemptedNodeCount": 0,
        }
        inner |= {
            "currentNodeCount": len(nodes),
            "targetNodeCount": len(nodes),
            "nodeStateCounts": counts,
            "allocationState": "Steady",
            "allocationStateTransitionTime": iso(record.modified_at),
        }
    else:
        inner |= {
            "state": body["now"]["state"],
            "lastOperation": body["now"]["lastOperation"],
            "createdBy": {"userName": record.created_by},
            "applications": [],
        }
    said = {
        "location": body["location"],
        "tags": body.get("tags") or {},
        "properties": {
            **properties,
            "computeLocation": body["location"],
            "provisioningState": "Succeeded",
            "provisioningErrors": None,
            "createdOn": iso(record.created_at),
            "modifiedOn": iso(record.modified_at),
            "isAttachedCompute": False,
            "properties": inner,
        },
    }
    for absent_not_null in ("identity", "sku"):
        if body.get(absent_not_null):
            said[absent_not_null] = body[absent_not_null]
    return said


def node(node: Node, address: str) -> dict[str, Any]:
    said = {"nodeId": node.name, "privateIpAddress": address, "nodeState": node.state}
    return _twice({**said, **({"runId": node.run} if node.run else {})})


def size(size: Size) -> dict[str, Any]:
    return _twice(
        {
            "name": size.name,
            "family": size.family,
            "vCPUs": size.cores,
            "gpus": size.gpus,
            "memoryGB": size.memory_gb,
            "osVhdSizeMB": 1_047_552,
            "maxResourceVolumeMB": size.disk_gb * 1024,
            "lowPriorityCapable": True,
            "premiumIO": size.premium,
            "supportedComputeTypes": [CLUSTER, INSTANCE],
        }
    )


def usage(id: str, location: str, used: int, limit: int) -> dict[str, Any]:
    text = "Total Cluster Dedicated Regional vCPUs"
    return _twice(
        {
            "id": id,
            "type": "Microsoft.MachineLearningServices/totalDedicatedCores/usages",
            "unit": "Count",
            "currentValue": used,
            "limit": limit,
            "amlWorkspaceLocation": location,
            "name": {"value": "totalDedicatedCores", "localizedValue": text},
        }
    )


# The names under which azure-ai-ml 1.35.2 looks for what it copied in camelCase.
_SNAKE = {
    "vCPUs": "v_cp_us",
    "memoryGB": "memory_gb",
    "osVhdSizeMB": "os_vhd_size_mb",
    "maxResourceVolumeMB": "max_resource_volume_mb",
    "premiumIO": "premium_io",
}


def _twice(said: dict[str, Any]) -> dict[str, Any]:
    """Both spellings of every field: azure-ai-ml 1.35.2 copies the answer's keys as they are and
    then reads the other spelling."""
    return {**said, **{_SNAKE.get(name) or to_snake(name): value for name, value in said.items()}}
