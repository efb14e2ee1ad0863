"""What may be asked of computes."""

import os
import uuid
from typing import Any

from sqlalchemy.orm import Session

from zafiro.arm.ids import parse, plain
from zafiro.computes import wire
from zafiro.computes.domain import (
    CLUSTER,
    FIRST,
    FIRST_NODES,
    FIRST_SIZE,
    INSTANCE,
    LOCAL,
    SERVERLESS,
    Compute,
    Node,
    check_duration,
    check_name,
    check_size,
)
from zafiro.core import clock, documents
from zafiro.core.context import Context
from zafiro.core.documents import Record
from zafiro.core.errors import Conflict, Invalid, Unsupported
from zafiro.core.names import ML, TENANT
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

_SEALED = "sealed"  # beside `properties` in the document
_STATE_AFTER = {"Start": "Running", "Stop": "Stopped", "Restart": "Running"}


def furnish(ctx: Context, db: Session, workspace_id: str) -> None:
    """The cluster a new workspace has: examples expect it."""
    workspace = workspaces.by_id(db, workspace_id)
    scale = {"minNodeCount": 0, "maxNodeCount": FIRST_NODES}
    inner = {"vmSize": FIRST_SIZE, "scaleSettings": scale}
    put(
        ctx,
        db,
        f"{workspace.id}/computes/{FIRST}",
        {"properties": {"computeType": CLUSTER, "properties": inner}},
    )


def clear(ctx: Context, db: Session, workspace_id: str) -> None:
    """Nothing: computes go with the workspace's documents."""


def put(
    ctx: Context,
    db: Session,
    id: str,
    body: dict[str, Any],
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
    by: str = "",
) -> tuple[Record, bool]:
    """Create or replace. A compute instance is running when it has been made.

    Raises Invalid for what no such compute can have or for changing what stays as it was made,
    Unsupported for kinds that cannot run work here.
    """
    check_name(id.rsplit("/", 1)[-1])
    before = documents.find(db, id)
    properties, secrets = wire.kept(body["properties"])
    envelope = {k: v for k, v in body.items() if k in ("tags", "identity", "sku") and v}
    envelope["location"] = body.get("location") or workspaces.by_id(db, id).location
    if before is None:
        now = {"state": "Running", "lastOperation": _operation("Create")}
        envelope["now"] = now if properties["computeType"] == INSTANCE else {}
    else:
        _stays(before.properties, properties)
        envelope["now"] = before.body["now"]
    if "systemassigned" in str(envelope.get("identity", {}).get("type", "")).lower():
        principal = uuid.uuid5(uuid.NAMESPACE_URL, id.lower())  # the same for as long as its name
        envelope["identity"] = {
            **envelope["identity"],
            "principalId": str(principal),
            "tenantId": TENANT,
        }
    if secrets:
        envelope[_SEALED] = ctx.secrets.seal(secrets)
    elif before is not None and _SEALED in before.body:
        envelope[_SEALED] = before.body[_SEALED]
    return documents.put(
        db,
        id,
        {**envelope, "properties": properties},
        if_match=if_match,
        if_none_match=if_none_match,
        by=by,
    )


def delete(db: Session, id: str, *, detach: bool = False) -> bool:
    """Raises Conflict while jobs run on it, Invalid for detaching what was not attached."""
    found = documents.find(db, id)
    if found is None:
        return False
    if detach:
        raise Invalid(
            "underlyingResourceAction",
            f"'{found.name}' was made here, not attached; delete it instead",
        )
    runs = ", ".join(node.run for node in _occupied(db, found.id))
    if runs:
        raise Conflict(f"work runs on the compute '{found.name}' ({runs}); cancel it first")
    return documents.delete(db, id)


def operate(db: Session, record: Record, operation: str) -> None:
    """Start, Stop or Restart a compute instance; again, when it is as asked already, is fine.

    Raises Invalid for a compute of another kind, Conflict when stopping under running jobs.
    """
    _must_be_instance(record, operation.lower())
    runs = ", ".join(node.run for node in _occupied(db, record.id))
    if runs and operation != "Start":
        raise Conflict(f"work runs on the compute '{record.name}' ({runs}); cancel it first")
    now = {"state": _STATE_AFTER[operation], "lastOperation": _operation(operation)}
    documents.put(db, record.id, {**record.body, "now": now})


def enable_sso(db: Session, record: Record, enabled: bool) -> None:
    _must_be_instance(record, "change single sign-on of")
    _change(db, record, {"enableSSO": enabled})


def resize(db: Session, record: Record, size: str) -> None:
    """Raises Conflict unless the instance is stopped, as Azure does."""
    _must_be_instance(record, "resize")
    check_size(size)
    if record.body["now"]["state"] != "Stopped":
        raise Conflict(f"stop the compute instance '{record.name}' before resizing it")
    _change(db, record, {"vmSize": size})


def set_idle(db: Session, record: Record, duration: str) -> None:
    _must_be_instance(record, "set the idle shutdown of")
    check_duration("idleTimeBeforeShutdown", duration)
    _change(db, record, {"idleTimeBeforeShutdown": duration})


def get(db: Session, workspace: Workspace, reference: str | None) -> Compute:
    """The compute a job names: by ARM id, "azureml:name" or name; "serverless" or nothing at all
    is serverless, "local" the machine of the server.

    Raises Invalid, naming the computes there are.
    """
    name = _name(workspace, plain((reference or "").strip()))
    if name.lower() in ("", SERVERLESS):
        return Compute("", SERVERLESS, "Serverless")
    if name.lower() == LOCAL:
        return Compute("", LOCAL, "Local", max_nodes=1)
    found = documents.find(db, f"{workspace.id}/computes/{name}")
    if found is None:
        known = ", ".join([*(c.name for c in all_of(db, workspace)), SERVERLESS])
        raise Invalid(
            "compute", f"the workspace '{workspace.name}' has no compute '{name}'; it has {known}"
        )
    return of_record(found)


