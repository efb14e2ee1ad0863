import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from zafiro.backends.process import ProcessBackend, of_machine
from zafiro.computes.backend import Backend, Handle, LaunchFailed, Phase, Seen
from zafiro.testing.backend_contract import BackendContract, DescribedJob, alive, wait_until


class TestProcess(BackendContract):
    @pytest.fixture
    def backend(self, archive: Path) -> Backend:
        self.archive = archive
        return ProcessBackend(archive)

    def again(self, backend: Backend) -> Backend:
        return ProcessBackend(self.archive)

    def runner_pid(self, handle: Handle) -> int | None:
        return int(handle["pid"])

    def test_the_server_gets_no_child_to_wait_for(
        self, backend: Backend, job: DescribedJob
    ) -> None:
        handle = backend.launch(job.work("true"))
        parent = Path(f"/proc/{handle['pid']}/stat").read_text().rpartition(")")[2].split()[1]
        assert int(parent) != os.getpid()
        self.settle(backend, handle)

    def test_a_pid_that_was_used_again_is_not_the_work(
        self, backend: Backend, job: DescribedJob
    ) -> None:
        handle = backend.launch(job.work("echo 1 > $HERE/begun; sleep 60"))
        job.made("begun")
        for other in ({"started": int(handle["started"]) + 1}, {"boot": "another"}):
            assert backend.look({**handle, **other}) == Seen(Phase.LOST)
        backend.stop({**handle, "name": "another", "started": 1}, grace_s=0)
        assert backend.look(handle) == Seen(Phase.RUNNING)
        backend.stop(handle, grace_s=0)
        self.settle(backend, handle)

    def test_the_work_sees_nothing_of_the_servers_secrets(
        self, archive: Path, job: DescribedJob, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ZAFIRO_DATABASE", "postgresql://u:secret@host/db")
        monkeypatch.setenv("SOME_PASSWORD", "secret")
        backend = ProcessBackend(archive)
        handle = backend.launch(job.work("env > $HERE/env.tmp; mv $HERE/env.tmp $HERE/env"))
        self.settle(backend, handle)
        assert "secret" not in job.made("env") and "PATH=" in job.made("env")

    def test_a_runner_that_hangs_is_killed_when_stopped_again_after_the_grace(
        self, backend: Backend, job: DescribedJob
    ) -> None:
        handle = backend.launch(job.work("echo $$ > $HERE/pid; sleep 60; true"))
        pid = int(job.made("pid"))
        os.kill(int(handle["pid"]), signal.SIGSTOP)
        backend.stop(handle, grace_s=0)
        assert backend.look(handle) == Seen(Phase.RUNNING)
        asked = job.folder / "work" / "stop"
        os.utime(asked, (asked.stat().st_atime, asked.stat().st_mtime - 60))
        backend.stop(handle, grace_s=0)
        assert self.settle(backend, handle) == Seen(Phase.LOST)
        wait_until(lambda: not alive(pid))

    def test_a_runner_that_cannot_start_says_why(self, job: DescribedJob, tmp_path: Path) -> None:
        with pytest.raises(LaunchFailed, match=r"nothing\.pyz"):
            ProcessBackend(tmp_path / "nothing.pyz").launch(job.work("true"))


def test_only_what_describes_the_machine_is_handed_on() -> None:
    given = {"PATH": "/bin", "LC_ALL": "C", "PIP_CERT": "c", "AWS_SECRET_ACCESS_KEY": "s"}
    assert of_machine(given) == {"PATH": "/bin", "LC_ALL": "C", "PIP_CERT": "c"}


_SERVER = """
import json, os, pathlib, signal, sys
from zafiro.backends.process import ProcessBackend
from zafiro.computes.backend import Work
archive, name, variables, directory, noted = sys.argv[1:]
work = Work(name, json.loads(variables), pathlib.Path(directory))
handle = ProcessBackend(pathlib.Path(archive)).launch(work)
pathlib.Path(noted).write_text(json.dumps(handle))
os.killpg(0, signal.SIGKILL)
"""


def test_work_outlives_a_server_that_is_killed(
    archive: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    job = DescribedJob(tmp_path, tmp_path_factory.getbasetemp() / "environments")
    work = job.work("echo 1 > $HERE/begun; until [ -e $HERE/go ]; do sleep 0.01; done; exit 9")
    noted, variables = tmp_path / "handle", json.dumps(work.variables)
    server = subprocess.run(
        [sys.executable, "-c", _SERVER, archive, work.name, variables, work.directory, noted],
        start_new_session=True,
        check=False,
    )
    assert server.returncode == -signal.SIGKILL
    handle, backend = json.loads(noted.read_text()), ProcessBackend(archive)
    job.made("begun")
    assert backend.look(handle) == Seen(Phase.RUNNING)
    (tmp_path / "go").touch()
    wait_until(lambda: backend.look(handle) == Seen(Phase.EXITED, 9))
    wait_until(lambda: job.reports[-1]["phase"] == "ended")
    job.close()
