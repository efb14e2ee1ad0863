"""The ARM face of jobs."""

import re
from typing import Any

from starlette.responses import Response

from zafiro.arm.resource import ArmRoute, Call, Page, ResourceType, RouteCall, after, rows
from zafiro.core.clock import iso
from zafiro.core.documents import Record
from zafiro.core.errors import Invalid, NotFound
from zafiro.core.names import ML
from zafiro.jobs import description, service, store, wire
from zafiro.jobs.store import Kept
from zafiro.tracking import service as tracking
from zafiro.tracking.domain import Run
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

_PAGE = 50


class Jobs:
    """Keeps the resource as the user wrote it; adds what only we know."""

    def put(self, call: Call, body: dict[str, Any]) -> tuple[Record, bool]:
        workspace = workspaces.by_id(call.db, str(call.id))
        kept = store.find(call.db, workspace.guid, call.id.name)
        if kept is not None:
            return _record(call, workspace, service.amend(call.db, kept, body)), False
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,249}", call.id.name):
            raise Invalid(
                "name",
                f"'{call.id.name}' is no job name: up to 250 letters, digits, '-', '_' and '.'",
            )
        kept = service.submit(call.ctx, call.db, workspace, call.id.name, body, by=call.caller.name)
        call.after.append(lambda: call.ctx.wakes.wake(service.LOOP))
        return _record(call, workspace, kept), True

    def get(self, call: Call) -> Record:
        workspace = workspaces.by_id(call.db, str(call.id))
        return _record(call, workspace, store.get(call.db, workspace.guid, call.id.name))

    def under(self, call: Call, collection: str) -> Page:
        """Newest first. Filters: listViewType, jobType, tag, properties, as azure-ai-ml 1.35.2
        sends them."""
        workspace = workspaces.by_id(call.db, str(call.id))
        size = rows(call.query, _PAGE)
        found: list[Record] = []
        last = after(call.query)
        while len(found) < size:
            kept = store.page(call.db, workspace.guid, before=last, limit=size)
            if not kept:
                return Page(found)
            runs = tracking.get_runs(call.db, workspace.guid, [k.job.name for k in kept])
            for one in kept:
                last = one.job.key
                run = runs.get(one.job.name)
                if run is not None and _wanted(call, one, run):
                    found.append(_shown(call, workspace, one, run))
                    if len(found) == size:
                        break
        return Page(found, str(last))

    def delete(self, call: Call) -> bool:
        workspace = workspaces.by_id(call.db, str(call.id))
        try:
            folder = service.delete(call.ctx, call.db, workspace.guid, call.id.name)
        except NotFound:
            return False
        call.after.append(lambda: service.remove_folder(folder))
        return True


def _wanted(call: Call, kept: Kept, run: Run) -> bool:
    view = call.query.get("listviewtype", "ActiveOnly")
    if view != "All" and bool(run.hidden) != (view == "ArchivedOnly"):
        return False
    kind = call.query.get("jobtype")
    if kind and kept.body["properties"].get("jobType", "").lower() != kind.lower():
        return False
    if call.query.get("scheduleid") or call.query.get("scheduled", "").lower() == "true":
        return False  # nothing here starts jobs by the clock yet
    for asked, has in (("tag", run.tags), ("properties", run.properties)):
        for one in filter(None, call.query.get(asked, "").split(",")):
            name, equals, value = one.partition("=")
            if name not in has or (equals and has[name] != value):
                return False
    return True


def _record(call: Call, workspace: Workspace, kept: Kept) -> Record:
    run = tracking.get_run(call.db, workspace.guid, kept.job.name)
    return _shown(call, workspace, kept, run)


def _shown(call: Call, workspace: Workspace, kept: Kept, run: Run) -> Record:
    """What people may change is on the run: display name, description, tags, properties."""
    properties = kept.body["properties"]
    id = f"{workspace.id}/jobs/{kept.job.name}"
    shown = {
        **properties,
        "status": kept.job.status.value,
        "displayName": run.name,
        "description": run.description,
        "experimentName": run.experiment,
        "tags": run.tags,
        "properties": run.properties or {},
        "isArchived": bool(run.hidden),
        "outputs": _outputs(call, workspace, kept),
        "services": {
            **_services(call, workspace, kept.job.name, properties.get("services") or {}),
            "Tracking": {
                "jobServiceType": "Tracking",
                "endpoint": f"azureml://{call.ctx.url.removeprefix('https://')}/mlflow/v1.0{workspace.id}",
            },
            "Studio": {
                "jobServiceType": "Studio",
                # The client appends &tid=…, so there must be a query already.
                "endpoint": f"{call.ctx.studio_url}/runs/{kept.job.name}?wsid={workspace.id}",
            },
        },
    }
    body = {**kept.body, "properties": shown}
    return Record(id, kept.job.name, body, "", kept.created_at, kept.modified_at, kept.created_by)


def _services(call: Call, workspace: Workspace, job: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Those asked for, and TensorBoard, which every job has (zafiro.tensorboards)."""
    place = "/".join((workspace.subscription, workspace.group, workspace.name, job))
    board = {"jobServiceType": "TensorBoard", "endpoint": f"{call.ctx.url}/tensorboard/{place}/"}
    shown: dict[str, Any] = {}
    for name, given in asked.items():
        is_board = (given or {}).get("jobServiceType") == "TensorBoard"
        shown[name] = {**given, **board} if is_board else given
    return {"TensorBoard": board, **shown}


def _outputs(call: Call, workspace: Workspace, kept: Kept) -> dict[str, Any]:
    asked = wire.command(kept.body["properties"]).outputs or {}
    shown: dict[str, Any] = {}
    for name, output in asked.items():
        uri = description.output_uri(call.ctx, call.db, workspace, kept.job.name, name, output)
        given = output.dump() if output is not None else {}
        shown[name] = {"jobOutputType": "uri_folder", "mode": "ReadWriteMount", **given, "uri": uri}
    return shown


def _cancel(call: Call, record: Record, body: dict[str, Any]) -> Response:
    guid = workspaces.by_id(call.db, record.id).guid
    service.cancel(call.ctx, call.db, guid, record.name)
    call.after.append(lambda: call.ctx.wakes.wake(service.LOOP))
    return Response(status_code=200)


def _timeline(call: RouteCall) -> dict[str, Any]:
    """Where the time of a job went: {status, exitCode, steps: [{name, began, ended, reason}]};
    exitCode of the user's command, null until it exited. Ours: Azure has no such route."""
    names = call.names
    workspace = workspaces.find(call.db, names["s"], names["g"], names["w"])
    job = store.get(call.db, workspace.guid, names["j"]).job
    waiting = service.why_waiting(call.ctx, call.db, job)
    steps = [
        {
            "name": s.name,
            "began": iso(s.began),
            "ended": iso(s.ended) if s.ended else None,
            "reason": s.reason if s.ended else s.reason or waiting,
        }
        for s in job.steps
    ]
    return {"status": job.status.value, "exitCode": job.exit_code, "steps": steps}


ROUTES = [
    ArmRoute(
        "GET",
        "/subscriptions/{s}/resourceGroups/{g}/providers/"
        f"{ML}/workspaces/{{w}}/jobs/{{j}}/timeline",
        _timeline,
    )
]

TYPES = [
    ResourceType(
        path="workspaces/jobs",
        shape=wire.AnyJob,
        keeper=Jobs(),
        actions={"cancel": _cancel},
    )
]
