"""Readings of the machine, and how they reach the server, with none of it lost on the way."""

import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from zafiro.runtime.api import Api
from zafiro.runtime.gpus import Gpus
from zafiro.runtime.machine import Node, Processes
from zafiro.runtime.metrics import Metrics, every_s, wanted


class MlflowServer:
    """Keeps what is logged, as MLflow would: the same point twice is one. `away`: answers 503."""

    def __init__(self) -> None:
        self.points: dict[tuple[str, int, int], float] = {}
        self.away, self.status, self.requests = False, 200, 0
        self.changed = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert self.path == "/mlflow/api/2.0/mlflow/runs/log-batch"
                assert said["run_id"] == "r" and len(said["metrics"]) <= 1000
                status = 503 if outer.away else outer.status
                with outer.changed:
                    outer.requests += 1
                    if status == 200:
                        for one in said["metrics"]:
                            outer.points[one["key"], one["timestamp"], one["step"]] = one["value"]
                    outer.changed.notify_all()
                self.answer(status, {})

            def do_GET(self) -> None:
                asked = parse_qs(urlsplit(self.path).query)
                key, first = asked["metric_key"][0], int(asked["start_step"][0])
                found = [
                    {"key": k, "timestamp": t, "step": s, "value": v}
                    for (k, t, s), v in outer.points.items()
                    if k == key and s >= first
                ]
                self.answer(503 if outer.away else 200, {"metrics": found})

            def answer(self, status: int, said: Any) -> None:
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/mlflow"

    def wait(self, true: Any, within_s: float = 20) -> None:
        with self.changed:
            assert self.changed.wait_for(true, within_s), sorted(self.points)

    def steps(self, key: str) -> list[int]:
        return sorted(step for name, _, step in self.points if name == key)


@pytest.fixture
def mlflow_server() -> Iterator[MlflowServer]:
    made = MlflowServer()
    yield made
    made.server.shutdown()
    made.server.server_close()


def _metrics(server: MlflowServer, said: list[str] | None = None, **variables: str) -> Metrics:
    given = {"MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL": "0.5", **variables}
    say = (said if said is not None else []).append
    return Metrics(Api(server.url, "token", ""), "r", uuid.uuid4().hex, given, say)


CPU, JOB = "system/cpu_utilization_percentage", "system/job_cpu_utilization_percentage"


def test_the_machine_is_read_as_psutil_reads_it() -> None:
    node = Node()
    end = time.monotonic() + 0.2
    while time.monotonic() < end:
        pass
    said, memory, disk = node.read(), psutil.virtual_memory(), psutil.disk_usage("/")
    assert said["system_memory_usage_megabytes"] == pytest.approx(memory.used / 1e6, rel=0.1)
    assert said["system_memory_usage_percentage"] == pytest.approx(
        100 * memory.used / memory.total, abs=3
    )
    assert said["disk_usage_percentage"] == pytest.approx(disk.percent, abs=0.5)
    assert said["disk_usage_megabytes"] == pytest.approx(disk.used / 1e6, rel=0.02)
    assert said["disk_available_megabytes"] == pytest.approx(disk.free / 1e6, rel=0.02)
    assert 100 / (os.cpu_count() or 1) * 0.5 < said["cpu_utilization_percentage"] <= 100


def test_what_goes_over_the_network_is_counted_from_the_beginning() -> None:
    before = psutil.net_io_counters()
    node = Node()
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as here,
        listener.accept()[0] as there,
    ):
        sender = threading.Thread(target=here.sendall, args=(b"x" * 1_000_000,))
        sender.start()
        left = 1_000_000
        while left:
            left -= len(there.recv(left))
        sender.join()
    said, after = node.read(), psutil.net_io_counters()
    assert 1 <= said["network_transmit_megabytes"] <= (after.bytes_sent - before.bytes_sent) / 1e6
    assert 1 <= said["network_receive_megabytes"] <= (after.bytes_recv - before.bytes_recv) / 1e6


def test_a_process_that_carries_the_jobs_cookie_is_counted_wherever_it_hangs() -> None:
    cookie = uuid.uuid4().hex
    processes = Processes(cookie)
    code = "x = bytearray(100_000_000); print('ready', flush=True)\nwhile True: sum(range(9999))"
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "ZAFIRO_JOB": cookie},
        stdout=subprocess.PIPE,
    ) as child:
        try:
            assert child.stdout is not None and child.stdout.readline() == b"ready\n"
            time.sleep(0.3)
            said = processes.read()
        finally:
            child.kill()
    assert said["job_processes"] >= 1
    assert said["job_memory_usage_megabytes"] > 100
    assert said["job_cpu_utilization_percentage"] > 5
    assert said["job_disk_read_megabytes"] >= 0


