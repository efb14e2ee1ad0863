"""Artifact URIs for azureml-mlflow, which takes no other scheme than its own.

    mlflow-artifacts:/ExperimentRun/dcid.{run}/model   →
    azureml://{host}/mlflow/v2.0{workspace}/experiments/{experiment}/runs/{run}/artifacts/model

Its store (a tracking URI azureml://…) then goes to run history's artifacts. The same client with a
tracking URI https://… cannot read azureml:// artifacts, so who asks matters (Asked.by_azureml).
Source: azureml-mlflow 1.62, _store/artifact/utils.py.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from zafiro.mlflow_rest.call import Call
from zafiro.mlflow_rest.router import AnyVerb, Verb
from zafiro.tracking.artifacts import SCHEME
from zafiro.workspaces.domain import Workspace

_OF_RUN = re.compile(re.escape(SCHEME) + r"ExperimentRun/dcid\.([^/]+)(/.*)?")


def spelled(answer: Any, url: str, workspace: Workspace) -> Any:
    """The answer of a verb of runs with its artifact URIs in azureml-mlflow's words. `url` of the
    API."""
    answer = msgspec.to_builtins(answer)  # a run is a struct
    base = f"azureml://{urlsplit(url).netloc}/mlflow/v2.0{workspace.id}"
    for run in _infos(answer):
        match = _OF_RUN.fullmatch(run.get("artifact_uri", ""))
        if match:
            where = f"experiments/{run['experiment_id']}/runs/{match[1]}/artifacts"
            run["artifact_uri"] = f"{base}/{where}{match[2] or ''}"
    return answer


def _infos(answer: dict[str, Any]) -> list[dict[str, Any]]:
    runs = [answer["run"]] if "run" in answer else answer.get("runs", [])
    models = [answer["model"]] if "model" in answer else answer.get("models", [])
    found = [one["info"] for one in (*runs, *models)]
    return found + ([answer["run_info"]] if "run_info" in answer else [])


def spelling(verb: AnyVerb) -> AnyVerb:
    """The same verb, minding who asks."""
    if not isinstance(verb, Verb):
        return verb
    return Verb(verb.method, verb.path, _minding(verb.act))


def _minding(act: Callable[[Call], Any]) -> Callable[[Call], Any]:
    def minded(call: Call) -> Any:
        answer = act(call)
        if call.by_azureml and isinstance(answer, dict):
            return spelled(answer, call.ctx.url, call.workspace)
        return answer

    return minded
