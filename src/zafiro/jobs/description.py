"""What a runner is told: names and references of the job, resolved to places on this machine.

The JSON is the execution API, version 1; zafiro.runtime reads it.
"""

import os
from typing import Any

from sqlalchemy.orm import Session

from zafiro.assets import service as assets
from zafiro.core import names
from zafiro.core.context import Context
from zafiro.core.errors import Invalid, NotFound, Unsupported
from zafiro.datastores import service as datastores
from zafiro.datastores.domain import Location
from zafiro.environments import service as environments
from zafiro.jobs import expressions, store, wire
from zafiro.jobs.domain import Job
from zafiro.workspaces.domain import Workspace

VERSION = 1


def check(
    ctx: Context, db: Session, workspace: Workspace, name: str, asked: wire.CommandJob
) -> None:
    """Raises Invalid or NotFound, naming the field, for what cannot be resolved."""
    has = asked.inputs or {}, asked.outputs or {}
    expressions.check("command", asked.command, *has)
    for variable, value in (asked.environment_variables or {}).items():
        expressions.check(f"environmentVariables.{variable}", value, *has)
    _inputs(ctx, db, workspace, asked)
    _outputs(ctx, db, workspace, name, asked)
    _code(ctx, db, workspace, asked)
    recipe = environment(ctx, db, workspace, asked.environment_id)
    if recipe is not None and recipe.get("failure"):
        raise Invalid("environment", recipe["failure"])


def build(
    ctx: Context,
    db: Session,
    workspace: Workspace,
    job: Job,
    asked: wire.CommandJob,
    *,
    token: str,
) -> dict[str, Any]:
    """The description. `token`: the job's own, for its tracking."""
    timeout = asked.limits.timeout if asked.limits else None
    distribution = asked.distribution
    processes = 1
    if distribution is not None:
        processes = distribution.process_count_per_instance or distribution.process_count or 1
    experiment = asked.experiment_name or "Default"
    return {
        "version": VERSION,
        "job": job.name,
        "experiment": experiment,
        "command": asked.command,
        "code": _code(ctx, db, workspace, asked),
        "inputs": _inputs(ctx, db, workspace, asked),
        "outputs": _outputs(ctx, db, workspace, job.name, asked),
        "environment": environment(ctx, db, workspace, asked.environment_id),
        "environments": str(ctx.home.environments),
        "artifacts": str(artifacts(ctx, workspace, job.name)),
        "kept": [folder for folder in wire.log_dirs(asked).values() if folder],
        # Apart from the variables: the job may point those elsewhere, where its token must not go.
        "tracking": {"url": tracking_url(ctx, workspace), "run": job.name},
        "variables": {
            **variables(ctx, workspace, job.name, experiment, token),
            **(asked.environment_variables or {}),
        },
        "timeout_s": None if timeout is None else timeout.total_seconds(),
        "processes": processes,
        "distribution": None if distribution is None else distribution.dump(),
    }


def artifacts(ctx: Context, workspace: Workspace, job: str) -> "os.PathLike[str]":
    """Where the artifacts of the job's run lie on this machine."""
    account = ctx.home.storage / workspace.storage_account
    return account / "azureml" / names.artifact_root(job)


def tracking_url(ctx: Context, workspace: Workspace) -> str:
    """What MLflow's clients take as tracking URI: v1.0, because at v2.0 a client that names
    azureml-mlflow is taken for its own store."""
    return f"{ctx.url}/mlflow/v1.0{workspace.id}"


