"""Windows into logs, while they grow."""

import random
import time
from pathlib import Path

import pytest

from zafiro.studio.logs import Lines


def test_any_line_of_a_long_log_is_found(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {n}\n" for n in range(1, 250_001)))
    lines = Lines()
    part = lines.part(log, 123_456, 3)
    assert part.lines == 250_000
    assert part.text == ["line 123456", "line 123457", "line 123458"]
    assert lines.part(log, -2, 10).text == ["line 249999", "line 250000"]
    assert lines.part(log, 250_001, 10).text == []


def test_what_is_written_later_is_seen(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"one\ntw")
    lines = Lines()
    assert lines.part(log, 1, 10).text == ["one", "tw"]
    with log.open("ab") as more:
        more.write(b"o\nthree\n")
    part = lines.part(log, 1, 10)
    assert (part.lines, part.text) == (3, ["one", "two", "three"])


def test_a_log_that_was_begun_anew_is_read_anew(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("a\nb\nc\n")
    lines = Lines()
    assert lines.part(log, 1, 10).lines == 3
    log.write_text("x\n")
    assert lines.part(log, 1, 10).text == ["x"]


def test_a_progress_bar_is_its_last_state(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"10%\r50%\r100%\ndone\r\n\xff\n")
    assert Lines().part(log, 1, 10).text == ["100%", "done", "�"]


def test_search_goes_on_where_it_stopped(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"{'ERROR' if n % 100 == 0 else 'ok'} {n}\n" for n in range(1, 5001)))
    lines = Lines()
    hits, more = lines.search(log, "error", first=1, limit=30)
    assert [n for n, _ in hits] == [n * 100 for n in range(1, 31)] and more == 3100
    hits, more = lines.search(log, "error", first=3100, limit=30)
    assert [n for n, _ in hits] == [n * 100 for n in range(31, 51)] and more is None


@pytest.mark.parametrize("ended", [True, False])
def test_every_line_and_every_hit_is_where_it_stands(tmp_path: Path, ended: bool) -> None:
    dice = random.Random(3)
    wanted = [
        f"{n} " + "x" * dice.choice((0, 3, 80, 70_000)) + ("NeedLE" if n % 7 == 0 else "")
        for n in range(600)
    ]
    log, lines = tmp_path / "log", Lines()
    whole = "\n".join(wanted) + ("\n" if ended else "")
    for part in (100_000, 1_000_001, len(whole)):  # seen while it grew
        log.write_bytes(whole[:part].encode())
        lines.part(log, 1, 1)
    assert lines.part(log, 1, 1).lines == 600
    for first in (1, 2, 3, *dice.sample(range(4, 600), 60), 600):
        found = lines.part(log, first, 2)
        assert found.text == [one[:20_000] for one in wanted[first - 1 : first + 1]], first
    hits, more = lines.search(log, "needle", first=100, limit=1000)
    assert [n for n, _ in hits] == [n + 1 for n in range(600) if n % 7 == 0 and n >= 99]
    assert more is None
    assert lines.search(log, "needle", first=601, limit=9) == ([], None)
    assert lines.search(log, "599 ", first=600, limit=9)[0][0][0] == 600


def test_a_million_lines_cost_little_once_indexed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"".join(b"%d: some text of a log\n" % n for n in range(1_000_000)))
    lines = Lines()
    lines.part(log, 1, 1)
    began = time.process_time()
    for first in range(1, 1_000_000, 50_000):
        assert lines.part(log, first, 500).text[0].startswith(f"{first - 1}:")
    assert time.process_time() - began < 1.0  # 20 jumps; about 10 ms here
    began = time.process_time()
    assert Lines().part(log, 1, 1).lines == 1_000_000
    assert lines.search(log, "nowhere in it", first=1, limit=10) == ([], None)
    assert time.process_time() - began < 1.0  # about 100 ms here
