"""One live server for all client tests; the databases for slice tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from zafiro.testing import live
from zafiro.testing.live import Live


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    home = tmp_path_factory.mktemp("zafiro") / "home"
    running = live.up(home)
    yield running
    live.down(home)


@pytest.fixture(scope="session")
def pointed(server: Live) -> Iterator[Live]:
    """The same, with this process's environment pointing at it as `zafiro env` would."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update({**live.clean(kept), **server.variables})
    os.environ["HOME"] = str(Path(server.home).parent)
    yield server
    os.environ.clear()
    os.environ.update(kept)
