"""Logs how busy the node and the job are to the job's run, as MLflow's system metrics.

A reading is sent when the next one is taken: until then it shows whether the job's own code logs
MLflow's system metrics to the run, which then get the names to themselves.
"""

from __future__ import annotations

import threading
import time
from urllib.parse import urlencode

from .api import Api, Refused, Unreachable
from .gpus import Gpus
from .machine import Node, Processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

ENABLED = "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING"
_INTERVAL = "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL"
_SAMPLES = "MLFLOW_SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING"
_NODE = "MLFLOW_SYSTEM_METRICS_NODE_ID"
_EVERY_S, _SHORTEST_S = 10.0, 0.5
_PEEK_S, _FIRST_S = 0.2, 1.0
_MOST_READINGS = 2000  # 5 hours without a server; then every second one is given up
_MOST_TOGETHER = 900  # MLflow takes 1,000 values a request
_LONGEST_REST_S = 10.0
_SIGN = "cpu_utilization_percentage"  # the name that tells whether somebody else writes them
_FAR = 1 << 40
_WRONG = (400, 413, 422)  # of one request only; other refusals mean that nobody wants any


class Reading:
    """What was seen at one moment: `of_node` by MLflow's names, `of_job` by ours."""

    def __init__(
        self, step: int, at_ms: int, of_node: dict[str, float], of_job: dict[str, float]
    ) -> None:
        self.step, self.at_ms, self.of_node, self.of_job = step, at_ms, of_node, of_job


def wanted(variables: Mapping[str, str]) -> bool:
    """Whether the job's own environment does not say no, in MLflow's words."""
    return variables.get(ENABLED, "").strip().lower() not in ("false", "0")


def every_s(variables: Mapping[str, str]) -> float:
    """Seconds between two values, as MLflow's variables ask for."""
    try:
        asked = float(variables.get(_INTERVAL) or _EVERY_S) * int(variables.get(_SAMPLES) or 1)
    except ValueError:
        return _EVERY_S
    return max(_SHORTEST_S, asked) if asked < _FAR else _EVERY_S