def all_of(db: Session, workspace: Workspace) -> list[Compute]:
    """Those that were made, by name."""
    return [of_record(r) for r in documents.under(db, f"{workspace.id}/computes")]


def of_record(record: Record) -> Compute:
    kept = record.properties
    kind, inner = kept["computeType"], kept["properties"]
    if kind == INSTANCE:
        state = record.body["now"]["state"]
        why = "" if state == "Running" else f"the compute instance '{record.name}' is {state}"
        why_not = f"{why.lower()}; start it" if why else ""
        return Compute(record.id, record.name, kind, inner["vmSize"], 1, 1, why_not)
    scale = inner["scaleSettings"]
    least, most = scale["minNodeCount"], scale["maxNodeCount"]
    why_not = "" if most else f"the cluster '{record.name}' has a maximum of 0 nodes; give it more"
    return Compute(record.id, record.name, kind, inner["vmSize"], least, most, why_not)


def occupy(db: Session, workspace: Workspace, compute: Compute, run: str, nodes: int = 1) -> bool:
    """Give `nodes` of a compute to a run, until `free`; again for the same run changes nothing.

    False when so many are not free now. Serverless and local have no nodes to run out of.
    """
    documents.find(db, compute.id or workspace.id, lock=True)  # one counts, then the next
    taken = _occupied(db, _nodes_of(workspace, compute))
    if any(node.run == run for node in taken):
        return True
    if compute.max_nodes is not None and len(taken) + nodes > compute.max_nodes:
        return False
    used = {node.name for node in taken}
    free = (name for n in range(len(taken) + nodes) if (name := f"node-{n}") not in used)
    for _, name in zip(range(nodes), free, strict=False):
        id = f"{_nodes_of(workspace, compute)}/nodes/{name}"
        documents.put(db, id, {"run": run, "since": clock.iso(clock.now())})
    return True


def free(db: Session, workspace: Workspace, compute: Compute, run: str) -> None:
    """Take back what a run has. Silent when it has nothing."""
    for node in _occupied(db, _nodes_of(workspace, compute)):
        if node.run == run:
            documents.delete(db, f"{_nodes_of(workspace, compute)}/nodes/{node.name}")


def nodes(db: Session, compute: Compute) -> list[Node]:
    """The nodes a cluster or instance has now: those at work, and the idle ones it keeps."""
    taken = _occupied(db, compute.id)
    used, found = {node.name for node in taken}, list(taken)
    count = 0
    while len(found) < compute.min_nodes and compute.can_run_jobs:
        if f"node-{count}" not in used:
            found.append(Node(f"node-{count}"))
        count += 1
    return sorted(found, key=lambda node: int(node.name.rpartition("-")[2]))


def usage(ctx: Context, db: Session, subscription: str) -> tuple[int, int]:
    """(slots at work in the subscription's workspaces, slots this machine has)."""
    used = 0
    base = f"/subscriptions/{subscription}/resourceGroups"
    for group in documents.under(db, base):
        for room in documents.under(db, f"{group.id}/providers/{ML}/workspaces"):
            made = [r.id for r in documents.under(db, f"{room.id}/computes")]
            for compute in (*made, *(f"{room.id}/computes/{n}" for n in (SERVERLESS, LOCAL))):
                used += len(_occupied(db, compute))
    return used, ctx.settings.slots or os.cpu_count() or 1


def _name(workspace: Workspace, reference: str) -> str:
    if "/virtualclusters/" in reference.lower() or reference.startswith("//"):
        raise Unsupported(f"the virtual cluster '{reference}'")
    if "/" not in reference:
        return reference
    try:
        id, odd = parse(reference)
    except ValueError:
        odd = reference
    if odd is not None or id.type.lower() != "workspaces/computes":
        raise Invalid("compute", f"'{reference}' is no compute; write its name or its ARM id")
    if id.workspace.lower() != workspace.id.lower():
        raise Invalid("compute", f"'{id.name}' is in another workspace than '{workspace.name}'")
    return id.name


def _nodes_of(workspace: Workspace, compute: Compute) -> str:
    return compute.id or f"{workspace.id}/computes/{compute.name}"


def _occupied(db: Session, compute_id: str) -> list[Node]:
    return [Node(r.name, r.body["run"]) for r in documents.under(db, f"{compute_id}/nodes")]


def _must_be_instance(record: Record, verb: str) -> None:
    kind = record.properties["computeType"]
    if kind != INSTANCE:
        raise Invalid("compute", f"cannot {verb} '{record.name}': it is no {INSTANCE} but {kind}")


def _stays(before: dict[str, Any], asked: dict[str, Any]) -> None:
    if asked["computeType"] != before["computeType"]:
        raise Invalid(
            "computeType", f"it is {before['computeType']} and stays so; delete the compute first"
        )
    for field in ("vmSize", "vmPriority"):
        old, new = (p["properties"].get(field, "") for p in (before, asked))
        if old.lower() != new.lower():
            raise Invalid(field, f"it is {old} and stays so; delete the compute first")


def _operation(name: str) -> dict[str, str]:
    return {
        "operationName": name,
        "operationTime": clock.iso(clock.now()),
        "operationStatus": "Succeeded",
        "operationTrigger": "User",
    }


def _change(db: Session, record: Record, inner: dict[str, Any]) -> None:
    properties = record.properties
    changed = {**properties, "properties": {**properties["properties"], **inner}}
    documents.put(db, record.id, {**record.body, "properties": changed})