def variables(
    ctx: Context, workspace: Workspace, job: str, experiment: str, token: str
) -> dict[str, str]:
    """What every job finds in its environment: MLflow pointed at this server with the job as its
    run, and what Azure sets, for clients that read that (azureml-core 1.61 Run.get_context)."""
    bundle = str(ctx.home.tls / "bundle.pem")
    return {
        "MLFLOW_TRACKING_URI": tracking_url(ctx, workspace),
        "MLFLOW_TRACKING_TOKEN": token,
        "MLFLOW_EXPERIMENT_NAME": experiment,
        "MLFLOW_RUN_ID": job,
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "ARM_CLOUD_METADATA_URL": f"{ctx.url}/metadata/endpoints?api-version=2022-09-01",
        "AZUREML_ARM_SUBSCRIPTION": workspace.subscription,
        "AZUREML_ARM_RESOURCEGROUP": workspace.group,
        "AZUREML_ARM_WORKSPACE_NAME": workspace.name,
        "AZUREML_ARM_PROJECT_NAME": experiment,
        "AZUREML_WORKSPACE_ID": workspace.guid,
        "AZUREML_RUN_ID": job,
        "AZUREML_RUN_TOKEN": token,
        "AZUREML_SERVICE_ENDPOINT": ctx.url,
        "AZUREML_DISCOVERY_SERVICE_ENDPOINT": f"{ctx.url}/discovery",
    }


def environment(
    ctx: Context, db: Session, workspace: Workspace, reference: str | None
) -> dict[str, Any] | None:
    """The recipe for the environment of that id or curated name; None for a plain one.

    Raises Invalid for one that is neither in the workspace nor known as a curated one.
    """
    if not reference:
        return None
    asset = "/providers/" in reference
    registry = reference.lower().startswith("azureml://registries/")
    if registry or (not asset and environments.is_curated(reference)):
        return environments.resolve(reference, settings=ctx.settings)
    try:
        kept = assets.resolve(db, workspace, reference, "environments")
    except NotFound as e:
        # Azure lists its curated environments in every workspace.
        name = reference.split("/environments/")[-1].split("/")[0]
        if asset and environments.is_curated(f"azureml:{name}"):
            return environments.resolve(f"azureml:{name}", settings=ctx.settings)
        raise Invalid("environment", str(e)) from e
    build: Any = kept.properties.get("build") or {}
    context = build.get("contextUri")
    folder = locate(ctx, db, workspace, context, "environment.build").path if context else None

    def read(relative: str) -> str | None:
        if folder is None:
            return None
        path = (folder / relative).resolve()
        inside = path.is_relative_to(folder.resolve())
        return path.read_text(errors="replace") if inside and path.is_file() else None

    return environments.resolve(
        kept.properties,
        settings=ctx.settings,
        name=kept.name,
        read=read,
        files=None if folder is None else str(folder),
    )


def locate(ctx: Context, db: Session, workspace: Workspace, uri: str, field: str) -> Location:
    """Where the bytes behind a URI or asset id are. Raises Invalid naming `field`."""
    if "/providers/" in uri and not uri.startswith(("http://", "https://")):
        return locate(ctx, db, workspace, assets.resolve(db, workspace, uri).uri, field)
    try:
        if uri.startswith("azureml://jobs/"):
            uri = job_output(ctx, db, workspace, uri)
        elif uri.startswith("azureml:") and not uri.startswith("azureml://"):
            uri = assets.resolve(db, workspace, uri, "data").uri
        elif uri.startswith("runs:/"):
            run, _, path = uri.removeprefix("runs:/").partition("/")
            uri = artifact_uri(run, path)
        return datastores.locate(ctx, db, workspace, uri)
    except NotFound as e:
        raise Invalid(field, str(e)) from e


def job_output(ctx: Context, db: Session, workspace: Workspace, uri: str) -> str:
    """azureml://jobs/{job}/outputs/{output}/paths/{path} as a datastore URI.

    Raises NotFound for a job that is not there, Invalid for an output it does not have.
    """
    parts = uri.removeprefix("azureml://jobs/").split("/")
    if len(parts) < 3 or parts[1] != "outputs":
        raise Invalid("uri", f"'{uri}' is not azureml://jobs/JOB/outputs/OUTPUT/paths/PATH")
    name, output = parts[0], parts[2]
    path = "/".join(parts[4:]) if parts[3:4] == ["paths"] else "/".join(parts[3:])
    kept = store.get(db, workspace.guid, name)
    declared = wire.command(kept.body["properties"]).outputs or {}
    if output in declared:
        base = output_uri(ctx, db, workspace, kept.job.name, output, declared[output])
        return f"{base.rstrip('/')}/{path}".rstrip("/")
    if output in ("artifacts", "default"):
        return artifact_uri(kept.job.name, path)
    known = ", ".join([*declared, "artifacts"])
    raise Invalid("uri", f"job '{name}' has no output '{output}'; it has {known}")


