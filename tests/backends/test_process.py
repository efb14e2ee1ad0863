from pathlib import Path

import pytest

from zafiro.backends.process import ProcessBackend
from zafiro.computes.backend import Backend, Handle
from zafiro.testing.backend_contract import BackendContract


class TestProcess(BackendContract):
    @pytest.fixture
    def backend(self, archive: Path) -> Backend:
        self.archive = archive
        return ProcessBackend(archive)

    def again(self, backend: Backend) -> Backend:
        return ProcessBackend(self.archive)

    def runner_pid(self, handle: Handle) -> int | None:
        return int(handle["pid"])
