"""A command job. Other kinds are left to azure-ai-ml: `shape` answers None."""

from typing import Any

from zafiro.cli.shapes import MODES, Json, context, part, present, reference, snake
from zafiro.core.names import TENANT

_ASSETS = ("data", "models")


def shape(job: Json) -> Json | None:
    said = job.get("properties", {})
    if said.get("jobType") != "Command":
        return None
    # Ours and not the client's: which phase a job is in, and why, is asked for by `why`.
    return _every(job) | present(
        identity=_identity(said.get("identity")),
        command=said.get("command"),
        code=_code(said.get("codeId")),
        environment=reference(said.get("environmentId"), "environments"),
        environment_variables=said.get("environmentVariables") or {},
        resources=_resources(said.get("resources")),
        distribution=_distribution(said.get("distribution")),
        queue_settings=_queue(said.get("queueSettings")),
        type="command",
        limits=_limits(said.get("limits")),
        inputs={name: _input(one) for name, one in (said.get("inputs") or {}).items()},
        outputs={name: _output(one) for name, one in (said.get("outputs") or {}).items()},
        parameters=said.get("parameters"),
    )


# azure-ai-ml 1.35, constants/_job/job.py JobServiceTypeNames
_SERVICES = {
    "JupyterLab": "jupyter_lab",
    "SSH": "ssh",
    "TensorBoard": "tensor_board",
    "VSCode": "vs_code",
}


def _service(one: Json) -> Json:
    endpoint, kind = one.get("endpoint"), one.get("jobServiceType")
    if kind == "Studio" and endpoint:
        endpoint = f"{endpoint}&tid={TENANT}"
    return present(
        endpoint=endpoint,
        type=_SERVICES.get(kind or "", kind),
        port=one.get("port"),
        status=one.get("status"),
        error=one.get("errorMessage"),
        properties=one.get("properties"),
    )


def _compute(id: str | None) -> str | None:
    if not id:
        return None
    name = part(id, "computes")
    return f"azureml:{name}" if name else id


def _code(id: str | None) -> str | None:
    return f"azureml:{id}" if id and id.startswith("/") else id


def _identity(said: Json | None) -> Json | None:
    kinds = {"AMLToken": "aml_token", "Managed": "managed", "UserIdentity": "user_identity"}
    if not said:
        return None
    return present(
        type=kinds.get(said.get("identityType", ""), said.get("identityType")),
        client_id=said.get("clientId"),
        object_id=said.get("objectId"),
        msi_resource_id=said.get("resourceId"),
    )


def _resources(said: Json | None) -> Json | None:
    if said is None:
        return None
    return present(
        instance_count=said.get("instanceCount"),
        instance_type=said.get("instanceType"),
        locations=said.get("locations"),
        docker_args=said.get("dockerArgs"),
        shm_size=said.get("shmSize"),
        properties=said.get("properties") or {},
    )


def _distribution(said: Json | None) -> Json | None:
    if not said:
        return None
    return {
        "type": str(said.get("distributionType", "")).lower(),
        **present(**{snake(k): v for k, v in said.items() if k != "distributionType"}),
    }


def _queue(said: Json | None) -> Json | None:
    if not said:
        return None
    return present(job_tier=snake(said["jobTier"]) if said.get("jobTier") else None)


def _limits(said: Json | None) -> Json | None:
    timeout = (said or {}).get("timeout")
    return {"timeout": int(seconds(timeout))} if timeout else None


def seconds(duration: str) -> float:
    """An ISO 8601 duration up to days."""
    import re

    match = re.fullmatch(
        r"P(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?", duration
    )
    if match is None:
        return 0.0
    days, hours, minutes, rest = (float(g or 0) for g in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def _input(one: Json) -> Any:
    if one.get("jobInputType") == "literal":
        return one.get("value")
    uri = one.get("uri") or ""
    for kind in _ASSETS:
        if uri.startswith("/") and part(uri, kind):
            uri = reference(uri, kind) or uri
    return present(
        mode=MODES.get(one.get("mode") or "", one.get("mode")),
        type=one.get("jobInputType"),
        path=uri,
        description=one.get("description"),
    )


def _output(one: Json | None) -> Json:
    one = one or {}
    return present(
        name=one.get("assetName"),
        version=one.get("assetVersion"),
        mode=MODES.get(one.get("mode") or "", one.get("mode")),
        type=one.get("jobOutputType"),
        path=one.get("uri"),
        description=one.get("description"),
    )


def head(job: Json) -> Json:
    """What every kind of job has, for lists: azure-ai-ml knows the rest of the other kinds."""
    kind = snake(job.get("properties", {}).get("jobType", "")).replace("auto_ml", "automl")
    return _every(job) | {"type": kind}


def _every(job: Json) -> Json:
    said = job.get("properties", {})
    return present(
        name=job["name"],
        id=f"azureml:{job['id']}",
        description=said.get("description"),
        tags=said.get("tags") or {},
        creation_context=context(job),
        services={name: _service(one) for name, one in (said.get("services") or {}).items() if one},
        display_name=said.get("displayName"),
        status=said.get("status"),
        experiment_name=said.get("experimentName"),
        properties=said.get("properties") or {},
        compute=_compute(said.get("computeId")),
        parent_job_name=said.get("parentJobName"),
    )
