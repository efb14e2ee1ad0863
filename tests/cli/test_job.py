"""Looking at jobs: where the time went, why, and what they say while they run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import MLClient

from clients.azure_ai_ml.jobs_client import client, ended, pointed_at, submit, until
from zafiro.testing import live
from zafiro.testing.live import Live

HELLO = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: echo ${{inputs.said}}; exit ${{inputs.code}}
inputs:
  said: hello
  code: 0
environment:
  image: library/python:3.11-slim
"""


def test_the_timeline_of_a_job_says_where_its_time_went(typed: Any, ml: MLClient) -> None:
    job = submit(ml, "sleep 0.5")
    assert ended(ml, job.name).status == "Completed"
    done = typed("job", "show", "--name", job.name, "--timeline")
    assert done.code == 0, done.err
    first, *lines = done.out.splitlines()
    assert first == f"{job.name}: Completed"
    took = {}
    for line in lines:
        match = re.match(r"  (\w+) +([\d.]+) s", line)
        assert match, line
        took[match[1]] = float(match[2])
    steps = ["queued", "starting", "environment", "inputs", "running", "finalizing"]
    assert list(took) == [*steps, "total"]
    assert took["running"] >= 0.5
    assert took["total"] == pytest.approx(sum(took[step] for step in steps), abs=0.05)


def test_show_without_a_name_shows_the_newest(typed: Any, ml: MLClient) -> None:
    job = submit(ml, "true")
    assert json.loads(typed("job", "show").out)["name"] == job.name
    ended(ml, job.name)


def test_a_job_that_is_not_there_is_named(zafiro: Any, server: Live) -> None:
    done = zafiro("job", "show", "-n", "no-such-job", "--home", server.home)
    assert (done.returncode, done.stderr) == (3, "Error: job 'no-such-job' does not exist\n")


def test_a_streamed_job_says_its_phases_and_its_log(typed: Any, tmp_path: Path) -> None:
    path = tmp_path / "hello.yml"
    path.write_text(HELLO)
    done = typed("job", "create", "-f", path, "--set", "inputs.said=pears and apples", "--stream")
    assert done.code == 0, done.err
    assert "pears and apples\n" in done.out
    phases = re.findall(r"^\[(\w+)", done.err, re.MULTILINE)
    assert phases == ["queued", "starting", "environment", "inputs", "running", "finalizing"]
    assert done.err.splitlines()[-1].endswith(" completed")


def test_a_streamed_job_that_fails_fails_with_its_own_error(typed: Any, tmp_path: Path) -> None:
    path = tmp_path / "hello.yml"
    path.write_text(HELLO)
    given = ("--set", "inputs.code=3", "inputs.said=no pears left", "--stream")
    done = typed("job", "create", "-f", path, *given)
    assert done.code == 1
    assert "no pears left\n" in done.out
    name = done.err.split()[1]
    last = done.err.splitlines()[-1]
    assert last == f"Error: no pears left (UserError, exit code 3; job {name} failed)"
    why = typed("job", "why")
    assert why.code == 0
    first, second, *_ = why.out.splitlines()
    assert first == f"{name} failed with exit code 3."
    assert second == "no pears left (UserError)"
    drawn = typed("job", "show", "--timeline").out
    assert drawn.startswith(f"{name}: Failed (exit code 3)\n")


def test_the_exception_of_a_job_is_the_error_of_its_stream(typed: Any, tmp_path: Path) -> None:
    path = tmp_path / "raise.yml"
    path.write_text(HELLO)
    command = "python -c 'raise LookupError(\"${{inputs.said}}\")'"
    given = ("--set", f"command={command}", "inputs.said=no such pear", "--stream", "-o", "none")
    done = typed("job", "create", "-f", path, *given)
    name = done.err.split()[1]
    assert done.code == 1
    assert done.err.splitlines()[-1] == (
        f"Error: LookupError: no such pear (UserError, exit code 1; job {name} failed)"
    )
    assert "Traceback (most recent call last):" in done.out


