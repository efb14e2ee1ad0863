"""What is deleted for good is gone, with its rows and files; what others use stays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from zafiro.core.context import Context
from zafiro.core.db import Table
from zafiro.tracking import artifacts, purge, service
from zafiro.tracking.store import PointRow
from zafiro.workspaces.domain import Workspace

API = "/api/2.0/mlflow"
PROXIED = "/api/2.0/mlflow-artifacts/artifacts"


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Nobody else keeps anything."""
    kept = purge.holds[:], purge.uses[:]
    purge.holds[:], purge.uses[:] = [], []
    yield
    purge.holds[:], purge.uses[:] = kept


def history(main: Workspace, path: str) -> str:
    return f"/history/v1.0{main.id}/{path}"


def fill(http: TestClient, main: Workspace, run: str) -> None:
    """A run with something in every table, and a file."""
    http.patch(history(main, f"experiments/exp/runs/{run}"), json={"tags": {"a": "b"}})
    http.post(history(main, f"runs/{run}/events"), json={"name": "Start", "data": {"RunId": run}})
    for step in range(7):
        point = {"run_id": run, "key": "m", "value": 1.5, "timestamp": 1, "step": step}
        http.post(f"{API}/runs/log-metric", json=point)
    http.post(f"{API}/runs/log-parameter", json={"run_id": run, "key": "p", "value": "1"})
    rows = [{"metricId": str(n), "data": {"x": n}} for n in range(7)]
    table = {"name": "t", "columns": {"x": "int"}, "value": rows}
    http.post(f"/metric/v2.0{main.id}/runs/{run}/batch", json={"values": [table]})
    dataset = {"name": "d", "digest": "1", "source_type": "x", "source": "y"}
    given = {"run_id": run, "datasets": [{"dataset": dataset}]}
    assert http.post(f"{API}/runs/log-inputs", json=given).status_code == 200
    http.put(f"{PROXIED}/ExperimentRun/dcid.{run}/outputs/x.txt", content=b"x")


def counts(ctx: Context) -> dict[str, int]:
    with ctx.db.read() as db:
        tables = [one for one in Table.metadata.sorted_tables if one.name != "documents"]
        found = {one.name: db.scalar(select(func.count()).select_from(one)) for one in tables}
    return {name: count for name, count in found.items() if count}


def work(ctx: Context) -> int:
    """All that is left to do; how many pieces it was."""
    pieces = 0
    while purge.step(ctx):
        pieces += 1
    return pieces


def place(ctx: Context, main: Workspace, path: str) -> Path:
    return artifacts.place(ctx.home, main, path)


def test_a_run_deleted_for_good_frees_its_rows_and_files(
    http: TestClient, main: Workspace, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "BATCH", 3)
    fill(http, main, "stays")
    before = counts(ctx)
    fill(http, main, "goes")
    http.post(f"{API}/runs/delete", json={"run_id": "goes"})
    assert http.post(f"{API}/runs/restore", json={"run_id": "goes"}).status_code == 200
    http.post(f"{API}/runs/delete", json={"run_id": "goes"})
    assert http.post(history(main, "gc"), json={}).json() == {
        "runs": 1,
        "experiments": 0,
        "models": 0,
        "kept": {},
    }
    assert http.get(f"{API}/runs/get?run_id=goes").status_code == 404  # at once
    assert work(ctx) > 3  # in small pieces
    assert counts(ctx) == before
    assert not place(ctx, main, "ExperimentRun/dcid.goes").exists()
    assert place(ctx, main, "ExperimentRun/dcid.stays/outputs/x.txt").exists()


def test_a_name_is_free_at_once(http: TestClient, main: Workspace, ctx: Context) -> None:
    fill(http, main, "r1")
    for _ in range(2):  # twice the same name, before anything was cleaned up
        assert http.delete(history(main, "runs/r1") + "?hardDelete=true").status_code == 200
        http.patch(history(main, "experiments/exp/runs/r1"), json={"displayName": "again"})
    work(ctx)
    shown = http.get(f"{API}/runs/get?run_id=r1").json()["run"]
    assert shown["info"]["run_name"] == "again" and not shown["data"].get("metrics")
    with ctx.db.read() as db:
        assert db.scalar(select(func.count()).select_from(PointRow)) == 0


def test_deleting_twice_is_deleting_for_good(
    http: TestClient, main: Workspace, ctx: Context
) -> None:
    fill(http, main, "r1")
    assert http.delete(history(main, "runs/r1")).status_code == 200
    assert (
        http.get(f"{API}/runs/get?run_id=r1").json()["run"]["info"]["lifecycle_stage"] == "deleted"
    )
    assert http.delete(history(main, "runs/r1")).status_code == 200
    assert http.delete(history(main, "runs/r1")).status_code == 404


