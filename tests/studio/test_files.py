"""What a run left, shown: pictures, tables, text, pages; and the code it was sent with."""

import json
from pathlib import Path

import pytest

from studio_room import API, Room
from zafiro.core.errors import Invalid
from zafiro.studio import pictures, tabling
from zafiro.tracking import artifacts
from zafiro.tracking import service as tracking


@pytest.fixture(scope="module")
def folder(room: Room) -> Path:
    """Where the artifacts of run_05 lie."""
    with room.made.ctx.db.read() as db:
        run = tracking.get_run(db, room.main.guid, "run_05")
    made = artifacts.place(room.made.ctx.home, room.main, artifacts.folder_of(run))
    made.mkdir(parents=True, exist_ok=True)
    return made


def test_pictures_are_series_over_steps() -> None:
    name = "images/val~sample+step+{}+timestamp+{}+{}"
    paths = [
        (name + ".png").format(20, 5, "b-2"),
        (name + "+compressed.webp").format(20, 5, "b-2"),
        (name + ".png").format(3, 4, "a-1"),
        "images/old#key%step%1%timestamp%9%u.png",
        "figures/roc.png",
        "samples/epoch_10.png",
        "samples/epoch_9.png",
        "model/weights.bin",
    ]
    found = {one.key: one.frames for one in pictures.series(paths)}
    assert list(found) == ["figures/roc.png", "old/key", "samples/epoch_*.png", "val/sample"]
    first, second = found["val/sample"]
    assert (first.step, second.step) == (3, 20)
    assert second.path.endswith("b-2.png") and str(second.small).endswith("compressed.webp")
    assert [f.step for f in found["samples/epoch_*.png"]] == [9, 10]


def test_a_runs_pictures_are_listed(room: Room, folder: Path) -> None:
    (folder / "images").mkdir(exist_ok=True)
    (folder / "images/a+step+0+timestamp+1+u.png").write_bytes(b"")
    found = room.browser.get(f"{API}/jobs/run_05/images").json()
    assert [one["key"] for one in found["series"]] == ["a"] and found["more"] is False


@pytest.mark.parametrize(
    ("name", "text", "columns", "first", "total"),
    [
        ("a.csv", 'x,y\r\n1,"a,b"\r\n2,c\r\n', ["x", "y"], ["1", "a,b"], 2),
        ("b.csv", "x;y\n1;2\n", ["x", "y"], ["1", "2"], 1),
        ("c.tsv", "x\ty\n1\t2\n", ["x", "y"], ["1", "2"], 1),
        ("d.jsonl", '{"a": 1}\n\n{"b": [2]}\n', ["a", "b"], [1, None], 2),
        ("e.json", '{"columns": ["q", "n"], "data": [["hi", 2], ["ho", null]]}', ["q", "n"], ["hi", 2], 2),
        ("f.json", '[{"a": 1}, {"b": {"c": 2}}]', ["a", "b"], [1, None], 2),
        ("g.json", '{"a": [1, 2], "b": [3]}', ["a", "b"], [1, 3], 2),
    ],
)  # fmt: skip
def test_a_table_is_read(
    tmp_path: Path, name: str, text: str, columns: list[str], first: list[object], total: int
) -> None:
    (tmp_path / name).write_bytes(text.encode())
    found = tabling.table(tmp_path / name, 0, 100)
    assert (found.columns, found.rows[0], found.total) == (columns, first, total)
    assert tabling.table(tmp_path / name, total, 100).rows == []


def test_what_azures_client_logs_is_a_table(tmp_path: Path) -> None:
    place = tmp_path / "m.json"
    matrix = {"class_labels": ["cat", "dog"], "matrix": [[3, 1], [0, 4]]}
    place.write_text(json.dumps({"schema_type": "confusion_matrix", "data": matrix}))
    found = tabling.table(place, 0, 10)
    assert found.kind == "confusion_matrix"
    assert (found.columns, found.rows) == (["", "cat", "dog"], [["cat", 3, 1], ["dog", 0, 4]])
    data = {
        "probability_tables": [[[82, 118, 0, 0], [75, 31, 87, 7]]],
        "probability_thresholds": [0.0, 0.25],
        "class_labels": ["0"],
    }
    place.write_text(json.dumps({"schema_type": "accuracy_table", "data": data}))
    rows = tabling.table(place, 0, 10).rows
    assert rows[1][:6] == ["0", 0.25, 75, 31, 87, 7] and rows[1][7] == 75 / 82


def test_what_is_no_table_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"lr": 0.1}')
    assert tabling.table(tmp_path / "a.json", 0, 10).kind is None
    (tmp_path / "b.json").write_text("{not json")
    with pytest.raises(Invalid, match=r"no readable JSON"):
        tabling.table(tmp_path / "b.json", 0, 10)


def test_long_text_comes_in_parts_that_cut_no_letter(room: Room, folder: Path) -> None:
    text = "añ€🦔" * 60_000
    (folder / "long.txt").write_text(text)
    found, at, parts = "", 0, 0
    while at is not None:
        answer = room.browser.get(f"{API}/jobs/run_05/text?path=long.txt&first={at}").json()
        found, at, parts = found + answer["text"], answer["next"], parts + 1
    assert found == text and parts == 3


def test_json_of_one_long_line_is_indented(room: Room, folder: Path) -> None:
    (folder / "big.json").write_text(json.dumps({"a": list(range(400_000))}))
    answer = room.browser.get(f"{API}/jobs/run_05/text?path=big.json&pretty=true").json()
    assert answer["text"].startswith('{\n  "a": [\n    0,\n') and answer["next"] == 256 * 1024
    assert answer["size_bytes"] == (folder / "big.json").stat().st_size


def test_html_of_a_user_runs_where_it_reaches_nothing(room: Room, folder: Path) -> None:
    (folder / "report.html").write_text("<script>fetch('/studio/api/session')</script>")
    page = room.browser.get(f"{API}/jobs/run_05/raw?path=report.html&page=true")
    policy = page.headers["content-security-policy"]
    assert page.headers["content-type"].startswith("text/html")
    assert "sandbox allow-scripts;" in policy and "allow-same-origin" not in policy
    assert "connect-src" not in policy and "default-src 'none'" in policy
    saved = room.browser.get(f"{API}/jobs/run_05/raw?path=report.html")
    assert saved.headers["content-disposition"].startswith("attachment")


def test_no_path_leads_out_of_a_runs_files(room: Room, folder: Path) -> None:
    for what in ("text", "raw", "table", "log"):
        for path in ("../run_06/x", "/etc/passwd", "%2e%2e/x", "..%252fx"):
            answer = room.browser.get(f"{API}/jobs/run_05/{what}", params={"path": path})
            assert answer.status_code in (400, 404), (what, path)


def test_a_run_that_is_no_job_says_what_ran(room: Room) -> None:
    found = room.browser.get(f"{API}/jobs/run_05/code").json()
    assert (found["why"], found["files"]) == ("run", [])
    answer = room.browser.get(f"{API}/jobs/run_05/code/text?path=train.py")
    assert answer.status_code == 404


def test_a_stranger_sees_nothing_of_it(room: Room) -> None:
    for path in ("images", "code", "table?path=a.csv", "text?path=a", "raw?path=a&page=true"):
        assert room.stranger.get(f"{API}/jobs/run_05/{path}").status_code == 401, path
