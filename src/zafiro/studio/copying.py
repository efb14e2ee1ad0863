"""An object in the words of each client: Python, command line, YAML, REST, MLflow."""

import json
import shlex
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import yaml
from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.core.errors import NotFound
from zafiro.jobs import overview as jobs
from zafiro.studio import reading, wire
from zafiro.tracking import overview as runs
from zafiro.tracking import service as tracking
from zafiro.workspaces.domain import Workspace

_CLIENT = """from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

ml = MLClient(DefaultAzureCredential(), {subscription}, {group}, {name})
"""
_SCHEMA = "https://azuremlschemas.azureedge.net/latest/commandJob.schema.json"
_API = "2024-04-01"
# The property of MLClient and the noun of `az ml` for each kind.
_NOUNS = {
    "data": ("data", "data"),
    "models": ("models", "model"),
    "environments": ("environments", "environment"),
    "components": ("components", "component"),
}
_LISTS = {**_NOUNS, "jobs": ("jobs", "job"), "computes": ("compute", "compute")}
_SEARCHES = {
    "jobs": "import mlflow\n\nprint(mlflow.search_runs(search_all_experiments=True))\n",
    "models": "import mlflow\n\nfor one in mlflow.MlflowClient().search_registered_models():\n"
    "    print(one.name, one.aliases)\n",
}


def job(ctx: Context, db: Session, workspace: Workspace, name: str) -> wire.Copies:
    """Raises NotFound."""
    run = tracking.get_run(db, workspace.guid, name)
    kept = jobs.find(db, workspace.guid, run.run_id)
    id = json.dumps(run.run_id)
    copies = []
    if kept is not None:
        copies = [
            _copy(
                "sdk",
                "python",
                _client(workspace) + f"job = ml.jobs.get({id})\nml.jobs.stream(job.name)\n",
            ),
            _copy("cli", "bash", f"az ml job show --name {run.run_id} {_where(workspace)}"),
            _copy("yaml", "yaml", job_yaml(workspace, kept.body["properties"])),
            _copy("rest", "bash", _curl(ctx, f"{workspace.id}/jobs/{run.run_id}")),
        ]
    read = (
        f"import mlflow\n\nrun = mlflow.get_run({id})\nprint(run.data.params, run.data.metrics)\n"
    )
    return wire.Copies(copies=[*copies, _copy("mlflow", "python", read)])


def asset(
    ctx: Context, db: Session, workspace: Workspace, kind: str, name: str, version: str
) -> wire.Copies:
    """Raises NotFound."""
    found = reading.find(db, workspace, kind, name, version)
    many, one = _NOUNS[kind]
    sdk = (
        _client(workspace)
        + f"found = ml.{many}.get({json.dumps(found.name)}, version={json.dumps(found.version)})\n"
    )
    cli = f"az ml {one} show --name {found.name} --version {found.version} {_where(workspace)}"
    id = f"{workspace.id}/{kind}/{found.name}/versions/{found.version}"
    return wire.Copies(
        copies=[
            _copy("sdk", "python", sdk),
            _copy("cli", "bash", cli),
            _copy("yaml", "yaml", reading.definition(found)),
            _copy("rest", "bash", _curl(ctx, id)),
        ]
    )


def listing(ctx: Context, workspace: Workspace, kind: str) -> wire.Copies:
    """All of a kind. Raises NotFound."""
    if kind not in _LISTS:
        raise NotFound("kind of list", kind)
    many, one = _LISTS[kind]
    sdk = _client(workspace) + f"for one in ml.{many}.list():\n    print(one.name)\n"
    cli = f"az ml {one} list {_where(workspace)} --output table"
    copies = [
        _copy("sdk", "python", sdk),
        _copy("cli", "bash", cli),
        _copy("rest", "bash", _curl(ctx, f"{workspace.id}/{kind}")),
    ]
    if kind in _SEARCHES:
        copies.append(_copy("mlflow", "python", _SEARCHES[kind]))
    return wire.Copies(copies=copies)


def compute(ctx: Context, workspace: Workspace, name: str) -> wire.Copies:
    sdk = _client(workspace) + f"compute = ml.compute.get({json.dumps(name)})\n"
    cli = f"az ml compute show --name {name} {_where(workspace)}"
    rest = _curl(ctx, f"{workspace.id}/computes/{name}")
    return wire.Copies(
        copies=[_copy("sdk", "python", sdk), _copy("cli", "bash", cli), _copy("rest", "bash", rest)]
    )


