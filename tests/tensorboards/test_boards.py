"""The life of a TensorBoard process, with the real program."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from zafiro.core.errors import Conflict
from zafiro.core.home import Home
from zafiro.tensorboards import installation
from zafiro.tensorboards.boards import Board, Boards


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installation.python(Home(tmp_path_factory.mktemp("home")))


@pytest.fixture
def started(python: Path) -> Iterator[Callable[..., Boards]]:
    made: list[Boards] = []

    def start(**given: float) -> Boards:
        made.append(Boards(lambda: python, **{"idle_s": 60, **given}))  # type: ignore[arg-type]
        return made[-1]

    yield start
    for boards in made:
        boards.close()


def _get(board: Board, path: str) -> httpx.Response:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(board.socket))) as client:
        return client.get(f"http://board{path}")


def _wait_for(true: Callable[[], bool], within_s: float = 10) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_one_that_nobody_looks_at_ends_and_is_there_again_when_asked(
    started: Callable[..., Boards],
) -> None:
    boards = started(idle_s=3)
    first = boards.open("a", {})
    assert boards.open("a", {}) is first
    folder = first.socket.parent
    _wait_for(lambda: not first.alive())
    assert boards.running("a") is None
    again = boards.open("a", {})
    assert again is not first and _get(again, "/data/runs").json() == []
    _wait_for(lambda: not folder.exists())


def test_nobody_else_on_the_machine_reaches_it_and_no_file_but_event_files_is_shown(
    started: Callable[..., Boards],
) -> None:
    board = started().open("a", {})
    assert stat.S_IMODE(board.socket.parent.stat().st_mode) == 0o700
    plugins = _get(board, "/data/plugins_listing").json()
    assert "scalars" in plugins and "projector" not in plugins


def test_the_one_looked_at_longest_ago_gives_way(started: Callable[..., Boards]) -> None:
    boards = started(most=1)
    first = boards.open("a", {})
    second = boards.open("b", {})
    _wait_for(lambda: not first.alive())
    assert second.alive()


def test_none_outlives_a_server_that_is_killed(python: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from zafiro.tensorboards.boards import Board\n"
        "board = Board(Path(sys.argv[1]), {}); print(board.pid, board.socket, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(python)], stdout=subprocess.PIPE) as it:
        assert it.stdout is not None
        pid, socket = it.stdout.readline().decode().split()
        os.kill(it.pid, signal.SIGKILL)
    _wait_for(lambda: not Path(socket).parent.exists())  # it takes its folder with it
    _wait_for(lambda: not Path(f"/proc/{pid}").exists())


def test_why_it_cannot_be_installed_is_said(tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="TensorBoard could not be installed"):
        installation.python(Home(tmp_path), ("tensorboard @ file:///nowhere/at/all.whl",))
    assert installation.python(Home(tmp_path), ("packaging",)).exists()  # the next try is a new one


def test_why_it_does_not_start_is_said(tmp_path: Path) -> None:
    bare = installation.python(Home(tmp_path), ("packaging",))
    with pytest.raises(Conflict, match="No module named 'tensorboard'"):
        Board(bare, {})
