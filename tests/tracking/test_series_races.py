"""Many batches for one series at the same time."""

import threading

from zafiro.core.db import Database
from zafiro.tracking import metric_wire as wire
from zafiro.tracking import metrics, series, service

WORKSPACE = "00000000-0000-0000-0000-000000000001"


def test_rows_logged_side_by_side_are_all_kept_once(db: Database) -> None:
    with db.begin() as session:
        experiment = service.ensure_experiment(session, WORKSPACE, "e")
        run = service.create_run(session, WORKSPACE, "r", experiment, "r")
    failures: list[Exception] = []

    def log(writer: int) -> None:
        names = ("a", "b") if writer % 2 else ("b", "a")  # in either order
        try:
            for batch in range(5):
                given = [
                    wire.Metric(
                        name,
                        {name: "double"},
                        [wire.Part(f"{writer}/{batch}", None, None, {name: 0.5})],
                        wire.Properties(wire.SCALAR),
                    )
                    for name in names
                ]
                for _ in range(2):  # each is sent twice
                    with db.begin() as session:
                        assert series.log(session, run, given) == []
        except Exception as e:  # noqa: BLE001 told below, in the thread pytest watches
            failures.append(e)

    writers = [threading.Thread(target=log, args=(n,)) for n in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    with db.read() as session:
        for name in ("a", "b"):
            steps = sorted(point.step for point in metrics.history(session, run.key, name))
            assert steps == list(range(40))
