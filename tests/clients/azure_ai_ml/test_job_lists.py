"""Finding command jobs again: lists, filters, pages, children, and what they say of themselves."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import MLClient, command
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import AmlCompute, Environment, SshJobService, Workspace

from clients.azure_ai_ml.jobs_client import client, ended, submit, until


def names(jobs: Any) -> list[str]:
    return [job.name for job in jobs]


def test_runs_that_a_job_nests_are_its_children(ml: MLClient, run: Any, tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text(
        "import mlflow\n"
        "with mlflow.start_run():\n"
        "    for n in range(3):\n"
        "        with mlflow.start_run(nested=True, run_name=f'child {n}'):\n"
        "            mlflow.log_metric('n', n)\n"
    )
    job = run("python t.py", code=str(tmp_path))
    children = list(ml.jobs.list(parent_job_name=job.name))
    assert sorted(child.display_name for child in children) == ["child 0", "child 1", "child 2"]
    assert {child.status for child in children} == {"Completed"}
    assert not set(names(children)) & set(names(ml.jobs.list()))


def test_archived_jobs_are_listed_when_asked_for(ml: MLClient, run: Any, fresh: str) -> None:
    kept, hidden = (run("true", tags={fresh: ""}, wait=False) for _ in range(2))
    ml.jobs.archive(hidden.name)
    found = {
        view: set(names(ml.jobs.list(tag=fresh, list_view_type=view)))
        for view in (ListViewType.ACTIVE_ONLY, ListViewType.ARCHIVED_ONLY, ListViewType.ALL)
    }
    assert list(found.values()) == [{kept.name}, {hidden.name}, {kept.name, hidden.name}]


def test_jobs_are_found_by_tag_and_by_kind(ml: MLClient, run: Any, fresh: str) -> None:
    tagged = run("true", tags={fresh: "pear"}, wait=False)
    other = run("true", tags={fresh: "plum"}, wait=False)
    assert names(ml.jobs.list(tag=fresh)) == [other.name, tagged.name]
    assert names(ml.jobs.list(tag=f"{fresh}=pear")) == [tagged.name]
    assert names(ml.jobs.list(tag=fresh, job_type="Command")) == [other.name, tagged.name]
    assert names(ml.jobs.list(tag=fresh, job_type="Pipeline")) == []
    assert names(ml.jobs.list(tag=fresh, scheduled_job_name="nightly")) == []


@pytest.fixture
def room(ml: MLClient, fresh: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MLClient]:
    """A client of a workspace of this test's own, where many jobs are in nobody's way."""
    ml.workspaces.begin_create(Workspace(name=fresh, location="local")).result()
    monkeypatch.setenv("AZUREML_WORKSPACE_NAME", fresh)
    yield client()
    ml.workspaces.begin_delete(fresh, delete_dependent_resources=False).result()


def test_a_list_goes_on_beyond_its_first_page_and_a_tag_cancels_all_of_it(
    room: MLClient,
) -> None:
    room.compute.begin_create_or_update(AmlCompute(name="one-node", max_instances=1)).result()
    busy = submit(room, "sleep 600", compute="one-node", tags={"many": ""})
    sent = [busy.name]
    again = room.jobs._get_job(busy.name)  # sent again under other names: quicker than anew
    for n in range(52):
        again.name = f"waiting-{n}"
        room.jobs._create_or_update_with_different_version_api(again)
        sent.append(again.name)
    listed = list(room.jobs.list())
    assert names(listed) == sent[::-1]
    assert {job.status for job in listed[:-1]} == {"Queued"}
    room.jobs.begin_cancel("", tag="many")
    ended(room, busy.name, 30)
    assert {job.status for job in room.jobs.list(tag="many")} == {"Canceled"}


def test_a_sound_job_is_valid_and_an_unsound_one_is_told_why(
    ml: MLClient, plain: Environment
) -> None:
    sound = command(command="true", environment=plain, compute="cpu-cluster")
    assert ml.jobs.validate(sound).passed
    unsound = command(command="true", environment=plain, compute="cpu-cluster")
    unsound.command = None
    said = ml.jobs.validate(unsound)
    assert not said.passed and "component.command" in said.error_messages


def test_a_job_without_services_shows_none(ml: MLClient, run: Any) -> None:
    assert ml.jobs.show_services(run("true", wait=False).name) is None


def test_a_service_that_is_not_started_is_said(
    ml: MLClient, plain: Environment, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = command(
        command="true",
        environment=plain,
        services={"shell": SshJobService(ssh_public_keys="ssh-ed25519 AAAA pear")},
    )
    job = ml.jobs.create_or_update(asked)
    ended(ml, job.name)
    assert ml.jobs.show_services(job.name) is None
    ml.jobs.stream(job.name)
    assert "the service 'shell' (SSH) is not started" in capfd.readouterr().out


def test_a_job_knows_the_commit_it_was_sent_from(
    ml: MLClient, run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*arguments: str) -> str:
        who = ["-c", "user.name=Pear", "-c", "user.email=pear@orchard.example"]
        done = subprocess.run(
            ["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    (tmp_path / "t.py").write_text("print('hello')\n")
    git("init", "-q", "-b", "orchard")
    git("remote", "add", "origin", "https://git.orchard.example/pears.git")
    git("add", ".")
    git("commit", "-qm", "Plant")
    monkeypatch.chdir(tmp_path)
    job = run("python t.py", code=str(tmp_path), wait=False)
    kept = ml.jobs.get(job.name).properties
    assert kept["mlflow.source.git.commit"] == git("rev-parse", "HEAD")
    assert kept["mlflow.source.git.branch"] == "orchard"
    assert kept["mlflow.source.git.repoURL"] == "https://git.orchard.example/pears.git"
    (tmp_path / "t.py").write_text("print('changed')\n")
    dirty = run("python t.py", code=str(tmp_path), wait=False)
    assert ml.jobs.get(dirty.name).properties["azureml.git.dirty"] == "True"
    for one in (job, dirty):
        until(ml, one.name, ("Completed",))