def resolver(ctx: Context) -> assets.Resolver:
    """What the assets slice asks when a model or data asset is made of a job's output."""

    def of_job(db: Session, workspace: Workspace, job: str, output: str) -> str | None:
        try:
            return job_output(ctx, db, workspace, f"azureml://jobs/{job}/outputs/{output}")
        except (NotFound, Invalid):
            return None

    return of_job


def artifact_uri(run: str, path: str) -> str:
    root = names.artifact_root(run)
    return f"azureml://datastores/{names.ARTIFACT_STORE}/paths/{root}/{path}".rstrip("/")


def output_uri(
    ctx: Context, db: Session, workspace: Workspace, job: str, name: str, asked: wire.Output | None
) -> str:
    """Where an output goes: as asked, else below azureml/ in the default datastore."""
    if asked is not None and asked.uri:
        return (
            asked.uri.replace("${{name}}", job)
            .replace("${{output_name}}", name)
            .replace("${{default_datastore}}", datastores.default(ctx, db, workspace).name)
        )
    store_name = datastores.default(ctx, db, workspace).name
    return f"azureml://datastores/{store_name}/paths/azureml/{job}/{name}/"


def _inputs(
    ctx: Context, db: Session, workspace: Workspace, asked: wire.CommandJob
) -> dict[str, Any]:
    return {
        name: _input(ctx, db, workspace, f"inputs.{name}.path", given)
        for name, given in (asked.inputs or {}).items()
    }


def _input(
    ctx: Context, db: Session, workspace: Workspace, field: str, given: wire.Input
) -> dict[str, Any]:
    if given.job_input_type == "literal":
        return {"type": "literal", "value": "" if given.value is None else str(given.value)}
    assert given.uri is not None  # wire.command has seen to it
    place = locate(ctx, db, workspace, given.uri, field)
    mode = wire.MODES[(given.mode or "ReadOnlyMount").lower()]
    if place.path is None and given.job_input_type != "uri_file" and mode != "direct":
        raise Unsupported(
            f"{field}: reading a folder over https ({given.uri.partition('?')[0]}; put a copy "
            "into a datastore or into the folder of ZAFIRO_URL_MIRROR)"
        )
    return {
        "type": given.job_input_type,
        "mode": mode,
        "uri": given.uri,
        **_place(place),
    }


def _outputs(
    ctx: Context, db: Session, workspace: Workspace, job: str, asked: wire.CommandJob
) -> dict[str, Any]:
    found = {}
    for name, output in (asked.outputs or {}).items():
        uri = output_uri(ctx, db, workspace, job, name, output)
        place = locate(ctx, db, workspace, uri, f"outputs.{name}.path")
        if place.path is None:
            raise Invalid(
                f"outputs.{name}.path",
                f"'{uri}' is not in storage of this server; it cannot be written to",
            )
        mode = output.mode if output is not None and output.mode else "ReadWriteMount"
        found[name] = {
            "type": (output.job_output_type if output else None) or "uri_folder",
            "mode": wire.MODES[mode.lower()],
            "uri": uri,
            "path": str(place.path),
        }
    return found


def _code(
    ctx: Context, db: Session, workspace: Workspace, asked: wire.CommandJob
) -> dict[str, Any] | None:
    if not asked.code_id:
        return None
    place = locate(ctx, db, workspace, asked.code_id, "code")
    if place.path is None:
        raise Invalid("code", f"'{asked.code_id}' is not in storage of this server")
    return {"path": str(place.path)}


def _place(place: Location) -> dict[str, Any]:
    if place.path is not None:
        return {"path": str(place.path)}
    return {"url": place.url}