class Nvml:
    """Answers as NVIDIA's library does, for two GPUs of which the second has no power meter."""

    def nvmlInit_v2(self) -> int:
        return 0

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:
        count._obj.value = 2
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index: int, handle: Any) -> int:
        handle._obj.value = index + 1
        return 0

    def nvmlDeviceGetMemoryInfo(self, handle: ctypes.c_void_p, memory: Any) -> int:
        memory._obj[:] = (80_000_000_000, 60_000_000_000, 20_000_000_000)
        return 0

    def nvmlDeviceGetUtilizationRates(self, handle: ctypes.c_void_p, rates: Any) -> int:
        rates._obj[:] = (40 + (handle.value or 0), 10)
        return 0

    def nvmlDeviceGetPowerUsage(self, handle: ctypes.c_void_p, milliwatts: Any) -> int:
        milliwatts._obj[0] = 350_000
        return 3 if handle.value == 2 else 0  # NVML_ERROR_NOT_SUPPORTED

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: ctypes.c_void_p, milliwatts: Any) -> int:
        milliwatts._obj[0] = 700_000
        return 0


def test_gpus_are_named_and_measured_as_mlflow_does() -> None:
    assert Gpus(Nvml()).read() == {
        "gpu_0_memory_usage_percentage": 25.0,
        "gpu_0_memory_usage_megabytes": 20_000.0,
        "gpu_0_utilization_percentage": 41.0,
        "gpu_0_power_usage_watts": 350.0,
        "gpu_0_power_usage_percentage": 50.0,
        "gpu_1_memory_usage_percentage": 25.0,
        "gpu_1_memory_usage_megabytes": 20_000.0,
        "gpu_1_utilization_percentage": 42.0,
    }


def test_a_machine_without_gpus_says_nothing_of_them() -> None:
    if any(name.startswith("nvidia") for name in os.listdir("/dev")):
        pytest.skip("this machine has an NVIDIA GPU")
    assert Gpus().read() == {}


def test_readings_wait_for_a_server_that_is_away(mlflow_server: MlflowServer) -> None:
    mlflow_server.away = True
    metrics = _metrics(mlflow_server)
    metrics.start()
    mlflow_server.wait(lambda: mlflow_server.requests >= 1)
    time.sleep(1.2)  # two more readings are due
    metrics.finish()
    assert not metrics.deliver(0.3)
    assert mlflow_server.points == {}
    mlflow_server.away = False
    assert metrics.deliver(15)
    steps = mlflow_server.steps(CPU)
    assert len(steps) >= 3 and steps == list(range(len(steps))) == mlflow_server.steps(JOB)


def test_a_server_that_wants_none_is_asked_once(mlflow_server: MlflowServer) -> None:
    mlflow_server.status, said = 404, []
    metrics = _metrics(mlflow_server, said)
    metrics.start()
    mlflow_server.wait(lambda: mlflow_server.requests == 1)
    time.sleep(0.6)  # another reading is due
    metrics.finish()
    assert metrics.deliver(10)
    assert mlflow_server.requests == 1
    assert len(said) == 1 and "HTTP 404" in said[0]


def test_names_that_somebody_else_writes_are_left_to_them(mlflow_server: MlflowServer) -> None:
    said: list[str] = []
    metrics = _metrics(mlflow_server, said)
    metrics.start()
    mlflow_server.wait(lambda: len(mlflow_server.steps(CPU)) == 1)
    mlflow_server.points[CPU, int(time.time() * 1000) + 1, 1] = 50.0
    mlflow_server.wait(lambda: len(mlflow_server.steps(JOB)) >= 3)
    metrics.finish()
    assert metrics.deliver(10)
    assert mlflow_server.steps(CPU) == [0, 1]
    assert len(said) == 1 and "the job's own code" in said[0]


def test_nodes_of_one_job_are_told_apart(mlflow_server: MlflowServer) -> None:
    metrics = _metrics(mlflow_server, MLFLOW_SYSTEM_METRICS_NODE_ID="node_1")
    metrics.start()
    metrics.finish()
    assert metrics.deliver(10)
    assert mlflow_server.steps("system/node_1/cpu_utilization_percentage") == [0]


def test_mlflows_variables_say_whether_and_how_often() -> None:
    name = "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING"
    assert wanted({}) and wanted({name: "true"})
    assert not wanted({name: "False"}) and not wanted({name: "0"})
    interval, samples = (
        "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL",
        "MLFLOW_SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING",
    )
    assert every_s({}) == 10
    assert every_s({interval: "2", samples: "3"}) == 6
    assert every_s({interval: "nonsense"}) == every_s({interval: "nan"}) == 10
    assert every_s({interval: "0.0001"}) == 0.5