def comparison(
    ctx: Context, db: Session, workspace: Workspace, names: Sequence[str]
) -> wire.Copies:
    """Several runs side by side, each in the words of its client. Raises NotFound when none of
    them is there; SDK, CLI and REST know those that are jobs."""
    found = [run.run_id for run in runs.by_ids(db, workspace.guid, names)]
    if not found:
        raise NotFound("run", ", ".join(names))
    known = jobs.bodies(db, workspace.guid, found)
    sent = [name for name in found if name in known]
    read = (
        f"import mlflow\nimport pandas\n\nruns = [mlflow.get_run(id) for id in {_list(found)}]\n"
        "table = pandas.DataFrame(\n"
        "    {run.info.run_id: {**run.data.params, **run.data.metrics} for run in runs}\n)\n"
        "print(table[table.nunique(axis=1, dropna=False) > 1])  # only what differs\n"
    )
    copies = [_copy("mlflow", "python", read)]
    if sent:
        sdk = f"jobs = [ml.jobs.get(name) for name in {_list(sent)}]\n"
        sdk += "for job in jobs:\n    print(job.name, job.status, job.inputs, job.command)\n"
        quoted = " ".join(shlex.quote(name) for name in sent)
        cli = (
            f'for name in {quoted}; do\n  az ml job show --name "$name" {_where(workspace)}\ndone\n'
        )
        rest = "\n".join(_curl(ctx, f"{workspace.id}/jobs/{name}") for name in sent[:10])
        copies += [
            _copy("sdk", "python", _client(workspace) + sdk),
            _copy("cli", "bash", cli),
            _copy("rest", "bash", rest),
        ]
    return wire.Copies(copies=copies)


def _list(names: Sequence[str]) -> str:
    return json.dumps(list(names), indent=4) if len(names) > 3 else json.dumps(list(names))


def of(ctx: Context, db: Session, workspace: Workspace, kind: str, name: str) -> wire.Copies:
    """`name` is "name/version" for assets, "a,b,c" of a comparison, and "" for a whole list. Raises
    NotFound."""
    if kind == "compare":
        return comparison(ctx, db, workspace, name.split(",")[:200])
    if not name:
        return listing(ctx, workspace, kind)
    if kind == "jobs":
        return job(ctx, db, workspace, name)
    if kind == "computes":
        return compute(ctx, workspace, name)
    if kind not in _NOUNS:
        raise NotFound("kind of object", kind)
    asset_name, _, version = name.partition("/")
    return asset(ctx, db, workspace, kind, asset_name, version or "latest")


def job_yaml(workspace: Workspace, properties: dict[str, Any]) -> str:
    """The job as `az ml job create --file` takes it, to be sent again. Values of environment
    variables are the user's own and stay; literals of inputs too."""

    def reference(id: Any) -> Any:
        if not id:
            return None
        text = str(id)
        if text.lower().startswith(workspace.id.lower() + "/"):
            parts = text[len(workspace.id) + 1 :].split("/")
            text = f"{parts[1]}:{parts[3]}" if len(parts) == 4 else parts[1]
        return text if text.startswith("azureml:") or "://" in text else f"azureml:{text}"

    def port(given: dict[str, Any] | None, kind: str) -> Any:
        asked = given or {}
        if asked.get(kind) == "literal":
            return asked.get("value")
        mode = {
            "readonlymount": "ro_mount",
            "readwritemount": "rw_mount",
            "evalmount": "eval_mount",
            "evaldownload": "eval_download",
        }
        shown = {
            "type": asked.get(kind) or "uri_folder",
            "path": asked.get("uri"),
            "mode": mode.get(str(asked.get("mode")).lower(), (asked.get("mode") or "").lower()),
        }
        return {k: v for k, v in shown.items() if v}

    limits, resources = properties.get("limits") or {}, properties.get("resources") or {}
    ports = {
        "inputs": ("jobInputType", properties.get("inputs") or {}),
        "outputs": ("jobOutputType", properties.get("outputs") or {}),
    }
    said: dict[str, Any] = {
        "$schema": _SCHEMA,
        "type": "command",
        "display_name": properties.get("displayName"),
        "experiment_name": properties.get("experimentName"),
        "description": properties.get("description"),
        "command": properties.get("command"),
        "code": reference(properties.get("codeId")),
        "environment": reference(properties.get("environmentId")),
        "compute": reference(properties.get("computeId")),
        **{
            name: {key: port(given, kind) for key, given in all_.items()}
            for name, (kind, all_) in ports.items()
        },
        "environment_variables": properties.get("environmentVariables"),
        "resources": {
            k: v
            for k, v in (
                ("instance_count", resources.get("instanceCount")),
                ("instance_type", resources.get("instanceType")),
            )
            if v
        },
        "limits": {"timeout": _seconds(str(limits["timeout"]))} if limits.get("timeout") else None,
        "tags": properties.get("tags"),
    }
    kept = {k: v for k, v in said.items() if v not in (None, {}, "")}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)


def _seconds(duration: str) -> int:
    return int(TypeAdapter(timedelta).validate_python(duration).total_seconds())


def _copy(id: str, language: str, text: str) -> wire.Copy:
    return wire.Copy(id=id, language=language, text=text)


def _client(workspace: Workspace) -> str:
    return _CLIENT.format(
        subscription=json.dumps(workspace.subscription),
        group=json.dumps(workspace.group),
        name=json.dumps(workspace.name),
    )


def _where(workspace: Workspace) -> str:
    return f"-g {workspace.group} -w {workspace.name}"


def _curl(ctx: Context, id: str) -> str:
    return (
        'token=$(curl -s -H "secret: $MSI_SECRET" '
        f'"$MSI_ENDPOINT?resource={ctx.url}&api-version=2017-09-01" '
        "| python3 -c 'import json,sys; print(json.load(sys.stdin)[\"access_token\"])')\n"
        f'curl -H "Authorization: Bearer $token" "{ctx.url}{id}?api-version={_API}"'
    )
