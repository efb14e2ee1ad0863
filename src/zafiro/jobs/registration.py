"""Outputs of an ended job: what they are to those who ask, and as assets where they were named."""

from typing import Any

from sqlalchemy.orm import Session

from zafiro.assets import service as assets
from zafiro.core.context import Context
from zafiro.core.errors import Invalid
from zafiro.jobs import description, wire
from zafiro.jobs.domain import Job, Status
from zafiro.workspaces import service as workspaces

_MODELS = ("custom_model", "mlflow_model", "triton_model")


def outputs(
    ctx: Context,
    db: Session,
    job: Job,
    asked: wire.CommandJob,
    written: dict[str, Any],
    *,
    by: str,
) -> dict[str, dict[str, str]]:
    """{name: {"assetId", "type"}}; named outputs of a completed job are registered on the way.

    Model outputs are told as uri_folder: the client's downloader fails on model types before it
    sends a request (azure-ai-ml 1.35.2). Assets are made in the name of `by`. Raises Invalid when
    a named output was not written.
    """
    workspace = workspaces.by_id(db, job.workspace)
    found = {}
    for name, output in (asked.outputs or {}).items():
        kind = (output.job_output_type if output else None) or "uri_folder"
        uri = description.output_uri(ctx, db, workspace, job.name, name, output)
        there = bool((written.get(name) or {}).get("exists"))
        id = uri
        if output is not None and output.asset_name and job.status is Status.COMPLETED:
            if not there:
                raise Invalid(f"outputs.{name}", "the command wrote nothing there")
            about = {
                "description": output.description or "",
                "properties": {"azureml.jobname": job.name},
                "tags": {},
            }
            if kind in _MODELS:
                where, model = "models", {"modelType": kind, "modelUri": uri}
                body = {**model, "jobName": job.name, **about}
            else:
                where, body = "data", {"dataType": kind, "dataUri": uri, **about}
            id = assets.register(
                db,
                workspace,
                where,
                output.asset_name,
                output.asset_version,
                body,
                look=assets.look(ctx, db, workspace),
                by=by,
            ).id
        if there:
            found[name] = {"assetId": id, "type": "uri_folder" if kind in _MODELS else kind}
    return found
