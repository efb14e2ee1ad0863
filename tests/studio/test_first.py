"""What a browser gets first."""

import json
import re
from pathlib import Path

import pytest

from studio_room import API, Room
from zafiro.studio import files, first
from zafiro.tracking import service as tracking

ROOT = Path(__file__).parents[2]
ASKS = {"accept-encoding": "identity"}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build as Vite writes one, of three scripts."""
    (tmp_path / "index.html").write_text(
        '<html><head><script src="/studio/assets/index.js"></script></head><body></body></html>'
    )
    manifest = {
        "src/home/Home.tsx": {"file": "assets/Home.js", "imports": ["index.html", "_rows.js"]},
        "_rows.js": {"file": "assets/rows.js", "css": ["assets/rows.css"]},
        "index.html": {"file": "assets/index.js"},
        "src/i18n/en.json": {"file": "assets/en.js"},
        "src/i18n/es.json": {"file": "assets/es.js"},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.setattr(files, "BUILT", tmp_path)
    first._parts.cache_clear()
    return tmp_path


def answers(html: str) -> list[tuple[list[str], dict[str, object]]]:
    found = re.search(r'<script type="application/json" id="first">(.*)</script></body>', html)
    return [] if found is None else [(key, answer) for key, answer in json.loads(found[1])]


def test_the_page_comes_with_what_its_first_screen_asks(room: Room, built: Path) -> None:
    html = room.browser.get("/studio/w/main/home").text
    said = {key[0]: answer for key, answer in answers(html)}
    assert said["session"] == room.browser.get("/studio/api/session").json()
    assert said["home"] == room.browser.get(f"{API}/home").json()
    other = answers(room.browser.get("/studio/w/main/models").text)
    assert [key for key, _ in other] == [["session"]]


def test_a_page_names_the_scripts_its_address_needs(room: Room, built: Path) -> None:
    html = room.browser.get("/studio/w/main/home", headers=ASKS).text
    links = re.findall(r'<link rel="(\w+)"[^>]* href="([^"]+)"', html)
    assert links == [
        ("modulepreload", "/studio/assets/en.js"),
        ("modulepreload", "/studio/assets/Home.js"),
        ("modulepreload", "/studio/assets/rows.js"),
        ("preload", "/studio/assets/rows.css"),
    ]
    spanish = room.browser.get("/studio/w/main/home", headers={"accept-language": "es-ES"}).text
    assert "es.js" in spanish and "en.js" not in spanish
    assert "Home.js" not in room.browser.get("/studio/w/main/jobs").text


def test_a_stranger_gets_the_page_and_nothing_of_the_workspace(room: Room, built: Path) -> None:
    answer = room.stranger.get("/studio/w/main/home")
    assert answer.status_code == 200 and answers(answer.text) == []
    assert "set-cookie" not in answer.headers and "brave" not in answer.text


def test_a_workspace_that_is_not_there_leaves_the_answer_to_the_page(
    room: Room, built: Path
) -> None:
    answer = room.browser.get("/studio/w/nowhere/home")
    assert answer.status_code == 200 and answers(answer.text) == []


def test_a_name_cannot_end_the_script_it_stands_in(room: Room, built: Path) -> None:
    with room.made.ctx.db.begin() as db:
        tracking.update_run(
            db, room.main.guid, "run_24", display_name="</script><script>alert(1)</script>"
        )
    html = room.browser.get("/studio/w/main/home").text
    assert html.count("<script") == 2 and "alert(1)" in html
    with room.made.ctx.db.begin() as db:
        tracking.update_run(db, room.main.guid, "run_24", display_name="brave 24")


def test_the_page_is_packed_and_kept_by_nobody(room: Room, built: Path) -> None:
    answer = room.browser.get("/studio/w/main/home", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "no-store" and answer.text.endswith("</html>")


@pytest.mark.parametrize("entry", [entry for _, entry in first._PAGES])
def test_every_page_that_is_named_is_there(entry: str) -> None:
    assert (ROOT / "studio" / entry).is_file()