def test_a_job_that_took_too_long_or_was_killed_says_so(typed: Any, tmp_path: Path) -> None:
    path = tmp_path / "long.yml"
    path.write_text(HELLO)
    for given, said, why in (
        (
            ("limits.timeout=1", "command=sleep 60"),
            "the job ran longer than its limit of 1 s (Timeout",
            " failed",
        ),
        (
            ("command=kill -9 $$",),
            "the command was killed (SIGKILL); most often the machine ran out of memory "
            "(UserError, exit code 137",
            " failed with exit code 137.",
        ),
    ):
        done = typed("job", "create", "-f", path, "--stream", "--set", *given)
        assert done.code == 1
        assert done.err.splitlines()[-1].startswith(f"Error: {said}")
        assert why in typed("job", "why").out.splitlines()[0]


def test_why_says_what_a_job_does_and_what_became_of_it(typed: Any, ml: MLClient) -> None:
    job = submit(ml, "sleep 60")
    until(ml, job.name, ("Running",))
    assert f"{job.name} runs, for " in typed("job", "why", job.name).out
    assert typed("job", "cancel", "-n", job.name).code == 0
    status = typed("job", "show", "-n", job.name, "--query", "status", "-o", "tsv")
    assert status.out == "Canceled\n"
    assert typed("job", "why", "-n", job.name).out == f"{job.name} was canceled.\n"
    followed = typed("job", "stream", "-n", job.name)
    assert (followed.code, followed.err.splitlines()[-1]) == (1, f"Error: {job.name} canceled")


def test_a_job_is_renamed_downloaded_and_hidden(typed: Any, ml: MLClient, tmp_path: Path) -> None:
    job = submit(ml, "mkdir -p outputs; echo here > outputs/x.txt", tags={"a": "b"})
    ended(ml, job.name)
    done = typed("job", "update", "-n", job.name, "--set", "display_name=Second", "tags.year=2026")
    assert done.code == 0, done.err
    shown = json.loads(typed("job", "show", "-n", job.name).out)
    assert (shown["display_name"], shown["tags"]) == ("Second", {"a": "b", "year": "2026"})
    assert typed("job", "download", "-n", job.name, "-p", tmp_path).code == 0
    assert (tmp_path / "artifacts" / "outputs" / "x.txt").read_text() == "here\n"
    assert typed("job", "archive", "-n", job.name).code == 0
    assert job.name not in typed("job", "list").out
    assert job.name in typed("job", "list", "--archived-only", "--all-results").out
    assert typed("job", "restore", "-n", job.name).code == 0
    assert job.name in typed("job", "list").out


def test_no_more_jobs_are_listed_than_asked_for(typed: Any, ml: MLClient) -> None:
    for job in [submit(ml, "true") for _ in range(2)]:
        ended(ml, job.name)
    assert len(json.loads(typed("job", "list", "-r", 1).out)) == 1
    refused = typed("job", "list", "--max-results", 0)
    assert refused.code == 2 and "0 is less than one" in refused.err


def test_a_job_that_would_not_be_accepted_is_told_without_running_it(
    typed: Any, tmp_path: Path
) -> None:
    path = tmp_path / "hello.yml"
    path.write_text(HELLO)
    assert json.loads(typed("job", "validate", "-f", path).out) == {"result": "Succeeded"}


def test_stream_goes_on_over_a_restart_of_the_server(home: Path, tmp_path: Path) -> None:
    before = live.up(home)
    port, storage_port = (int(u.rsplit(":", 1)[1]) for u in (before.url, before.storage_url))
    go = tmp_path / "go"
    with pointed_at(before):
        job = submit(client(), f"echo one; while [ ! -e {go} ]; do sleep 0.1; done; echo two")
        until(client(), job.name, ("Running",))
    following = subprocess.Popen(
        [sys.executable, "-m", "zafiro", "job", "stream", "-n", job.name, "--home", str(home)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=live.clean(os.environ),
    )
    try:
        assert following.stdout is not None and following.stderr is not None
        assert "one\n" in iter(following.stdout.readline, "")
        live.down(home)
        assert any("trying again" in line for line in following.stderr)
        live.up(home, port=port, storage_port=storage_port)
        go.touch()
        out, err = following.communicate(timeout=60)
    finally:
        go.touch()
        following.kill()
    assert (following.returncode, out) == (0, "two\n"), err
    assert err.splitlines()[-1] == f"{job.name} completed"
