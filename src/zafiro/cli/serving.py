"""Endpoints and schedules: their own verbs, each one call of azure-ai-ml."""

import json
from typing import Any

from zafiro.cli import sdk
from zafiro.cli.asking import fields
from zafiro.cli.making import finished, noun, operations
from zafiro.cli.parser import Asked
from zafiro.cli.plain import entity, plain
from zafiro.cli.shapes import Json


def _local(asked: Asked) -> dict[str, bool]:
    return {"local": True} if asked.given.get("local") else {}


def invoke_online(asked: Asked) -> Any:
    """What the deployment answered: JSON as such, anything else as text."""
    with sdk.spoken(asked):
        said = sdk.ml_of(asked).online_endpoints.invoke(
            asked.name,
            request_file=asked.request_file,
            deployment_name=asked.get("deployment_name"),
            **_local(asked),
        )
    try:
        return json.loads(said)
    except ValueError:
        return said


_SHOWN = {
    "primary_key": "primaryKey",
    "secondary_key": "secondaryKey",
    "access_token": "accessToken",
    "expiry_time_utc": "expiryTimeUtc",
    "refresh_after_time_utc": "refreshAfterTimeUtc",
    "token_type": "tokenType",
}


def credentials(asked: Asked) -> Json:
    """In the wire's spelling (primaryKey, accessToken), as `az ml` prints it."""
    with sdk.spoken(asked):
        said = vars(operations(asked, sdk.ml_of(asked)).get_keys(asked.name))
        return {shown: said[name] for name, shown in _SHOWN.items() if said.get(name) is not None}


def regenerate_keys(asked: Asked) -> None:
    with sdk.spoken(asked):
        ops = operations(asked, sdk.ml_of(asked))
        finished(asked, ops.begin_regenerate_keys(asked.name, key_type=asked.key_type))


def deployment_logs(asked: Asked) -> str:
    with sdk.spoken(asked):
        more = {"container_type": asked.container} if asked.get("container") else {}
        return str(
            sdk.ml_of(asked).online_deployments.get_logs(
                asked.name,
                endpoint_name=asked.endpoint_name,
                lines=asked.get("lines", 5000),
                **more,
                **_local(asked),
            )
        )


def invoke_batch(asked: Asked) -> Any:
    with sdk.spoken(asked):
        from azure.ai.ml import Input, Output

        ml = sdk.ml_of(asked)
        more: dict[str, Any] = {}
        if asked.get("input"):
            more["input"] = Input(path=asked.input, type=asked.get("input_type", "uri_folder"))
        if asked.get("inputs"):
            more["inputs"] = {k: Input(path=v) for k, v in asked.inputs.items()}
        if asked.get("outputs"):
            more["outputs"] = {k: Output(path=v) for k, v in asked.outputs.items()}
        overrides = [{path: value} for path, value in (asked.get("set") or {}).items()]
        for name, key in (
            ("output_path", "output_dataset.path"),
            ("instance_count", "compute.instance_count"),
            ("mini_batch_size", "mini_batch_size"),
            ("job_name", "job_name"),
            ("experiment_name", "experiment_name"),
        ):
            if asked.get(name) is not None:
                overrides.append({key: asked.get(name)})
        made = ml.batch_endpoints.invoke(
            asked.name,
            deployment_name=asked.get("deployment_name"),
            params_override=overrides,
            **more,
        )
        return plain(fields(made))


def batch_jobs(asked: Asked) -> list[Json]:
    with sdk.spoken(asked):
        ml = sdk.ml_of(asked)
        if noun(asked) == "batch-deployment":
            found = ml.batch_deployments.list_jobs(
                deployment_name=asked.name, endpoint_name=asked.endpoint_name
            )
        else:
            found = ml.batch_endpoints.list_jobs(asked.name)
        return [plain(fields(one)) for one in found]


def enable_schedule(asked: Asked) -> Any:
    return _schedule(asked, "begin_enable")


def disable_schedule(asked: Asked) -> Any:
    return _schedule(asked, "begin_disable")


def _schedule(asked: Asked, operation: str) -> Any:
    with sdk.spoken(asked):
        made = finished(asked, getattr(sdk.ml_of(asked).schedules, operation)(asked.name))
        return None if made is None else entity(made)


def trigger_schedule(asked: Asked) -> Any:
    with sdk.spoken(asked):
        return plain(fields(sdk.ml_of(asked).schedules.trigger(asked.name)))
