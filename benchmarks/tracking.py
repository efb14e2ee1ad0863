"""P1 to P4 (log-metric, log-batch, create, search) beside `mlflow server`, as a Markdown table.

    python benchmarks/tracking.py [--seconds 2] [--rounds 3] [--runs 100000] [--alone]
    python benchmarks/tracking.py --points 10000000      one metric that long, ours alone

Zafiro and the peer each on SQLite and on PostgreSQL, and a floor: a server on the same HTTP library
that only appends each message to a file, with one flush to disk per group of waiting ones, and
answers searches with a page that is there already. All of them run at once and are loaded in turn,
round by round, so that a machine that slows down slows them alike; each figure is the median of the
rounds. One load generator for all: raw requests over 8 kept connections, so that no client library
is measured. Ours commits durably (synchronous=FULL); the runs that are searched are written
straight into the tables of both.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from tracking_points import measure
from tracking_servers import FLOOR, OURS, PEER, Server, fill, postgresql, serving

CLIENTS = 8
API = "/api/2.0/mlflow"
SEARCHES = {
    "filtered, by a metric": {
        "filter": "metrics.m0 > 0.2 and params.opt = 'adam'",
        "order_by": ["metrics.m1 DESC"],
    },
    "filtered, newest first": {"filter": "metrics.m0 > 0.2 and params.opt = 'adam'"},
    "everything, newest first": {},
    "one rare parameter": {"filter": "params.seed = '77'"},
}


broken: Counter[int] = Counter()  # connections, by port


class Connection:
    """One kept connection that sends prepared requests."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def open(self) -> "Connection":
        self.reader, self.writer = await asyncio.open_connection(
            "127.0.0.1", self.port, limit=1 << 26
        )
        return self

    async def send(self, request: bytes) -> bytes:
        """The answer. A connection that breaks (the peer's workers are restarted when a loaded
        machine delays them) is opened anew and counted."""
        for _ in range(5):
            try:
                return await self._send(request)
            except (OSError, asyncio.IncompleteReadError):
                broken[self.port] += 1
                await asyncio.sleep(0.2)
                await self.open()
        return await self._send(request)

    async def _send(self, request: bytes) -> bytes:
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        body = await self.reader.readexactly(length)
        if b" 200 " not in head[:20]:
            raise RuntimeError(f"{head[:40]!r} {body[:300]!r}")
        return body


def post(verb: str, body: Any) -> bytes:
    said = json.dumps(body).encode()
    return (
        f"POST {API}/{verb} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer admin\r\nContent-Length: {len(said)}\r\n\r\n"
    ).encode() + said


def get(verb: str, query: str) -> bytes:
    return (
        f"GET {API}/{verb}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Authorization: Bearer admin\r\n\r\n"
    ).encode()


async def create(connection: Connection, experiment: str) -> str:
    body = {"experiment_id": experiment, "user_id": "u", "start_time": int(time.time() * 1000)}
    answer = json.loads(await connection.send(post("runs/create", body)))
    id: str = answer["run"]["info"]["run_id"]
    return id


async def experiment(port: int, name: str) -> str:
    connection = await Connection(port).open()
    said = post("experiments/create", {"name": f"{name} {time.time()}"})
    id: str = json.loads(await connection.send(said))["experiment_id"]
    return id


async def log_metric(connection: Connection, run: str, n: int) -> None:
    body = {"run_id": run, "key": "loss", "value": 0.5 / (n + 1), "timestamp": n, "step": n}
    await connection.send(post("runs/log-metric", body))


