"""What every backend must pass. Subclass BackendContract, give the fixture `backend`, done.

The work is a real runner; the test plays the server (`DescribedJob`). Needs pytest.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from zafiro.computes.backend import Backend, Handle, LaunchFailed, Phase, Results, Seen, Work

# The smallest recipe: a Python without packages of its own. Built once, then shared.
BARE_RECIPE: dict[str, Any] = {
    "hash": "ba5e" * 16,
    "name": "bare",
    "python": None,
    "requirements": [],
    "pip_options": [],
    "variables": {},
    "notes": [],
    "failure": None,
}
_OVER = (Phase.EXITED, Phase.LOST)


class DescribedJob:
    """Serves the description of one job, and says cancel to nobody. Keeps the reports.

    `environments` is the cache of Python environments, worth keeping for all tests.
    """

    def __init__(self, folder: Path, environments: Path) -> None:
        self._environments = environments
        self.folder, self.reports = folder, list[dict[str, Any]]()
        self.command = "true"
        job = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                return

            def do_GET(self) -> None:
                self._answer(job._description())

            def do_POST(self) -> None:
                job.reports.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self._answer({"cancel": False})

            def _answer(self, said: dict[str, Any]) -> None:
                body = json.dumps(said).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def _description(self) -> dict[str, Any]:
        return {
            "version": 1,
            "job": "brave_apple_1",
            "experiment": "Default",
            "command": self.command,
            "code": None,
            "inputs": {},
            "outputs": {},
            "environment": BARE_RECIPE,
            "environments": str(self._environments),
            "artifacts": str(self.folder / "artifacts"),
            "variables": {"HERE": str(self.folder)},
            "timeout_s": None,
            "processes": 1,
            "distribution": None,
        }

    def work(self, command: str) -> Work:
        """Work whose command is `command`, which finds this folder as $HERE."""
        self.command = command
        url = f"http://127.0.0.1:{self._server.server_address[1]}/execution/v1/jobs/brave_apple_1"
        return Work(
            name=f"{self.folder}/brave_apple_1",
            variables={
                "ZAFIRO_EXECUTION_URL": url,
                "ZAFIRO_JOB_TOKEN": "secret-of-the-job",
                "ZAFIRO_CA": "",
            },
            directory=self.folder / "work",
        )

    def made(self, name: str) -> str:
        """What the command wrote to $HERE/{name}, once it is there."""
        path = self.folder / name
        wait_until(lambda: path.exists() and path.read_text().endswith("\n"))
        return path.read_text().strip()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def wait_until(true: Callable[[], object], within_s: float = 20) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.005)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


class BackendContract:
    """`runner_pid(handle)` finds the runner of work on this machine; None skips what needs it."""

    @pytest.fixture
    def backend(self) -> Backend:
        raise NotImplementedError

    def again(self, backend: Backend) -> Backend:
        """The same backend as a server started later would make it."""
        raise NotImplementedError

    def runner_pid(self, handle: Handle) -> int | None:
        return None

    @pytest.fixture
    def job(
        self, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[DescribedJob]:
        job = DescribedJob(tmp_path, tmp_path_factory.getbasetemp() / "environments")
        yield job
        job.close()

    def settle(self, backend: Backend, handle: Handle, within_s: float = 20) -> Seen:
        wait_until(lambda: backend.look(handle).phase in _OVER, within_s)
        return backend.look(handle)

    @pytest.mark.parametrize("code", [0, 3])
    def test_tells_the_exit_code(self, backend: Backend, job: DescribedJob, code: int) -> None:
        handle = backend.launch(job.work(f"exit {code}"))
        assert self.settle(backend, handle) == Seen(Phase.EXITED, code)

    def test_running_work_is_seen_running(self, backend: Backend, job: DescribedJob) -> None:
        handle = backend.launch(job.work("echo 1 > $HERE/begun; until [ -e $HERE/go ]; do :; done"))
        job.made("begun")
        assert backend.look(handle) == Seen(Phase.RUNNING)
        (job.folder / "go").touch()
        assert self.settle(backend, handle) == Seen(Phase.EXITED, 0)

    def test_launching_twice_is_launching_once(self, backend: Backend, job: DescribedJob) -> None:
        work = job.work("echo $$ >> $HERE/begun; sleep 60")
        first = backend.launch(work)
        assert self.again(backend).launch(work) == first
        job.made("begun")
        backend.stop(first, grace_s=1)
        self.settle(backend, first)
        assert backend.launch(work) == first
        assert len((job.folder / "begun").read_text().split()) == 1

    def test_launching_twice_at_once_is_launching_once(
        self, backend: Backend, job: DescribedJob
    ) -> None:
        work, handles = job.work("echo $$ >> $HERE/begun"), list[Handle]()
        launches = [
            threading.Thread(target=lambda: handles.append(backend.launch(work))) for _ in range(4)
        ]
        for launch in launches:
            launch.start()
        for launch in launches:
            launch.join()
        assert [handle == handles[0] for handle in handles] == [True] * 4
        assert self.settle(backend, handles[0]) == Seen(Phase.EXITED, 0)
        assert len((job.folder / "begun").read_text().split()) == 1

    def test_the_handle_survives_a_restart(self, backend: Backend, job: DescribedJob) -> None:
        handle = json.loads(json.dumps(backend.launch(job.work("exit 7"))))
        assert self.settle(self.again(backend), handle) == Seen(Phase.EXITED, 7)

    def test_looking_again_says_the_same(self, backend: Backend, job: DescribedJob) -> None:
        handle = backend.launch(job.work("exit 4"))
        assert self.settle(backend, handle) == backend.look(handle) == Seen(Phase.EXITED, 4)

    def test_stop_ends_work_that_ignores_terminate(
        self, backend: Backend, job: DescribedJob
    ) -> None:
        stubborn = "trap '' TERM; echo $$ > $HERE/pid; while :; do sleep 60; done"
        handle = backend.launch(job.work(stubborn))
        job.made("pid")
        backend.stop(handle, grace_s=0.2)
        assert self.settle(backend, handle).phase in _OVER

    def test_stop_lets_work_end_by_itself(self, backend: Backend, job: DescribedJob) -> None:
        polite = "trap 'echo saved > $HERE/end; exit' TERM; echo 1 > $HERE/begun; sleep 60 & wait"
        handle = backend.launch(job.work(polite))
        job.made("begun")
        backend.stop(handle, grace_s=20)
        assert self.settle(backend, handle).phase is Phase.EXITED
        assert job.made("end") == "saved"

    def test_stop_leaves_nothing_of_the_work(self, backend: Backend, job: DescribedJob) -> None:
        hidden = "setsid sh -c 'echo $$ > $HERE/pid; exec sleep 60' & sleep 60"
        handle = backend.launch(job.work(hidden))
        pid = int(job.made("pid"))
        if self.runner_pid(handle) is None:
            pytest.skip("the work's processes are not on this machine")
        assert alive(pid)
        backend.stop(handle, grace_s=0.2)
        self.settle(backend, handle)
        wait_until(lambda: not alive(pid))

    def test_stopping_what_is_over_is_quiet(self, backend: Backend, job: DescribedJob) -> None:
        handle = backend.launch(job.work("exit 0"))
        before = self.settle(backend, handle)
        backend.stop(handle, grace_s=0)
        backend.stop(handle, grace_s=0)
        assert backend.look(handle) == before

    def test_work_whose_runner_was_killed_is_lost_and_can_be_swept(
        self, backend: Backend, job: DescribedJob
    ) -> None:
        handle = backend.launch(job.work("echo $$ > $HERE/pid; sleep 60; true"))
        pid, runner = int(job.made("pid")), self.runner_pid(handle)
        if runner is None:
            pytest.skip("the runner is not on this machine")
        os.kill(runner, signal.SIGKILL)
        assert self.settle(backend, handle) == Seen(Phase.LOST)
        backend.stop(handle, grace_s=0)
        wait_until(lambda: not alive(pid))
        assert backend.look(handle) == Seen(Phase.LOST)

    def test_the_last_word_can_be_fetched(self, backend: Backend, job: DescribedJob) -> None:
        if not isinstance(backend, Results):
            pytest.skip("this backend fetches no results")
        handle = backend.launch(job.work("echo so it is >&2; exit 5"))
        self.settle(backend, handle)
        result = backend.result(handle)
        assert result is not None
        assert (result["status"], result["exit_code"]) == ("Failed", 5)
        assert result["error"]["message"] == "so it is"

    def test_a_place_that_cannot_start_work_says_so(
        self, backend: Backend, job: DescribedJob
    ) -> None:
        work = job.work("true")
        work.directory.parent.mkdir(exist_ok=True)
        work.directory.write_text("a file where the folder should be")
        with pytest.raises(LaunchFailed):
            backend.launch(work)
