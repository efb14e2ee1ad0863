from pathlib import Path

import pytest

import packed_runner


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return packed_runner.build(tmp_path_factory.mktemp("home"))
