"""More than the database takes: the client is told to wait, waits, and nothing is lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mlflow import MlflowClient

from clients.mlflow.conftest import Live
from zafiro.core.errors import Busy
from zafiro.tracking import ingest
from zafiro.tracking.ingest import Ingest


def test_a_refused_client_comes_again(tracking: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    client = MlflowClient()
    run = client.create_run(client.create_experiment("pressure")).info.run_id
    refused = threading.Semaphore(0)
    put = Ingest.put

    async def counted(self: Ingest, *given: Any) -> Any:
        try:
            return await put(self, *given)
        except Busy:
            refused.release()
            raise

    monkeypatch.setattr(Ingest, "put", counted)
    monkeypatch.setattr(ingest, "MOST_WAITING", 2)

    def log(n: int) -> None:
        client.log_metric(run, "loss", n, timestamp=n, step=n)

    client.log_metric(run, "loss", 99, timestamp=99, step=99)  # who may write is known from here
    with ThreadPoolExecutor(8) as pool:
        with tracking.ctx.db.begin():  # the database stands still
            logged = [pool.submit(log, n) for n in range(8)]
            for _ in range(6):
                assert refused.acquire(timeout=30)
        for one in logged:
            one.result(timeout=60)
    steps = sorted(point.step for point in client.get_metric_history(run, "loss"))
    assert steps == [*range(8), 99]
