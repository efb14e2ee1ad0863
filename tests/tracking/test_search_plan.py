"""Searches follow the indexes they are written for, on SQLite (PostgreSQL plans by its own
counts)."""

from typing import Any

import pytest

from tracking.conftest import add_workspace
from zafiro.core.db import Database, Table, sqlite_url
from zafiro.tracking import metrics, search, service, sql
from zafiro.tracking.domain import Point


@pytest.fixture
def plans(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that says how SQLite goes about a search: [steps of a statement, …]."""
    db = Database(sqlite_url(tmp_path / "test.db"), durable=False)
    Table.metadata.create_all(db.engine)
    main = add_workspace(db, "main")
    with db.begin() as session:
        of = service.ensure_experiment(session, main.guid, "e")
        run = service.create_run(session, main.guid, "r", of, "n", tags={"team": "red"})
        metrics.log_params(session, run.key, of.key, {"lr": "0.1"}, run_id="r")
        metrics.log_points(session, run.key, of.key, [Point("acc", 0.5, 1)])
    rows = sql.rows

    def asked(text: str, *order_by: str) -> list[list[str]]:
        found: list[list[str]] = []

        def explained(session: Any, statement: str, given: Any = ()) -> Any:
            plan = rows(session, f"EXPLAIN QUERY PLAN {statement}", given)
            if "location" not in statement:  # where artifacts are: asked once per search
                found.append([step[3] for step in plan])
            return rows(session, statement, given)

        monkeypatch.setattr(sql, "rows", explained)
        with db.read() as session:
            search.search_runs(session, [of.key], text=text, order_by=order_by)
        monkeypatch.setattr(sql, "rows", rows)
        return found

    yield asked
    db.close()


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("params.lr = '0.1'", "run_params_search (experiment=? AND key=? AND <expr>=?)"),
        ("tags.team = 'red'", "run_tags_search (experiment=? AND key=? AND <expr>=?)"),
        (
            "metrics.acc > 0.4",
            "metric_latest_search (experiment=? AND key=? AND nan=? AND value>?)",
        ),
        ("run_name = 'n'", "runs_name (experiment=? AND name=?)"),
        ("tags.mlflow.parentRunId = 'p'", "runs_parent (workspace=? AND parent=?)"),
        ("attributes.run_id IN ('r', 's')", "(workspace=? AND run_id=?)"),
    ],
)
def test_a_search_begins_where_few_runs_are(plans: Any, text: str, by: str) -> None:
    counted, found = plans(text)
    for steps in (counted, found):
        assert any(by in step for step in steps), steps
    assert any("PRIMARY KEY (rowid=?)" in step for step in found), found


def test_else_it_goes_in_the_order_asked_for(plans: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "FEW", 0)
    (newest,) = plans("")
    assert "runs_recent (experiment=? AND lifecycle=?)" in newest[0]
    assert not any("FOR ORDER BY" in step for step in newest)
    _, best, *_ = plans("params.lr = '0.1'", "metrics.acc DESC")
    assert "metric_latest_search (experiment=? AND key=? AND nan=?)" in best[0]
    assert not any("FOR ORDER BY" in step for step in best)
