import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import packed_runner
from runtime.execution_server import TOKEN, ExecutionServer
from zafiro.testing.backend_contract import BARE_RECIPE


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed_runner.build(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def environments(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.getbasetemp() / "environments"
    packed_runner.warm(archive, folder, BARE_RECIPE)
    return folder


@pytest.fixture
def server() -> Iterator[ExecutionServer]:
    server = ExecutionServer()
    yield server
    server.down()


class Node:
    """A folder of this machine in which runners are started."""

    def __init__(
        self, archive: Path, environments: Path, root: Path, server: ExecutionServer
    ) -> None:
        self.archive, self.environments, self.server = archive, environments, server
        self.work, self.artifacts = root / "work", root / "store" / "dcid.j"
        self.store = root / "store"
        self.work.mkdir(parents=True)
        self.python = sys.executable
        self.runner: subprocess.Popen[bytes] | None = None

    def describe(self, command: str, **more: Any) -> None:
        self.server.description = {
            "version": 1,
            "job": "j",
            "experiment": "Default",
            "command": command,
            "code": None,
            "inputs": {},
            "outputs": {},
            "environment": BARE_RECIPE,
            "environments": str(self.environments),
            "artifacts": str(self.artifacts),
            "variables": {},
            "timeout_s": None,
            "processes": 1,
            "distribution": None,
            **more,
        }

    def start(self, **variables: str) -> "subprocess.Popen[bytes]":
        self.runner = subprocess.Popen(
            [self.python, "-I", "-S", "-X", "utf8", str(self.archive)],
            stdin=subprocess.DEVNULL,
            stderr=(self.work / "runner.log").open("ab"),
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ["HOME"],
                "ZAFIRO_EXECUTION_URL": self.server.url,
                "ZAFIRO_JOB_TOKEN": TOKEN,
                "ZAFIRO_CA": "",
                "ZAFIRO_WORK": str(self.work),
                "ZAFIRO_JOB": f"w/{self.work}",
                **variables,
            },
            start_new_session=True,
        )
        return self.runner

    def run(self, command: str, **more: Any) -> dict[str, Any]:
        """Runs the command to its end; the last report."""
        self.describe(command, **more)
        assert self.start().wait(30) == 0
        return self.server.wait_for("ended")

    @property
    def log(self) -> str:
        return (self.artifacts / "user_logs" / "std_log.txt").read_text()

    @property
    def runner_log(self) -> str:
        return (self.work / "runner.log").read_text()

    def wait_for_log(self, text: str, within_s: float = 10) -> None:
        end = time.monotonic() + within_s
        while True:
            if (self.artifacts / "user_logs" / "std_log.txt").exists() and text in self.log:
                return
            assert time.monotonic() < end, f"{text!r} never came"
            time.sleep(0.005)


@pytest.fixture
def node(
    archive: Path, environments: Path, tmp_path: Path, server: ExecutionServer
) -> Iterator[Node]:
    node = Node(archive, environments, tmp_path / "node", server)
    yield node
    if node.runner and node.runner.poll() is None:
        node.runner.kill()
        node.runner.wait()
