"""TensorBoard of a real job, whose event files TensorBoard's own writer wrote."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.ai.ml import MLClient, Output
from azure.ai.ml.entities import Environment, TensorBoardJobService
from azure.ai.ml.entities import Job as AnyJob

from clients.azure_ai_ml.jobs_client import ended, submit
from zafiro.testing.live import Live

_WRITE = """
import os, sys, time
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.event_file_writer import EventFileWriter

def write(folder, step, value):
    writer = EventFileWriter(folder)
    summary = Summary(value=[Summary.Value(tag="loss", simple_value=value)])
    writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))
    return writer

one = write("logs/train", 1, 0.5)
one.flush()
write(sys.argv[1], 3, 0.125).close()
write("tb/here", 7, 1.5).close()
print("written", flush=True)
while not os.path.exists("outputs/go on"):
    time.sleep(0.05)
one.add_event(Event(wall_time=time.time(), step=2, summary=Summary(
    value=[Summary.Value(tag="loss", simple_value=0.25)])))
one.close()
"""


@pytest.fixture(scope="module")
def writing(ml: MLClient, tmp_path_factory: pytest.TempPathFactory, server: Live) -> Any:
    """A job that has written its first points and waits for somebody to say go on."""
    code = tmp_path_factory.mktemp("code")
    (code / "write.py").write_text(_WRITE)
    conda = {"name": "tb", "dependencies": ["python=3.11", {"pip": ["tensorboard>=2.18,<3"]}]}
    job = submit(
        ml,
        "python write.py ${{outputs.curves}}",
        code=str(code),
        environment=Environment(image="library/python:3.11-slim", conda_file=conda),
        outputs={"curves": Output(type="uri_folder")},
        services={"board": TensorBoardJobService(log_dir="./tb/here")},
    )
    yield job
    if ml.jobs.get(job.name).status not in ("Completed", "Failed", "Canceled"):
        ml.jobs.begin_cancel(job.name)
        ended(ml, job.name)


@pytest.fixture(scope="module")
def browser(server: Live) -> Any:
    with httpx.Client(verify=server.variables["SSL_CERT_FILE"], timeout=120) as client:
        yield client


def _auth(server: Live) -> tuple[str, str]:
    return ("admin", server.variables["MLFLOW_TRACKING_PASSWORD"])


def _artifacts(server: Live, job: AnyJob) -> Path:
    end = time.monotonic() + 60
    while True:
        for root in server.home.glob(f"storage/*/azureml/ExperimentRun/dcid.{job.name}"):
            log = root / "user_logs" / "std_log.txt"
            if log.exists() and "written" in log.read_text():
                return root
        assert time.monotonic() < end, "the job wrote nothing"
        time.sleep(0.05)


def test_what_a_running_job_writes_is_shown_as_it_comes(
    ml: MLClient, server: Live, writing: AnyJob, browser: httpx.Client
) -> None:
    root = _artifacts(server, writing)
    endpoint = ml.jobs.get(writing.name).services["TensorBoard"].endpoint
    assert ml.jobs.get(writing.name).services["board"].endpoint == endpoint

    # Nobody gets in without a token, and no other run's link is good for this one.
    refused = browser.get(endpoint, headers={"Accept": "text/html"})
    assert refused.status_code == 401 and "zafiro job tensorboard" in refused.text
    other = browser.get(f"{endpoint}?ticket=nonsense")
    assert other.status_code == 401

    link = browser.get(f"{endpoint}link", auth=_auth(server)).json()["url"]
    page = browser.get(link, follow_redirects=True)
    assert page.status_code == 200 and "<title>TensorBoard</title>" in page.text
    assert page.url == endpoint  # the ticket is gone from the address
    # From here on the browser's cookie is all there is.
    shown = sorted(browser.get(f"{endpoint}data/runs").json())
    assert shown == ["curves", "logs/train", "tb/here"]
    points = f"{endpoint}data/plugin/scalars/scalars?tag=loss&run="
    assert [p[1:] for p in browser.get(f"{points}logs/train").json()] == [[1, 0.5]]
    assert [p[1:] for p in browser.get(f"{points}curves").json()] == [[3, 0.125]]
    assert [p[1:] for p in browser.get(f"{points}tb/here").json()] == [[7, 1.5]]

    (root / "outputs" / "go on").touch()
    assert ended(ml, writing.name).status == "Completed"
    end = time.monotonic() + 20
    while len(found := browser.get(f"{points}logs/train").json()) < 2:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert [p[1:] for p in found] == [[1, 0.5], [2, 0.25]]


def test_the_cookie_of_one_run_opens_no_other(
    ml: MLClient, server: Live, browser: httpx.Client, writing: AnyJob, run: Any
) -> None:
    other = run("true")
    endpoint = ml.jobs.get(other.name).services["TensorBoard"].endpoint
    mine = ml.jobs.get(writing.name).services["TensorBoard"].endpoint
    browser.get(browser.get(f"{mine}link", auth=_auth(server)).json()["url"])
    cookies = dict(browser.cookies)
    assert cookies
    assert browser.get(endpoint, cookies=cookies).status_code == 401
    # Nor does it give a link for its own run: it would be good for ever.
    assert browser.get(mine).status_code == 200
    assert browser.get(f"{mine}link").status_code == 401


def test_a_run_without_event_files_says_so(
    ml: MLClient, server: Live, browser: httpx.Client, run: Any
) -> None:
    endpoint = ml.jobs.get(run("true").name).services["TensorBoard"].endpoint
    said = browser.get(endpoint, auth=_auth(server))
    assert said.status_code == 404
    assert "has no TensorBoard event files" in said.json()["error"]["message"]


def test_the_command_line_prints_a_link_that_signs_in(
    ml: MLClient, server: Live, writing: AnyJob, browser: httpx.Client
) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "zafiro", "job", "tensorboard"),
            *("--name", writing.name, "--home", str(server.home)),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    fresh = httpx.Client(verify=server.variables["SSL_CERT_FILE"], timeout=120)
    with fresh:
        page = fresh.get(done.stdout.strip(), follow_redirects=True)
        assert page.status_code == 200, page.text
        assert "<title>TensorBoard</title>" in page.text