class Metrics:
    """Reads and sends in a thread of its own; the job never waits for it.

    `api` leads to MLflow's REST API; `run` is the run. The first reading comes after a second,
    the last with `finish`. While the server is away readings wait; a request whose answer was lost
    is sent again, which MLflow counts once.
    """

    def __init__(
        self,
        api: Api,
        run: str,
        cookie: str,
        variables: Mapping[str, str],
        say: Callable[[str], None],
    ) -> None:
        self._api, self._run, self._say = api, run, say
        self._every_s = every_s(variables)
        node = variables.get(_NODE)
        self._prefix = f"system/{node}/" if node else "system/"
        self._node, self._processes = Node(), Processes(cookie)
        self._gpus: Gpus | None = None
        self._lock = threading.Lock()
        self._waiting: list[Reading] = []
        self._steps, self._read_at = 0, 0.0
        self._peek: dict[str, float] = {}
        self._sent: Reading | None = None
        self._alone = self._wanted = True
        self._over = threading.Event()
        self._thread = threading.Thread(
            target=self._guarded, args=(self._watch,), name="metrics", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Takes the last reading. `deliver` is to follow: the job's end is told before."""
        if time.monotonic() - self._read_at >= _FIRST_S:
            self._read()
        self._over.set()

    def deliver(self, within_s: float) -> bool:
        """Sends what still waits; whether all that the server wants was sent within that time."""
        end, rest_s = time.monotonic() + within_s, 0.1
        self._thread.join(within_s)
        if self._thread.is_alive():
            return False
        while self._wanted:
            try:
                self._guarded(lambda: self._send(keep=0))
                break
            except Unreachable:
                if time.monotonic() + rest_s > end:
                    return False
                time.sleep(rest_s)
                rest_s = min(_LONGEST_REST_S, rest_s * 2)
        self._api.close()
        return True

    def _guarded(self, act: Callable[[], None]) -> None:
        """Raises Unreachable only: nothing that goes wrong here may hurt the job."""
        try:
            act()
        except Unreachable:
            raise
        except Refused as error:
            self._wanted = False
            self._say(f"system metrics: the server does not take them: {error}")
        except Exception as error:  # noqa: BLE001 - a defect of ours
            self._wanted = False
            self._say(f"system metrics: given up ({type(error).__name__}: {error})")

    def _watch(self) -> None:
        began = time.monotonic()
        if self._over.wait(_PEEK_S):
            return
        self._gpus = Gpus()  # the library takes its time
        self._peek = self._processes.memory()
        due_s, rest_s, try_at = _FIRST_S, 0.0, 0.0
        while not self._over.wait(max(0.0, began + due_s - time.monotonic())):
            self._read()
            due_s = (int((time.monotonic() - began) / self._every_s) + 1) * self._every_s
            if time.monotonic() < try_at:
                continue
            try:
                self._send(keep=1 if self._sent else 0)
                rest_s = 0.0
            except Unreachable:
                rest_s = min(60.0, rest_s * 2 or self._every_s)
                try_at = time.monotonic() + rest_s

    def _read(self) -> None:
        with self._lock:
            at_ms = int(time.time() * 1000)
            of_job = {**self._peek, **self._processes.read()}
            of_node = self._node.read()
            if self._gpus is not None:
                of_node.update(self._gpus.read())
            self._waiting.append(Reading(self._steps, at_ms, of_node, of_job))
            self._steps, self._read_at, self._peek = self._steps + 1, time.monotonic(), {}
            if len(self._waiting) > _MOST_READINGS:
                del self._waiting[1:-1:2]

    def _send(self, *, keep: int) -> None:
        """Sends all but the newest `keep` readings. Raises Unreachable, Refused."""
        while True:
            with self._lock:
                batch = self._waiting[: len(self._waiting) - keep]
            if not batch:
                return
            if self._alone and self._sent is not None and self._others(self._sent, batch):
                self._alone = False
                self._say(
                    "system metrics: the job's own code logs those of the machine; "
                    "from here on only those of the job's processes come from the runner"
                )
            values: list[dict[str, Any]] = []
            taken = 0
            for reading in batch:
                more = self._values(reading)
                if values and len(values) + len(more) > _MOST_TOGETHER:
                    break
                values, taken = values + more, taken + 1
            try:
                body = {"run_id": self._run, "metrics": values}
                self._api.call("POST", "/api/2.0/mlflow/runs/log-batch", body)
            except Refused as error:
                if error.status not in _WRONG:
                    raise
                self._say(f"system metrics: {taken} reading(s) were refused: {error}")
            with self._lock:
                gone = {reading.step for reading in batch[:taken]}
                self._waiting = [one for one in self._waiting if one.step not in gone]
            self._sent = batch[taken - 1]

    def _values(self, reading: Reading) -> list[dict[str, Any]]:
        named = {**(reading.of_node if self._alone else {}), **reading.of_job}
        return [
            {
                "key": self._prefix + name,
                "value": value,
                "timestamp": reading.at_ms,
                "step": reading.step,
            }
            for name, value in named.items()
        ]

    def _others(self, last: Reading, batch: list[Reading]) -> bool:
        """Whether somebody else wrote the machine's values since our last. MLflow's own monitor
        goes on from the highest step it finds (SystemMetricsMonitor, mlflow 3.17)."""
        asked = {
            "run_ids": self._run,
            "metric_key": self._prefix + _SIGN,
            "start_step": last.step,
            "end_step": _FAR,
            "max_results": 50,
        }
        path = f"/api/2.0/mlflow/metrics/get-history-bulk-interval?{urlencode(asked)}"
        own = {last.at_ms, *(reading.at_ms for reading in batch)}
        found = self._api.call("GET", path, None).get("metrics") or []
        return any(int(point["timestamp"]) not in own for point in found)
