"""What version 0001 kept is there after the upgrade."""

from alembic import command
from sqlalchemy import text

from zafiro.core.db import Database
from zafiro.core.migrations import config
from zafiro.tracking import columns, metrics, thinning
from zafiro.tracking.domain import Point


def test_points_by_name_become_points_by_number(database_url: str) -> None:
    db = Database(database_url)
    command.upgrade(config(db), "0001")
    names = ["loss", "val/a long name of a metric"]
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO experiments (key, workspace, name, lifecycle, created_ms, modified_ms)"
                " VALUES (1, 'w', 'e', 'active', 1, 1)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO runs (key, workspace, run_id, experiment, name, status, lifecycle,"
                " start_ms, user_name, root, owned, created_ms, modified_ms, hidden) VALUES"
                " (7, 'w', 'r', 1, 'n', 'RUNNING', 'active', 1, 'u', 'r', FALSE, 1, 1, FALSE)"
            )
        )
        for name, count in zip(names, (5000, 3), strict=True):
            connection.execute(
                text("INSERT INTO metric_points VALUES (7, :key, :n, :n, :n, FALSE)"),
                [{"key": name, "n": n} for n in range(count)],
            )
            connection.execute(
                text("INSERT INTO metric_latest VALUES (7, :key, :n, FALSE, :n, :n, 1)"),
                {"key": name, "n": count - 1},
            )
    db.migrate()
    with db.read() as session:
        for name, count in zip(names, (5000, 3), strict=True):
            points = [Point(name, n, n, n) for n in range(count)]
            assert metrics.history(session, 7, name) == points
        assert len(thinning.envelope(session, 7, "loss", pixels=50)) <= 200
        (shown,) = columns.values(
            session, [7], ["min(loss)", "max(loss)", "loss at max(loss)"]
        ).values()
        assert shown == {"min(loss)": 0, "max(loss)": 4999, "loss at max(loss)": 4999}
    with db.begin() as session:  # the next value makes the blocks
        metrics.log_points(session, 7, 1, [Point("loss", -1.0, 9000, 9000)])
        assert session.execute(text("SELECT count(*) FROM metric_blocks")).scalar_one() > 100
    with db.read() as session:
        thin = thinning.envelope(session, 7, "loss", pixels=20)
        assert thin[0] == Point("loss", 0, 0, 0) and thin[-1].value == -1.0
        assert Point("loss", 4999, 4999, 4999) in thin
    db.close()
