"""JSON shapes of jobs. Source: azure-ai-ml 1.35.2, arm_ml_service/models (CommandJob and others)."""

import posixpath
import re
from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from zafiro.arm.resource import Wire
from zafiro.core.errors import Invalid, Unsupported

# How the wire's modes read for the runner.
MODES = {
    "readonlymount": "mount",
    "readwritemount": "mount",
    "evalmount": "mount",
    "mount": "mount",
    "download": "download",
    "evaldownload": "download",
    "upload": "upload",
    "direct": "direct",
}
_RESERVED = ("user_logs", "system_logs")  # the artifacts that are ours
TYPES = ("uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model", "triton_model")


class Input(Wire):
    job_input_type: str
    value: Any = None
    uri: str | None = None
    mode: str | None = None


class Output(Wire):
    job_output_type: str | None = "uri_folder"
    uri: str | None = None
    mode: str | None = None
    asset_name: str | None = None
    asset_version: str | None = None
    description: str | None = None


class Limits(Wire):
    timeout: timedelta | None = None


class Resources(Wire):
    instance_count: int | None = None
    instance_type: str | None = None


class Distribution(Wire):
    distribution_type: str | None = None
    process_count_per_instance: int | None = None
    process_count: int | None = None
    worker_count: int | None = None
    parameter_server_count: int | None = None


class CommandJob(Wire):
    job_type: str
    command: str = Field(min_length=1)
    code_id: str | None = None
    environment_id: str | None = None
    compute_id: str | None = None
    experiment_name: str | None = None
    display_name: str | None = None
    description: str | None = None
    tags: dict[str, str | None] | None = None
    properties: dict[str, str | None] | None = None
    inputs: dict[str, Input] | None = None
    outputs: dict[str, Output | None] | None = None
    environment_variables: dict[str, str] | None = None
    limits: Limits | None = None
    resources: Resources | None = None
    distribution: Distribution | None = None
    services: dict[str, dict[str, Any] | None] | None = None
    is_archived: bool | None = False


class Changes(Wire):
    """What may change of a job that is there."""

    display_name: str | None = None
    description: str | None = None
    tags: dict[str, str | None] | None = None
    properties: dict[str, str | None] | None = None
    is_archived: bool | None = None


class ReportedError(BaseModel):
    code: str
    message: str
    tail: str | None = None


class Report(BaseModel):
    """What a runner says: that a phase began, or (`status`) how it all ended. `at`: epoch seconds."""

    phase: str
    at: float | None = Field(None, ge=0, lt=1e11, allow_inf_nan=False)
    reason: str | None = None
    status: Literal["Completed", "Failed", "Canceled"] | None = None
    exit_code: int | None = Field(None, ge=-(1 << 31), lt=1 << 31)
    error: ReportedError | None = None
    outputs: dict[str, dict[str, Any] | None] | None = None


def report(said: dict[str, Any]) -> Report:
    """Raises Invalid."""
    try:
        found = Report.model_validate(said)
    except ValidationError as e:
        first = e.errors(include_url=False)[0]
        raise Invalid(".".join(str(part) for part in first["loc"]), first["msg"]) from e
    if (found.phase == "ended") != (found.status is not None):
        raise Invalid("status", "is said with the phase 'ended', and only then")
    return found


class AnyJob(Wire):
    """What the router checks; the kind of job decides the rest."""

    job_type: str


def command(properties: dict[str, Any]) -> CommandJob:
    """The job asked for. Raises Unsupported for other kinds, Invalid naming the field."""
    kind = properties.get("jobType")
    if kind != "Command":
        raise Unsupported(f"a job of type '{kind}'")
    job = CommandJob.model_validate(properties)
    count = job.resources.instance_count if job.resources else None
    if count is not None and count > 1:
        raise Unsupported(f"resources.instance_count {count}: a job over several nodes")
    if job.distribution is not None:
        _distribution(job.distribution)
    for name, given in (job.inputs or {}).items():
        if given.job_input_type != "literal":
            if given.job_input_type not in TYPES:
                raise Invalid(
                    f"inputs.{name}.type",
                    f"'{given.job_input_type}' is none of literal, {', '.join(TYPES)}",
                )
            if not given.uri:
                raise Invalid(f"inputs.{name}.path", "is missing")
        _mode(f"inputs.{name}.mode", given.mode)
    for name, asked in (job.outputs or {}).items():
        if asked is not None:
            if asked.job_output_type not in (None, *TYPES):
                raise Invalid(
                    f"outputs.{name}.type",
                    f"'{asked.job_output_type}' is none of {', '.join(TYPES)}",
                )
            _mode(f"outputs.{name}.mode", asked.mode)
    timeout = job.limits.timeout if job.limits else None
    if timeout is not None and timeout <= timedelta(0):
        raise Invalid("limits.timeout", "must be longer than nothing")
    return job


def log_dirs(job: CommandJob) -> dict[str, str | None]:
    """The log_dir of each TensorBoard service that is not below ./outputs or ./logs, by the name
    of the service; None for one that is not below the working directory."""
    found: dict[str, str | None] = {}
    for name, given in (job.services or {}).items():
        if (given or {}).get("jobServiceType") != "TensorBoard":
            continue
        asked = str(((given or {}).get("properties") or {}).get("logDir") or "logs")
        path = posixpath.normpath(asked)
        top = path.split("/")[0]
        if top not in ("outputs", "logs"):
            below = re.fullmatch(r"[\w. /-]+", path) and top not in ("", ".", "..", *_RESERVED)
            found[name] = path if below else None
    return found


def _distribution(asked: Distribution) -> None:
    """Raises Unsupported for more processes of a kind than can be had: one would be a lie."""
    kind = (asked.distribution_type or "").lower()
    several = [asked.process_count_per_instance, asked.process_count, asked.worker_count]
    count = max(n or 0 for n in (*several, (asked.parameter_server_count or 0) + 1))
    if count > 1 and kind != "pytorch":
        raise Unsupported(
            f"distribution '{kind}' with {count} processes (only 'pytorch' can have them)"
        )


def _mode(field: str, mode: str | None) -> None:
    if mode is not None and mode.lower() not in MODES:
        raise Invalid(field, f"'{mode}' is none of {', '.join(MODES)}")


def error(code: str, message: str, tail: str) -> dict[str, Any]:
    """What jobs.stream shows whole, as indented JSON, when a job failed: the reason first, then
    the end of the log, a line a line."""
    return {
        "error": {
            "code": code,
            "message": message,
            "log": tail.rstrip().splitlines(),
            "details": [],
        }
    }