async def log_batch(connection: Connection, run: str, n: int) -> None:
    metrics = [
        {"key": f"m{i % 10}", "value": i * 0.5, "timestamp": n, "step": n * 100 + i // 10}
        for i in range(1000)
    ]
    await connection.send(post("runs/log-batch", {"run_id": run, "metrics": metrics}))


async def whole_run(connection: Connection, of: str, n: int) -> None:
    run = await create(connection, of)
    body = {
        "run_id": run,
        "params": [{"key": f"p{i}", "value": str(i)} for i in range(10)],
        "metrics": [{"key": f"m{i}", "value": i, "timestamp": 1, "step": 0} for i in range(10)],
    }
    await connection.send(post("runs/log-batch", body))


async def keep(connection: Connection, of: str) -> str:
    return of


# name, what a client begins with, what it does again and again, how many things that does
WRITES: list[tuple[str, Callable[..., Any], Callable[..., Any], int]] = [
    ("P1 log-metric, requests/s", create, log_metric, 1),
    ("P2 log-batch of 1,000, metrics/s", create, log_batch, 1000),
    ("P3 runs with 10 params and 10 metrics, runs/s", keep, whole_run, 1),
]
Figure = tuple[float, float]  # per second or ms; processor ms per request


async def write(server: Server, seconds: float, of: str, kind: int) -> Figure:
    _, begin, work, things = WRITES[kind]
    connections = [await Connection(server.port).open() for _ in range(CLIENTS)]
    states = [await begin(connection, of) for connection in connections]
    done = 0
    cpu, began = server.cpu_s(), time.perf_counter()
    end = began + seconds

    async def client(connection: Connection, state: Any) -> None:
        nonlocal done
        n = 0
        while time.perf_counter() < end:
            await work(connection, state, n)
            n += 1
        done += n

    await asyncio.gather(*(client(c, s) for c, s in zip(connections, states, strict=True)))
    took = time.perf_counter() - began
    return things * done / took, 1000 * (server.cpu_s() - cpu) / done


async def search(server: Server, of: str, more: dict[str, Any], seconds: float) -> Figure:
    """Median ms of a page of 100, and the processor's."""
    connection = await Connection(server.port).open()
    request = post("runs/search", {"experiment_ids": [of], "max_results": 100, **more})
    few = more.get("filter", "").startswith("params.seed")
    await connection.send(request)
    took = []
    cpu, began = server.cpu_s(), time.perf_counter()
    while len(took) < 3 or (time.perf_counter() - began < seconds and len(took) < 100):
        at = time.perf_counter()
        answer = await connection.send(request)
        took.append(1000 * (time.perf_counter() - at))
        if server.name != FLOOR and len(json.loads(answer)["runs"]) != (1 if few else 100):
            raise RuntimeError(f"{server.name} found {len(json.loads(answer)['runs'])} runs")
    return median(took), 1000 * (server.cpu_s() - cpu) / len(took)


def column(server: Server) -> str:
    kind = "PostgreSQL" if server.also else "SQLite"
    return FLOOR if server.name == FLOOR else f"{server.name}, {kind}"


def compare(given: argparse.Namespace) -> None:
    found: dict[tuple[str, str], list[Figure]] = {}
    with ExitStack() as stack:
        servers = start(stack, given.alone)
        for server in servers:
            print(f"{column(server)}: first answer after {server.ready_s:.1f} s", flush=True)
        searched = [server for server in servers if server.name != FLOOR]
        of = {server.port: asyncio.run(experiment(server.port, "writes")) for server in servers}
        many: dict[tuple[int, int], str] = {}
        sizes = (500, given.runs)
        for server in searched:
            for runs in sizes:
                many[server.port, runs] = asyncio.run(experiment(server.port, f"{runs} runs"))
                fill(server, int(many[server.port, runs]), runs)
        for n in range(given.rounds):
            for kind, (name, *_) in enumerate(WRITES):
                for server in servers if n % 2 else servers[::-1]:
                    did = write(server, given.seconds, of[server.port], kind)
                    found.setdefault((name, column(server)), []).append(asyncio.run(did))
        for name, more in SEARCHES.items():
            for runs in sizes:
                for _ in range(given.rounds):
                    for server in searched:
                        did = search(server, many[server.port, runs], more, given.seconds / 2)
                        key = f"P4 search of {runs:,} runs, {name}, ms", column(server)
                        found.setdefault(key, []).append(asyncio.run(did))
        for server in servers:
            if broken[server.port]:
                print(f"{column(server)}: {broken[server.port]} connections broke")
    table(found, [column(server) for server in servers])


def start(stack: ExitStack, alone: bool) -> list[Server]:
    postgres, pid = stack.enter_context(postgresql())

    def one(name: str, database: str, of: int | None = None) -> Server:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = database.format(name=OURS if name == OURS else "peer", home=home)
        return stack.enter_context(serving(name, database, home, of))

    made = [one(OURS, "sqlite:///{home}/zafiro.db"), one(OURS, postgres, pid), one(FLOOR, "")]
    if not alone:
        made += [one(PEER, "sqlite:///{home}/peer.db"), one(PEER, postgres, pid)]
    return made


def table(found: dict[tuple[str, str], list[Figure]], columns: list[str]) -> None:
    """Medians; the ratio is the median of the rounds' ratios."""
    kinds = [kind for kind in ("SQLite", "PostgreSQL") if f"{PEER}, {kind}" in columns]
    heads = [*columns, *(f"ratio, {kind}" for kind in kinds), "processor ms", "ratio of those"]
    print(f"\n| what | {' | '.join(heads)} |\n|{'---|' * (len(heads) + 1)}")
    for name in dict.fromkeys(name for name, _ in found):
        cells = [_rounded(_median(found.get((name, of)), 0)) for of in columns]
        cells += [
            _ratio(found, name, kind, 0, better=1 if name.endswith("ms") else -1) for kind in kinds
        ]
        cells.append(" / ".join(_rounded(_median(found.get((name, of)), 1)) for of in columns))
        cells.append(" / ".join(_ratio(found, name, kind, 1, better=1) for kind in kinds) or "-")
        print(f"| {name} | {' | '.join(cells)} |")
    print("\nprocessor ms: of the server and its database, per request, in the columns' order")


def _median(figures: list[Figure] | None, part: int) -> float | None:
    return median(figure[part] for figure in figures) if figures else None


def _rounded(figure: float | None) -> str:
    if figure is None:
        return "-"
    return (
        f"{figure:,.0f}" if figure >= 100 else f"{figure:.1f}" if figure >= 1 else f"{figure:.2f}"
    )


def _ratio(found: Any, name: str, kind: str, part: int, *, better: int) -> str:
    ours, peers = found[name, f"{OURS}, {kind}"], found[name, f"{PEER}, {kind}"]
    pairs = zip(ours, peers, strict=True)
    return f"{median((b[part] / a[part]) ** better for a, b in pairs):.1f} x"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--points", type=int, help="measure one metric of so many points instead")
    parser.add_argument("--alone", action="store_true", help="without the peer")
    given = parser.parse_args()
    if given.points:
        measure(given.points)
    else:
        compare(given)


if __name__ == "__main__":
    main()
