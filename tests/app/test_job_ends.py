"""How jobs end when several see the end, or the last word is none. No loop runs beside."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from zafiro.computes.backend import Handle, Seen, Work
from zafiro.core.context import Context
from zafiro.core.errors import Conflict
from zafiro.identity import service as identity
from zafiro.jobs import loop, service, store
from zafiro.jobs.domain import Job, Status
from zafiro.jobs.store import JobRow
from zafiro.workspaces.domain import Workspace

V = {"api-version": "2024-10-01"}


def submitted(client: TestClient, main: Workspace, name: str, **more: Any) -> None:
    body = {"properties": {"jobType": "Command", "command": "true", "computeId": "local", **more}}
    answer = client.put(f"{main.id}/jobs/{name}", params=V, json=body)
    assert answer.status_code == 201, answer.text


def launched(ctx: Context, main: Workspace, name: str, said: str | None = None) -> Job:
    """As if its runner had been started and were over; `said` is its last word."""
    folder = ctx.home.jobs / main.guid / name
    folder.mkdir(parents=True)
    if said is not None:
        (folder / "result.json").write_text(said)
    handle = {"boot": "another", "pid": 1, "started": 1, "name": name, "directory": str(folder)}
    with ctx.db.begin() as db:
        job = store.change(db, store.get(db, main.guid, name).job.to(Status.STARTING))
        store.set_handle(db, job, handle)
    return job


def status(ctx: Context, main: Workspace, name: str) -> Status:
    with ctx.db.read() as db:
        return store.get(db, main.guid, name).job.status


@pytest.mark.parametrize(
    "said",
    ["[]", "null", '{"status": "Queued"}', '{"status": "Completed", "exit_code": "x"}', "{}"],
)
def test_a_last_word_that_makes_no_sense_fails_its_job_and_hides_no_other(
    client: TestClient, ctx: Context, main: Workspace, said: str
) -> None:
    for name, word in (("odd", said), ("good", '{"status": "Completed", "exit_code": 0}')):
        submitted(client, main, name)
        launched(ctx, main, name, word)
    loop.watch(ctx)
    assert status(ctx, main, "good") is Status.COMPLETED
    assert status(ctx, main, "odd") is Status.FAILED


def test_a_job_that_cannot_be_looked_at_hides_no_other(
    client: TestClient, ctx: Context, main: Workspace
) -> None:
    for name in ("odd", "good"):
        submitted(client, main, name)
    odd = launched(ctx, main, "odd")
    with ctx.db.begin() as db:
        store.set_handle(db, odd, {"not": "a handle"})
    launched(ctx, main, "good", '{"status": "Completed", "exit_code": 0}')
    loop.watch(ctx)
    assert status(ctx, main, "good") is Status.COMPLETED


def test_an_end_seen_twice_is_the_first_one(
    client: TestClient, ctx: Context, main: Workspace
) -> None:
    named = {"model": {"jobOutputType": "uri_folder", "assetName": "made", "mode": "Upload"}}
    submitted(client, main, "j", outputs=named)
    job = launched(ctx, main, "j")
    told = {"phase": "ended", "status": "Completed", "outputs": {"model": {"exists": True}}}
    folder = Path(output_folder(ctx, main, "j"))
    folder.mkdir(parents=True)
    with ctx.db.begin() as db:
        assert service.report(ctx, db, job.key, told).status is Status.COMPLETED
    with ctx.db.begin() as db:  # as the watch does that looked before it heard of the report
        service.end(ctx, db, store.lock(db, job.key))
    assert status(ctx, main, "j") is Status.COMPLETED


def output_folder(ctx: Context, main: Workspace, job: str) -> str:
    container = f"azureml-blobstore-{main.guid}"
    return str(ctx.home.storage / main.storage_account / container / "azureml" / job / "model")


@pytest.mark.parametrize(
    "said",
    [
        [],
        {},
        {"phase": 1},
        {"phase": "running", "at": "soon"},
        {"phase": "running", "at": 1e300},
        {"phase": "running", "status": "Completed"},
        {"phase": "ended"},
        {"phase": "ended", "status": "Running"},
        {"phase": "ended", "status": "Failed", "error": {"code": 1}},
        {"phase": "ended", "status": "Completed", "exit_code": 1 << 80},
        {"phase": "ended", "status": "Completed", "outputs": ["a"]},
    ],
)
def test_a_report_that_is_none_is_refused_and_changes_nothing(
    client: TestClient, ctx: Context, main: Workspace, said: Any
) -> None:
    submitted(client, main, "j")
    launched(ctx, main, "j")
    url = f"/execution/v1/workspaces/{main.guid}/jobs/j/reports"
    assert client.post(url, content=json.dumps(said)).status_code == 400
    assert status(ctx, main, "j") is Status.STARTING


def test_a_wish_to_cancel_that_comes_after_the_end_finds_the_end(
    client: TestClient, ctx: Context, main: Workspace
) -> None:
    """The row was read before the end was written, and is locked after it."""
    if ctx.db.is_sqlite:
        pytest.skip("SQLite's writers wait for each other before they read")
    submitted(client, main, "j")
    job = launched(ctx, main, "j")
    with ctx.db.begin() as slow:
        seen = slow.get_one(JobRow, job.key)  # a session knows a row again while somebody holds it
        assert seen.status == Status.STARTING
        with ctx.db.begin() as quick:
            service.report(ctx, quick, job.key, {"phase": "ended", "status": "Completed"})
        with pytest.raises(Conflict, match="Completed"):
            service.cancel(ctx, slow, main.guid, "j")
    assert status(ctx, main, "j") is Status.COMPLETED


@pytest.mark.parametrize("tags", [["a"], {"a": {"b": 1}}, "x"])
def test_a_job_is_changed_by_what_has_the_right_shape_only(
    client: TestClient, main: Workspace, tags: Any
) -> None:
    submitted(client, main, "j")
    body = {"properties": {"jobType": "Command", "command": "true", "tags": tags}}
    assert client.put(f"{main.id}/jobs/j", params=V, json=body).status_code == 400


def test_a_name_too_long_for_the_folders_of_a_job_is_refused(
    client: TestClient, main: Workspace
) -> None:
    submitted(client, main, "j" * 250)
    body = {"properties": {"jobType": "Command", "command": "true", "computeId": "local"}}
    assert client.put(f"{main.id}/jobs/{'k' * 251}", params=V, json=body).status_code == 400


class Broken:
    """Fails as no backend should."""

    def launch(self, work: Work) -> Handle:
        raise ZeroDivisionError

    def look(self, handle: Handle) -> Seen:
        raise AssertionError

    def stop(self, handle: Handle, *, grace_s: float) -> None:
        raise AssertionError


def test_a_job_whose_launch_fails_in_any_way_ends_and_says_so(
    client: TestClient, ctx: Context, main: Workspace
) -> None:
    ctx.engines["process"] = Broken()
    submitted(client, main, "j")
    assert loop.step(ctx, identity.of(ctx))
    with ctx.db.read() as db:
        job = store.get(db, main.guid, "j").job
    assert job.status is Status.FAILED
    assert job.failure is not None and "ZeroDivisionError" in job.failure.message
    assert not loop.step(ctx, identity.of(ctx))


def test_an_ended_job_is_not_described_again(
    client: TestClient, ctx: Context, main: Workspace
) -> None:
    submitted(client, main, "j")
    token = identity.of(ctx).for_job(main.id, "j", timedelta(hours=1)).token
    url, own = (
        f"/execution/v1/workspaces/{main.guid}/jobs/j",
        {"Authorization": f"Bearer {token}"},
    )
    assert client.get(url, headers=own).json()["command"] == "true"
    assert client.post(f"{main.id}/jobs/j/cancel", params=V).status_code == 200
    assert client.get(url, headers=own).status_code == 409
