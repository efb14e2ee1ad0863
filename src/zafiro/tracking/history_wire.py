"""Run history's JSON: RunDto, RunDetails, ExperimentDto.

Microsoft's clients tell an absent key from a null: what we do not have is left out, except
`logFiles`, which must be an object (azure-ai-ml 1.35.2 crashes on null while a job runs).
"""

import re
from datetime import datetime, timezone
from typing import Annotated, Any

import msgspec

from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.errors import Invalid
from zafiro.core.names import TENANT
from zafiro.tracking import artifacts, links
from zafiro.tracking.domain import ACTIVE, Experiment, Run
from zafiro.workspaces.domain import Workspace

_FRACTION = re.compile(r"\.(\d+)")
LOG_FOLDERS = ("user_logs", "system_logs", "azureml-logs", "logs")


class RunChange(msgspec.Struct, rename="camel"):
    """What a PATCH of a run says; what is absent stays."""

    run_id: str | None = None
    name: str | None = None
    display_name: str | None = None
    description: str | None = None
    tags: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    hidden: bool | None = None
    target: str | None = None
    parent_run_id: str | None = None
    run_type: str | None = None
    status: str | None = None
    run_definition: dict[str, Any] | None = None
    # Kept as they were said, for whoever asks again.
    run_type_v2: dict[str, Any] | None = msgspec.field(default=None, name="runTypeV2")
    script_name: str | None = None
    primary_metric_name: str | None = None
    created_from: dict[str, Any] | None = None
    options: dict[str, Any] | None = None
    heartbeat_enabled: bool | None = None
    input_datasets: list[Any] | None = None
    output_datasets: list[Any] | None = None
    diagnostics_uri: str | None = None
    queueing_info: dict[str, Any] | None = None

    @property
    def told(self) -> dict[str, Any]:
        said = {
            "runTypeV2": self.run_type_v2,
            "scriptName": self.script_name,
            "primaryMetricName": self.primary_metric_name,
            "createdFrom": self.created_from,
            "options": self.options,
            "heartbeatEnabled": self.heartbeat_enabled,
            "inputDatasets": self.input_datasets,
            "outputDatasets": self.output_datasets,
            "diagnosticsUri": self.diagnostics_uri,
            "queueingInfo": self.queueing_info,
        }
        return present(said)


class RunChanges(msgspec.Struct):
    runs: list[RunChange] = []


class Event(msgspec.Struct):
    name: str = ""
    data: dict[str, Any] | None = None
    timestamp: str | None = None


class Events(msgspec.Struct):
    events: list[Event] = []


class Tags(msgspec.Struct):
    tags: list[str] = []


class Collect(msgspec.Struct, rename="camel"):
    """What `zafiro gc` asks for."""

    older_than_s: Annotated[float, msgspec.Meta(ge=0)] = 0
    run_ids: list[str] | None = None


class ExperimentsQuery(msgspec.Struct, rename="camel"):
    filter: str | None = None
    orderby: str | list[str] | None = None
    top: Annotated[int, msgspec.Meta(ge=0)] | None = None
    view_type: str | None = None
    continuation_token: str | None = None


class RunDataQuery(msgspec.Struct, rename="camel"):
    run_id: str = ""
    select_run_metadata: bool = True
    select_run_definition: bool = False


class ExperimentChange(msgspec.Struct):
    name: str | None = None
    tags: dict[str, Any] | None = None
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    archive: bool | None = None


class RunsQuery(msgspec.Struct, rename="camel"):
    filter: str | None = None
    orderby: str | list[str] | None = None
    top: Annotated[int, msgspec.Meta(ge=0)] | None = None
    continuation_token: str | None = None


def time(at_ms: int | None) -> str | None:
    if at_ms is None:
        return None
    return clock.iso(datetime.fromtimestamp(at_ms / 1000, timezone.utc))


def ms(said: str) -> int:
    """From ISO 8601, also with Azure's seven digits. Raises Invalid."""
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(_six, said.replace("Z", "+00:00")))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError) as e:
        raise Invalid("time", f"'{said}' is none, as in 2026-11-20T17:00:29.940996Z") from e


def _six(fraction: "re.Match[str]") -> str:
    """Clients write one to seven digits; Python 3.10 reads three or six."""
    return f".{fraction[1][:6]:0<6}"


def texts(said: dict[str, Any] | None) -> dict[str, str] | None:
    """Tags and properties are text; azureml-core's tag without a value is a null."""
    if said is None:
        return None
    return {key: "" if value is None else str(value) for key, value in said.items()}


def run(found: Run, cancel_uri: str | None = None) -> dict[str, Any]:
    """RunDto. `experimentId` is what azure-ai-ml shows as the experiment of a child job."""
    return present(
        {
            "runId": found.run_id,
            "runNumber": found.key,
            "rootRunId": found.root,
            "parentRunId": found.parent,
            "experimentId": str(found.experiment_key),
            "experimentName": found.experiment,
            "status": found.state,
            "startTimeUtc": time(found.began_ms),
            "endTimeUtc": time(found.ended_ms),
            "createdUtc": time(found.created_ms),
            "lastModifiedUtc": time(found.modified_ms),
            "createdBy": {"userName": found.user, "userTenantId": TENANT},
            "userId": found.user,
            "displayName": found.name,
            "name": found.name,
            "description": found.description,
            "dataContainerId": f"dcid.{found.run_id}",
            "runType": found.run_type,
            "target": found.target,
            "compute": {"target": found.target} if found.target else None,
            "tags": found.tags,
            "properties": found.properties,
            "hidden": found.hidden,
            "runDefinition": found.definition,
            "cancelUri": cancel_uri,
            "inputDatasets": [],
            "outputDatasets": [],
            "outputs": found.outputs,
            "error": found.error,
            "warnings": found.warnings,
            **found.told,
        }
    )


def details(found: Run, logs: dict[str, str]) -> dict[str, Any]:
    """RunDetails. `error` is what JobException shows, whole."""
    return present(
        {
            "runId": found.run_id,
            "target": found.target,
            "status": found.state,
            "startTimeUtc": time(found.began_ms),
            "endTimeUtc": time(found.ended_ms),
            "error": found.error,
            "warnings": found.warnings,
            "properties": found.properties,
            "tags": found.tags,
            "services": {},
            "inputDatasets": found.told.get("inputDatasets", []),
            "outputDatasets": found.told.get("outputDatasets", []),
            "runDefinition": found.definition,
            "logFiles": logs,
        }
    )


def log_files(ctx: Context, workspace: Workspace, found: Run) -> dict[str, str]:
    """{"user_logs/std_log.txt": url}: the log files there are."""
    root, logs = artifacts.run_folder(found.run_id), {}
    for folder in LOG_FOLDERS:
        for name in artifacts.walk(ctx.home, workspace, f"{root}/{folder}"):
            path = f"{folder}/{name}"
            logs[path] = links.log_url(ctx, workspace, found, path)
    return logs


def experiment(found: Experiment) -> dict[str, Any]:
    return present(
        {
            "experimentId": found.id,
            "name": found.name,
            "description": found.description,
            "createdUtc": time(found.created_ms),
            "archivedTime": None if found.lifecycle == ACTIVE else time(found.modified_ms),
            "tags": found.tags,
        }
    )


def present(said: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if value is not None}
