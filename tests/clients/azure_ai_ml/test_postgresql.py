"""A server on PostgreSQL runs jobs like any other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.ai.ml import MLClient, Output
from sqlalchemy import create_engine, text

from clients.azure_ai_ml.jobs_client import client, ended, failure, log, pointed_at, submit
from zafiro.testing import live
from zafiro.testing.live import Live


@pytest.fixture
def own(pointed: Live, postgresql: str, fresh: str, tmp_path: Path) -> Iterator[Live]:
    """A server whose database is on PostgreSQL; clients point at it."""
    engine = create_engine(postgresql, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {fresh}"))
    url = postgresql.replace("/postgres?", f"/{fresh}?")
    running = live.up(tmp_path / "home", "--database", url)
    with pointed_at(running):
        yield running
    live.down(running.home)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {fresh} WITH (FORCE)"))
    engine.dispose()


def test_a_job_runs_from_end_to_end_on_postgresql(own: Live, fresh: str, tmp_path: Path) -> None:
    import mlflow

    ml: MLClient = client()
    code = tmp_path / "code"
    code.mkdir()
    (code / "t.py").write_text(
        "import mlflow, sys\n"
        "mlflow.log_param('depth', 3)\n"
        "mlflow.log_metric('loss', 0.5)\n"
        "open(sys.argv[1] + '/answer.txt', 'w').write('42')\n"
        "print('trained')\n"
    )
    good = submit(
        ml,
        "python t.py ${{outputs.o}}",
        code=str(code),
        outputs={"o": Output(type="uri_folder", name=fresh)},
        tags={"kind": "pear"},
    )
    bad = submit(ml, "echo rotten >&2; exit 3")
    endless = submit(ml, "sleep 600")
    assert ended(ml, good.name).status == "Completed"
    assert "trained" in log(ml, good.name, tmp_path / "down")
    assert ml.data.get(fresh, version="1").type == "uri_folder"
    assert "rotten" in failure(ml, bad.name)
    ml.jobs.begin_cancel(endless.name).result()
    assert ended(ml, endless.name, 30).status == "Canceled"
    mlflow.set_tracking_uri(own.variables["MLFLOW_TRACKING_URI"])
    kept = mlflow.get_run(good.name)
    assert (kept.data.metrics["loss"], kept.data.params) == (0.5, {"depth": "3"})
    found = mlflow.search_runs(
        experiment_names=[good.experiment_name], filter_string="metrics.loss < 1"
    )
    assert list(found["run_id"]) == [good.name]
    assert [j.name for j in ml.jobs.list(tag="kind=pear")] == [good.name]
    assert not (own.home / "zafiro.db").exists()  # all of it is in PostgreSQL
