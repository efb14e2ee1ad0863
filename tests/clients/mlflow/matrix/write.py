"""Many threads that log to one run at once: `write.py RUN FIRST_WRITER WRITERS POINTS`.

Says "ready", waits for a line, then every writer logs its points to a metric of its own and to one
that all share.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from mlflow import MlflowClient

run, first, writers, points = sys.argv[1], *map(int, sys.argv[2:5])
client = MlflowClient()
client.get_run(run)


def write(writer: int) -> None:
    for n in range(points):
        client.log_metric(run, f"writer-{writer}", n, timestamp=1_700_000_000_000 + n, step=n)
        step = writer * points + n
        client.log_metric(run, "shared", step, timestamp=1_700_000_000_000, step=step)


print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(writers) as pool:
    list(pool.map(write, range(first, first + writers)))
print("done", flush=True)
