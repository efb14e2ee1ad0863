"""Runs of plain MLflow code for browser tests, as its client sends them."""

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from zafiro.testing.live import Live


@dataclass(frozen=True)
class Logged:
    """metrics: {name: its values, at the steps 0, 1, …}."""

    name: str
    params: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, Sequence[float]] = field(default_factory=dict)


def log(server: Live, experiment: str, runs: Sequence[Logged]) -> list[str]:
    """Their ids."""
    base = server.variables["MLFLOW_TRACKING_URI"]
    secret = server.variables["MLFLOW_TRACKING_PASSWORD"]
    trust = ssl.create_default_context(cafile=server.variables["SSL_CERT_FILE"])
    at = int(time.time() * 1000)
    with httpx.Client(verify=trust, auth=("admin", secret), timeout=60) as client:

        def post(verb: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = client.post(f"{base}/api/2.0/mlflow/{verb}", json=body)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found

        id = post("experiments/create", {"name": experiment})["experiment_id"]
        one: Callable[[Logged], str] = lambda run: _one(post, id, at, run)  # noqa: E731
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(one, runs))


def put(server: Live, path: str, content: bytes) -> None:
    """A file among the artifacts, as MLflow's client uploads it."""
    base = server.variables["MLFLOW_TRACKING_URI"]
    secret = server.variables["MLFLOW_TRACKING_PASSWORD"]
    trust = ssl.create_default_context(cafile=server.variables["SSL_CERT_FILE"])
    url = f"{base}/api/2.0/mlflow-artifacts/artifacts/{quote(path)}"
    httpx.put(url, content=content, auth=("admin", secret), verify=trust).raise_for_status()


def _one(
    post: Callable[[str, dict[str, Any]], dict[str, Any]], experiment: str, at: int, run: Logged
) -> str:
    asked = {"experiment_id": experiment, "run_name": run.name, "start_time": at}
    id: str = post("runs/create", asked)["run"]["info"]["run_id"]
    points = [
        {"key": key, "value": value, "timestamp": at + step * 1000, "step": step}
        for key, values in run.metrics.items()
        for step, value in enumerate(values)
    ]
    params = [{"key": key, "value": str(value)} for key, value in run.params.items()]
    post("runs/log-batch", {"run_id": id, "params": params, "metrics": points[:900]})
    for start in range(900, len(points), 1000):
        post("runs/log-batch", {"run_id": id, "metrics": points[start : start + 1000]})
    post("runs/update", {"run_id": id, "status": "FINISHED", "end_time": at + 60_000})
    return id
