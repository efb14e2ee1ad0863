"""P6: from the 201 of a submitted job to the first line of the user's code, warm environment.

    python benchmarks/submit.py [--rounds 20]

The job is `python -c "print the time"` sent as plain HTTP, so that no client's own time counts.
The floor is the same command started by hand in the environment's interpreter.
"""

import argparse
import json
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import httpx

from zafiro.testing import live

CODE = "import time; print('at', time.time(), flush=True)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    server = live.up(folder / "home")
    try:
        admin = json.loads((server.home / "keys" / "admin.json").read_text())
        trust = ssl.create_default_context(cafile=str(server.home / "tls" / "ca.pem"))
        base = server.variables["MLFLOW_TRACKING_URI"].partition("/mlflow/v2.0")[2]
        with httpx.Client(
            base_url=server.url,
            verify=trust,
            auth=("admin", admin["client_secret"]),
            params={"api-version": "2025-01-01-preview"},
            timeout=300,
        ) as client:
            once(client, server, base)  # builds the environment
            took = sorted(once(client, server, base) for _ in range(asked.rounds))
        began = time.perf_counter()
        for _ in range(5):
            subprocess.run([sys.executable, "-c", CODE], check=True, stdout=subprocess.DEVNULL)
        floor = (time.perf_counter() - began) / 5
        print(
            f"201 → first line: median {statistics.median(took):.3f} s, "
            f"min {took[0]:.3f}, max {took[-1]:.3f}, {asked.rounds} jobs"
        )
        print(f"floor (the command alone): {floor:.3f} s; bar 0.200 s")
    finally:
        live.down(server.home)
        shutil.rmtree(folder, ignore_errors=True)


def once(client: httpx.Client, server: live.Live, base: str) -> float:
    name = f"p6-{uuid.uuid4().hex[:12]}"
    body = {"properties": {"jobType": "Command", "command": f'python -c "{CODE}"'}}
    client.put(f"{base}/jobs/{name}", json=body).raise_for_status()
    sent = time.time()
    while True:
        status = client.get(f"{base}/jobs/{name}").json()["properties"]["status"]
        if status in ("Completed", "Failed", "Canceled"):
            break
        time.sleep(0.05)
    assert status == "Completed", status
    (log,) = (server.home / "storage").glob(
        f"*/azureml/ExperimentRun/dcid.{name}/user_logs/std_log.txt"
    )
    line = next(text for text in log.read_text().splitlines() if text.startswith("at "))
    return float(line.split()[1]) - sent


if __name__ == "__main__":
    main()
