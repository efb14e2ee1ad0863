"""kill -9 of a real server under 50 writers: what was acknowledged is there, and nothing twice.

ZAFIRO_KILLS says how many times (3 unless said, 20 for a release).
"""

import base64
import http.client
import json
import os
import random
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import create_engine, text

from zafiro.testing import live
from zafiro.testing.live import Live

KILLS = int(os.environ.get("ZAFIRO_KILLS", "3"))
WRITERS = 50


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """What `zafiro up --database` is told; nothing for the file in its home."""
    if request.param == "sqlite":
        yield ""
        return
    url: str = request.getfixturevalue("postgresql")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE killed"))
    yield url.replace("/postgres?", "/killed?")
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE killed WITH (FORCE)"))
    engine.dispose()


class Client:
    """One kept connection to the API under the plain prefix."""

    def __init__(self, server: Live) -> None:
        said = server.variables
        self._where = urlsplit(server.url)
        self._tls = ssl.create_default_context(cafile=said["REQUESTS_CA_BUNDLE"])
        pair = f"{said['MLFLOW_TRACKING_USERNAME']}:{said['MLFLOW_TRACKING_PASSWORD']}"
        self._headers = {
            "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
            "Content-Type": "application/json",
        }
        self._kept: http.client.HTTPSConnection | None = None

    def ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """Raises OSError or HTTPException when there is no answer, or not the one hoped for."""
        try:
            if self._kept is None:
                self._kept = http.client.HTTPSConnection(
                    self._where.hostname or "", self._where.port, timeout=30, context=self._tls
                )
            said = None if body is None else json.dumps(body)
            self._kept.request(method, f"/api/2.0/mlflow/{path}", said, self._headers)
            answer = self._kept.getresponse()
            found = answer.read()
            if answer.status != 200:
                raise OSError(f"{answer.status}: {found[:200]!r}")
            return json.loads(found)  # type: ignore[no-any-return]
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
        self._kept = None


class Writer(threading.Thread):
    """Logs one point after the other, each again and again until it is acknowledged."""

    def __init__(self, server: Live, run: str, over: threading.Event, sent: Counter[str]) -> None:
        super().__init__(daemon=True)
        self.client, self.run_id, self.over, self.sent = Client(server), run, over, sent
        self.acknowledged: list[int] = []

    def run(self) -> None:
        n = 0
        while not self.over.is_set():
            point = {"key": "loss", "value": n / 7, "timestamp": 1000 + n, "step": n}
            try:
                if n % 3:
                    self.client.ask("POST", "runs/log-metric", {"run_id": self.run_id, **point})
                else:
                    batch = {"run_id": self.run_id, "metrics": [point]}
                    self.client.ask("POST", "runs/log-batch", batch)
            except (OSError, http.client.HTTPException):
                self.over.wait(0.05)
                continue
            self.acknowledged.append(n)
            self.sent[self.run_id] += 1
            n += 1
        self.client.close()


def test_what_was_acknowledged_is_there_and_nothing_twice(database: str, tmp_path: Path) -> None:
    options = ("--database", database) if database else ()
    dice = random.Random(KILLS)
    server = live.up(tmp_path / "home", *options)
    try:
        client = Client(server)
        said = client.ask("POST", "experiments/create", {"name": "killed"})
        runs = [_new_run(client, str(said["experiment_id"])) for _ in range(WRITERS)]
        over, sent = threading.Event(), Counter[str]()
        writers = [Writer(server, run, over, sent) for run in runs]
        for writer in writers:
            writer.start()
        for _ in range(KILLS):
            _wait_for(sent, sent.total() + dice.randrange(50, 400))
            server.kill()
            port, storage = (urlsplit(u).port or 0 for u in (server.url, server.storage_url))
            server = live.up(tmp_path / "home", *options, port=port, storage_port=storage)
        _wait_for(sent, sent.total() + 100)
        over.set()
        for writer in writers:
            writer.join(60)
        client = Client(server)
        for writer in writers:
            kept = _history(client, writer.run_id)
            assert len(set(kept)) == len(kept), "a point is there twice"
            assert set(writer.acknowledged) <= set(kept), "an acknowledged point is not there"
            # At most one more: what was on its way when all was over.
            assert len(kept) <= len(writer.acknowledged) + 1
        print(f"{KILLS} kills, {sent.total()} acknowledged points, all there, none twice")
    finally:
        live.down(tmp_path / "home")


def _new_run(client: Client, experiment: str) -> str:
    answer = client.ask("POST", "runs/create", {"experiment_id": experiment, "start_time": 1})
    id: str = answer["run"]["info"]["run_id"]  # type: ignore[index]
    return id


def _wait_for(sent: "Counter[str]", enough: int) -> None:
    tick = threading.Event()
    for _ in range(2400):
        if sent.total() >= enough:
            return
        tick.wait(0.05)
    raise AssertionError(f"{sent.total()} points in two minutes, and {enough} were waited for")


def _history(client: Client, run: str) -> list[int]:
    found: list[int] = []
    token = ""
    while True:
        more = f"&page_token={quote(token)}" if token else ""
        query = f"metrics/get-history?run_id={run}&metric_key=loss&max_results=1000{more}"
        page = client.ask("GET", query)
        found += [
            int(point["step"])  # type: ignore[index]
            for point in page.get("metrics", [])  # type: ignore[attr-defined]
            if float(point["value"]) == int(point["step"]) / 7
        ]
        token = str(page.get("next_page_token", ""))
        if not token:
            return found
