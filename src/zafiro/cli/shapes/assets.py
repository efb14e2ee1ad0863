"""Models, data, environments, components: one version, or the container of all versions."""

from collections.abc import Callable
from typing import Any

from zafiro.cli.shapes import Json, context, part, present


def container(kind: str, found: Json) -> Json:
    said = found.get("properties", {})
    shown = present(
        name=found["name"],
        description=said.get("description"),
        creation_context=context(found),
        latest_version=said.get("latestVersion"),
    )
    if kind != "data":
        shown["id"] = f"azureml:{found['id']}"
    if kind == "components":
        return shown | ({"tags": said["tags"]} if said.get("tags") else {})
    shown["tags"] = said.get("tags") or {}
    if kind == "models":
        shown |= {"properties": said.get("properties") or {}, "type": "custom_model"}
    if kind == "data":
        shown |= present(properties=said.get("properties") or {}, type=said.get("dataType"))
    return shown


def version(kind: str, found: Json) -> Json | None:
    """None where azure-ai-ml must be asked."""
    return _VERSIONS[kind](found)


def _base(found: Json, collection: str, *, prefix: str = "azureml:") -> Json:
    said = found.get("properties", {})
    return present(
        name=part(found["id"], collection),
        id=f"{prefix}{found['id']}",
        version=found["name"],
        description=said.get("description"),
        creation_context=context(found),
    )


def _model(found: Json) -> Json:
    said = found["properties"]
    flavors = said.get("flavors") or {}
    shown = _base(found, "models") | present(
        type=said.get("modelType"),
        path=said.get("modelUri"),
        tags=said.get("tags") or {},
        properties=said.get("properties") or {},
        job_name=said.get("jobName"),
        stage=said.get("stage"),
    )
    if flavors:
        shown["flavors"] = {name: (one or {}).get("data") or {} for name, one in flavors.items()}
    return shown


def _data(found: Json) -> Json:
    said = found["properties"]
    return _base(found, "data", prefix="") | present(
        tags=said.get("tags") or {},
        properties=said.get("properties") or {},
        path=said.get("dataUri"),
        type=said.get("dataType"),
        referenced_uris=said.get("referencedUris"),
    )


def _environment(found: Json) -> Json:
    said = found["properties"]
    build = said.get("build")
    shown = _base(found, "environments") | present(
        tags=said.get("tags") or {},
        image=said.get("image"),
        os_type=str(said["osType"]).lower() if said.get("osType") else None,
        inference_config=said.get("inferenceConfig"),
    )
    if build:
        shown["build"] = present(
            path=build.get("contextUri"), dockerfile_path=build.get("dockerfilePath")
        )
    if said.get("condaFile"):
        import yaml

        shown["conda_file"] = yaml.safe_load(said["condaFile"])
    return shown


def _component(found: Json) -> Json | None:
    said = found["properties"]
    spec: Json = dict(said.get("componentSpec") or {})
    if spec.get("type") != "command":
        return None
    spec.pop("_source", None)
    shown = spec | present(
        id=f"azureml:{found['id']}",
        version=found["name"],
        name=part(found["id"], "components"),
        description=said.get("description") or spec.get("description"),
        creation_context=context(found),
    )
    if said.get("tags"):
        shown["tags"] = said["tags"]
    else:
        shown.pop("tags", None)
    return shown


_VERSIONS: dict[str, Callable[[Json], Json | None]] = {
    "models": _model,
    "data": _data,
    "environments": _environment,
    "components": _component,
}


def latest(found: Json) -> Any:
    return found.get("properties", {}).get("latestVersion")
