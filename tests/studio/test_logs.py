"""Windows into logs, while they grow."""

import time
from pathlib import Path

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


def test_a_million_lines_cost_little_once_indexed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"".join(b"%d: some text of a log\n" % n for n in range(1_000_000)))
    lines = Lines()
    lines.part(log, 1, 1)
    began = time.process_time()
    for first in range(1, 1_000_000, 50_000):
        assert lines.part(log, first, 500).text[0].startswith(f"{first - 1}:")
    assert time.process_time() - began < 1.0  # 20 jumps; about 10 ms here
