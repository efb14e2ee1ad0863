"""One metric of very many points (benchmarks/tracking.py --points): is the run still usable?

The points go in by the way every write takes (zafiro.tracking.metrics, one transaction per 10,000,
committed durably), then a server is asked about them over HTTP.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from tracking_servers import OURS, Server, postgresql, serving

from zafiro.core.db import Database
from zafiro.tracking import experiments, metrics, service, thinning
from zafiro.tracking.domain import Point

AT_ONCE = 10_000
HISTORY = "metrics/get-history?run_id={run}&metric_key=loss&max_results={n}"
INTERVAL = "metrics/get-history-bulk-interval?run_ids={run}&metric_key=loss&max_results={n}"

Ask = Callable[[Any], Awaitable[bytes]]


def put(database: str, points: int) -> tuple[str, float]:
    """(the run's id, points per second)."""
    db = Database(database)
    with db.begin() as session:
        of = experiments.create(session, "w", f"{points} points")
        run = service.create_run(session, "w", f"long{points}", of, "long")
        few = service.create_run(session, "w", f"short{points}", of, "short")
        metrics.log_points(session, few.key, of.key, [Point("loss", 1.0, 1)])
    began = time.perf_counter()
    for first in range(0, points, AT_ONCE):
        made = [
            Point("loss", (n * 7919 % 100_003) / 100_003, 1_700_000_000_000 + 100 * n, n)
            for n in range(first, min(points, first + AT_ONCE))
        ]
        with db.begin() as session:
            metrics.log_points(session, run.key, of.key, made)
    rate = points / (time.perf_counter() - began)
    began = time.perf_counter()
    with db.read() as session:
        shown = thinning.envelope(session, run.key, "loss", pixels=1000)
    print(f"  envelope(pixels=1000): {1000 * (time.perf_counter() - began):.0f} ms cold")
    lowest = min(point.value for point in shown)
    if points > 200_000 and (lowest, shown[-1].step) != (0.0, points - 1):
        raise RuntimeError("the envelope lacks the lowest or the last point")
    db.close()
    return run.run_id, rate


async def ask(server: Server, run: str, points: int) -> dict[str, float]:
    """Median ms of what one does with such a run."""
    from tracking import Connection, get, post

    connection = await Connection(server.port).open()
    end = 1_700_000_000_000 + 100 * points
    experiment = json.loads(await connection.send(get("runs/get", f"run_id={run}")))
    of = experiment["run"]["info"]["experiment_id"]
    middle = json.dumps([1_700_000_000_000 + 50 * points, points // 2, 0.5])
    a, b = points // 3, points // 3 * 2
    asked: dict[str, Callable[[int], bytes]] = {
        "log one more point": lambda n: post(
            "runs/log-metric",
            {"run_id": run, "key": "loss", "value": 0.5, "timestamp": end + n, "step": points + n},
        ),
        "log a point an hour late": lambda n: post(
            "runs/log-metric",
            {"run_id": run, "key": "loss", "value": 0.5, "timestamp": end - 3_600_000, "step": n},
        ),
        "the run with its latest value": lambda n: get("runs/get", f"run_id={run}"),
        "search by that metric": lambda n: post(
            "runs/search",
            {"experiment_ids": [of], "filter": "metrics.loss > 0", "order_by": ["metrics.loss"]},
        ),
        "thinned to 320 points": lambda n: get(*INTERVAL.format(run=run, n=320).split("?")),
        "thinned to 2,500 points": lambda n: get(*INTERVAL.format(run=run, n=2500).split("?")),
        "the middle third, 2,500 points": lambda n: get(
            *f"{INTERVAL}&start_step={a}&end_step={b}".format(run=run, n=2500).split("?")
        ),
        "1,000 steps, every point": lambda n: get(
            *f"{INTERVAL}&start_step={a}&end_step={a + 999}".format(run=run, n=2500).split("?")
        ),
        "first page of 25,000": lambda n: get(*HISTORY.format(run=run, n=25_000).split("?")),
        "a page of 25,000 from the middle": lambda n: get(
            *f"{HISTORY}&page_token={quote(middle)}".format(run=run, n=25_000).split("?")
        ),
    }
    found = {}
    for name, request in asked.items():
        took = []
        for n in range(7):
            began = time.perf_counter()
            await connection.send(request(n))
            took.append(1000 * (time.perf_counter() - began))
        found[name] = median(took)
    return found


def measure(points: int) -> None:
    sizes = [points // 10, points] if points >= 1_000_000 else [points]
    found: dict[str, dict[str, float]] = {}
    with postgresql() as (url, pid), tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        file = home / "zafiro.db"
        for kind, database, of in (
            ("SQLite", f"sqlite:///{file}", None),
            ("PostgreSQL", url.format(name=OURS), pid),
        ):
            with serving(OURS, database, home, of) as server:
                for size in sizes:
                    run, rate = put(database, size)
                    column = f"{size:,} points, {kind}"
                    print(f"{column}: {rate:,.0f} points/s", flush=True)
                    found[column] = asyncio.run(ask(server, run, size))
        print(f"SQLite: {file.stat().st_size / sum(sizes):.0f} bytes a point, blocks included")
    print(f"\n| ms | {' | '.join(found)} |\n|{'---|' * (len(found) + 1)}")
    for name in next(iter(found.values())):
        print(f"| {name} | {' | '.join(f'{of[name]:.1f}' for of in found.values())} |")