def test_only_what_was_deleted_long_enough_ago_goes(
    http: TestClient, main: Workspace, ctx: Context
) -> None:
    for run in ("old", "new"):
        fill(http, main, run)
    http.post(f"{API}/runs/delete", json={"run_id": "old"})
    assert http.post(history(main, "gc"), json={"olderThanS": 3600}).json()["runs"] == 0
    assert http.post(history(main, "gc"), json={"runIds": ["new"]}).json()["runs"] == 0
    assert http.post(history(main, "gc"), json={"runIds": ["old", "x"]}).json()["runs"] == 1
    assert http.get(f"{API}/runs/get?run_id=new").status_code == 200


def test_an_experiment_goes_when_nothing_is_in_it(
    http: TestClient, main: Workspace, ctx: Context
) -> None:
    fill(http, main, "r1")
    id = http.get(history(main, "experiments/exp")).json()["experimentId"]
    refused = http.delete(history(main, f"experimentids/{id}"))
    assert refused.status_code == 409 and "archive it" in refused.text
    http.post(f"{API}/experiments/delete", json={"experiment_id": id})
    done = http.post(history(main, "gc"), json={}).json()
    assert (done["runs"], done["experiments"]) == (1, 1)
    assert http.post(history(main, "experiments/exp")).json()["experimentId"] != id
    work(ctx)
    kept = {"experiments", "metric_names"}  # names are shared by all runs
    assert set(counts(ctx)) <= kept and counts(ctx)["experiments"] == 1


def test_the_run_of_a_job_that_is_there_stays(
    http: TestClient, main: Workspace, ctx: Context
) -> None:
    with ctx.db.begin() as db:
        experiment = service.ensure_experiment(db, main.guid, "exp")
        for name in ("running", "ended"):
            service.create_run(db, main.guid, name, experiment, name, owned=True)
        service.set_status(db, main.guid, "ended", "Completed")
    purge.holds[:] = [lambda db, guid, run: "its job is there" if run == "ended" else None]
    for name in ("running", "ended"):
        http.post(f"{API}/runs/delete", json={"run_id": name})
    done = http.post(history(main, "gc"), json={}).json()
    assert done["runs"] == 0 and done["kept"]["ended"] == "its job is there"
    assert "cancel it first" in done["kept"]["running"]
    assert http.delete(history(main, "runs/ended")).status_code == 409
    purge.holds[:] = []
    assert http.post(history(main, "gc"), json={}).json()["runs"] == 1


def test_files_that_others_use_stay(http: TestClient, main: Workspace, ctx: Context) -> None:
    fill(http, main, "r1")
    root = "ExperimentRun/dcid.r1"
    for path in ("model/MLmodel", "model/data/x", "other/y", "model2/z"):
        http.put(f"{PROXIED}/{root}/{path}", content=b"x")
    asked: list[Any] = []

    def uses(db: Any, guid: str, folder: str) -> list[str]:
        asked.append((guid, folder))
        return [f"{root}/model"]

    purge.uses[:] = [uses]
    http.delete(history(main, "runs/r1") + "?hardDelete=true")
    work(ctx)
    assert asked == [(main.guid, root)]
    left = artifacts.walk(ctx.home, main, root)
    assert left == ["model/MLmodel", "model/data/x"]
    assert not place(ctx, main, f"{root}/outputs").exists()


def test_a_logged_model_outlives_its_run_until_it_is_deleted_itself(
    http: TestClient, main: Workspace, ctx: Context
) -> None:
    fill(http, main, "r1")
    id = http.get(history(main, "experiments/exp")).json()["experimentId"]
    body = {"experiment_id": id, "name": "model", "source_run_id": "r1"}
    model = http.post(f"{API}/logged-models", json=body).json()["model"]["info"]
    http.put(f"{PROXIED}/ExperimentRun/dcid.r1/model/MLmodel", content=b"x")
    http.delete(history(main, "runs/r1") + "?hardDelete=true")
    work(ctx)
    kept = place(ctx, main, "ExperimentRun/dcid.r1/model/MLmodel")
    assert kept.exists() and not place(ctx, main, "ExperimentRun/dcid.r1/outputs").exists()
    assert http.delete(f"{API}/logged-models/{model['model_id']}").status_code == 200
    assert http.post(history(main, "gc"), json={}).json()["models"] == 1
    work(ctx)
    assert not kept.exists()


def test_a_link_in_place_of_a_run_leads_nobody_to_anothers_files(
    http: TestClient, main: Workspace, ctx: Context
) -> None:
    fill(http, main, "r1")
    http.patch(history(main, "experiments/exp/runs/evil"), json={"displayName": "e"})
    place(ctx, main, "ExperimentRun").joinpath("dcid.evil").symlink_to("dcid.r1")
    http.delete(history(main, "runs/evil") + "?hardDelete=true")
    work(ctx)
    assert place(ctx, main, "ExperimentRun/dcid.r1/outputs/x.txt").exists()


def test_a_job_deletes_nothing_for_good_but_its_own(http: TestClient, main: Workspace) -> None:
    fill(http, main, "r1")
    job = {"Authorization": "Bearer job:other"}
    assert http.delete(history(main, "runs/r1"), headers=job).status_code == 403
    assert http.post(history(main, "gc"), json={}, headers=job).status_code == 403
