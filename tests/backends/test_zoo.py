from pathlib import Path

import pytest

from zafiro.computes.backend import Backend, LaunchFailed, Phase, Work
from zafiro.testing import zoo

P, R, E, L = Phase.PENDING, Phase.RUNNING, Phase.EXITED, Phase.LOST


@pytest.mark.parametrize(
    ("kind", "phases"),
    [
        (zoo.Never, [P, P, P, P]),
        (zoo.Slow, [P, P, P, R, R, R, E, E]),
        (zoo.Lost, [R, L, L]),
        (zoo.Deaf, [R, R, R, R]),
    ],
)
def test_each_goes_wrong_in_its_own_way_across_restarts(
    kind: type[zoo.Never], phases: list[Phase], tmp_path: Path
) -> None:
    first: Backend = kind()
    handle = first.launch(Work("w/j", {}, tmp_path / "work"))
    assert [kind().look(handle).phase for _ in phases] == phases


def test_the_deaf_one_hears_at_last(tmp_path: Path) -> None:
    backend = zoo.Deaf(stops=1)
    handle = backend.launch(Work("w/j", {}, tmp_path))
    backend.stop(handle, grace_s=1)
    assert backend.look(handle).phase is R
    backend.stop(handle, grace_s=1)
    assert backend.look(handle).phase is L


def test_the_full_one_has_room_later(tmp_path: Path) -> None:
    backend, work = zoo.Full(), Work("w/j", {}, tmp_path)
    with pytest.raises(LaunchFailed):
        backend.launch(work)
    assert backend.look(backend.launch(work)).phase is P
