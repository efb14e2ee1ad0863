"""P5: from `zafiro up --detach` to the first answer, and the memory of an idle server.

    python benchmarks/start.py [--rounds 5] [--mlflow]

Peer (with --mlflow, takes minutes): `mlflow server` on SQLite, from the same environment. The
floor is an interpreter that imports nothing.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from zafiro.testing import live


def tree_mib(pid: int) -> float:
    """Proportional set size of a process and all below it, MiB."""
    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
            children = Path(f"/proc/{one}/task/{one}/children").read_text().split()
        except OSError:
            continue
        waiting += map(int, children)
    return total / 1024


def ours(home: Path) -> tuple[float, float, float]:
    """(seconds of a first start, of a later one, idle MiB)."""
    took = []
    for _ in range(2):
        began = time.perf_counter()
        zafiro = str(Path(sys.executable).with_name("zafiro"))
        options = ["--home", str(home), "--detach", "--port", "0", "--storage-port", "0"]
        subprocess.run([zafiro, "up", *options], check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - began)
        if len(took) == 1:
            live.down(home)
    time.sleep(2)
    state = subprocess.check_output([zafiro, "status", "--home", str(home), "--json"])
    memory = tree_mib(int(__import__("json").loads(state)["pid"]))
    live.down(home)
    return took[0], took[1], memory


def mlflow(folder: Path) -> tuple[float, float]:
    """(seconds to the first answer, idle MiB)."""
    port, began = 15999, time.perf_counter()
    command = [str(Path(sys.executable).with_name("mlflow")), "server", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--backend-store-uri", f"sqlite:///{folder}/m.db", "--workers", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd=folder,
    )
    try:
        while time.perf_counter() - began < 180:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1)
                break
            except OSError:
                time.sleep(0.05)
        took = time.perf_counter() - began
        time.sleep(5)
        return took, tree_mib(server.pid)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mlflow", action="store_true")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        rounds = [ours(folder / str(n)) for n in range(asked.rounds)]
        first, later, memory = (statistics.median(column) for column in zip(*rounds, strict=True))
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        floor = time.perf_counter() - began
        print(
            f"zafiro   first start {first:6.2f} s   later {later:6.2f} s   idle {memory:6.0f} MiB"
        )
        print(f"floor    python -c pass {floor:.3f} s")
        if asked.mlflow:
            took, size = mlflow(folder)
            print(f"mlflow   start {took:6.2f} s   idle {size:6.0f} MiB")
            print(f"ratio    start {took / later:6.1f}x   memory {size / memory:6.1f}x")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
