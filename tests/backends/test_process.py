import os
import signal
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
