"""Assets and computes as people look at them: flows 11, 12 (reading) and 13 of the studio."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import orchard
from browser.conftest import Studio
from browser.test_accessible import violations
from zafiro.testing import live
from zafiro.testing.live import Live


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Live, dict[str, Any]]]:
    """A server of its own: counts and versions are looked at."""
    folder = tmp_path_factory.mktemp("orchard")
    running = live.up(folder / "home")
    (folder / "files").mkdir()
    yield running, orchard.plant(running, folder / "files")
    live.down(folder / "home")


@pytest.fixture
def garden(at: Callable[[Live], Studio], grown: tuple[Live, dict[str, Any]]) -> Studio:
    return at(grown[0])


def tab(page: Page, name: str) -> None:
    parts = page.get_by_label("Parts of the page")
    parts.get_by_role("link", name=name).click()
    expect(parts.locator("[aria-current]")).to_have_text([name])


def test_an_alias_is_moved_and_put_back(garden: Studio) -> None:
    page = garden.page("models/pears/2")
    expect(page.get_by_role("heading", name="pears")).to_be_visible()
    page.keyboard.press("a")
    page.get_by_role("button", name="Move champion here").click()
    expect(page.get_by_text("@champion")).to_be_visible()
    expect(page.get_by_text("champion is at version 2")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("@champion")).to_have_count(0)
    page.goto(f"{garden.url}/studio/w/main/models")
    expect(page.get_by_role("link", name="@champion → 1")).to_be_visible()


def test_an_alias_that_somebody_moved_meanwhile_stays(garden: Studio) -> None:
    page = garden.page("models/pears/2")
    expect(page.get_by_role("heading", name="pears")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Move champion here")).to_be_visible()
    sent = {"alias": "champion", "version": "2", "was": "1"}
    alias = f"{garden.url}/studio/api/w/main/models/pears/alias"
    headers = {"x-zafiro-studio": "1"}
    assert page.context.request.post(alias, data=sent, headers=headers).ok
    page.get_by_role("button", name="Move champion here").click()
    expect(page.get_by_text("look again before moving it")).to_be_visible()
    back = {"alias": "champion", "version": "1", "was": "2"}
    assert page.context.request.post(alias, data=back, headers=headers).ok
    garden.errors[:] = [e for e in garden.errors if "409" not in e]


def test_lineage_leads_from_data_to_model_and_back(
    garden: Studio, grown: tuple[Live, dict[str, Any]]
) -> None:
    page = garden.page("data/orchard/1?tab=lineage")
    graph = page.locator("section.lineage")
    expect(graph.get_by_role("link", name=re.compile("score pears"))).to_be_visible()
    expect(graph.get_by_role("link", name=re.compile(r"train at 0\.[13]"))).to_have_count(2)
    graph.get_by_role("link", name=re.compile("pears ?:1")).click()
    expect(page).to_have_url(re.compile("/models/pears/1.tab=lineage"))
    graph.get_by_role("link", name=re.compile(r"train at 0\.1")).click()
    expect(page).to_have_url(re.compile(f"/jobs/{grown[1]['trained'][0]}.tab=lineage"))
    expect(page.get_by_role("tab", name="Lineage", selected=True)).to_be_visible()
    graph.get_by_role("link", name=re.compile("orchard ?:1")).click()
    expect(page).to_have_url(re.compile("/data/orchard/1.tab=lineage"))
    page.go_back()
    expect(page).to_have_url(re.compile("/jobs/"))


def test_lineage_is_walked_by_keyboard_and_read_as_a_list(garden: Studio) -> None:
    page = garden.page("models/pears/1?tab=lineage")
    graph = page.locator("section.lineage")
    graph.get_by_role("link", name=re.compile("pears ?:1")).focus()
    page.keyboard.press("ArrowLeft")
    expect(graph.get_by_role("link", name=re.compile("train at"))).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    expect(graph.get_by_role("link", name=re.compile("plain ?:1"))).to_be_focused()
    page.get_by_text("The same as a list").click()
    rows = page.get_by_role("table", name="Lineage").get_by_role("row")
    expect(rows).to_have_count(1 + 4)
    expect(rows.filter(has_text="trees")).to_contain_text("orchard")


def test_a_model_says_what_it_takes_and_where_it_came_from(garden: Studio) -> None:
    page = garden.page("models/pears/2")
    expect(page.get_by_role("table", name="Inputs")).to_contain_text("age optional")
    expect(page.get_by_role("table", name="Latest metrics")).to_contain_text("0.8")
    expect(page.get_by_text('mlflow.pyfunc.load_model("models:/pears/2")')).to_be_visible()
    tab(page, "Versions")
    expect(page).to_have_url(re.compile("tab=versions"))
    compared = page.get_by_role("table", name="Compare two versions")
    expect(compared.get_by_role("row", name=re.compile("accuracy"))).to_contain_text("0.6")
    expect(compared.get_by_role("row", name=re.compile("Inputs: age"))).to_be_visible()


def test_what_is_said_of_a_model_is_changed_and_put_back(garden: Studio) -> None:
    page = garden.page("models/pears/1")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Description").fill("from the north side")
    page.get_by_label("Tags, one a line").fill("owner: ana\nstate: ripe")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("table", name="Tags")).to_contain_text("ripe")
    expect(page.get_by_text("from the north side")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("No tags.")).to_be_visible()
    expect(page.get_by_text("from the north side")).to_have_count(0)
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_role("button", name="Restore", exact=True)).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(page.get_by_role("button", name="Archive", exact=True)).to_be_visible()


def test_a_table_shows_its_first_rows_and_the_spread_of_its_columns(garden: Studio) -> None:
    page = garden.page("data/orchard/1?tab=files")
    page.get_by_role("button", name=re.compile("trees.csv")).click()
    table = page.get_by_role("table", name="trees.csv")
    expect(table).to_have_attribute("aria-rowcount", str(orchard.ROWS + 1))
    head = table.get_by_role("columnheader")
    expect(head.filter(has_text="height")).to_contain_text("number")
    expect(head.filter(has_text="height")).to_contain_text("10 missing")
    expect(head.filter(has_text="planted")).to_contain_text("date")
    assert table.get_by_role("row").count() < 80  # of 500
    page.get_by_role("button", name="more").click()
    page.get_by_role("button", name=re.compile("people.jsonl")).click()
    expect(page.get_by_role("table", name="more/people.jsonl")).to_contain_text("[19, 20]")
    expect(page).to_have_url(re.compile("path=more%2Fpeople.jsonl"))


def test_a_large_file_is_shown_piece_by_piece(garden: Studio) -> None:
    page = garden.page("data/orchard/1?tab=files&path=big.json")
    text = page.get_by_role("region", name="big.json")
    expect(text.locator("pre")).to_have_count(1)
    assert len(text.locator("pre").inner_text()) <= 256 * 1024
    page.get_by_role("button", name="Show more").click()
    expect(text.locator("pre")).to_have_count(2)
    joined = "".join(text.locator("pre").all_inner_texts())
    assert '"row": 4000' in joined and "�" not in joined
    with page.expect_download() as got:
        page.get_by_role("link", name="Download big.json").click()
    assert got.value.path().stat().st_size > 10_000_000


def test_what_cannot_be_read_says_so_in_the_readers_words(garden: Studio) -> None:
    page = garden.page("data/orchard/1?tab=files&path=broken.parquet")
    expect(page.get_by_text("It cannot be read as a table:")).to_be_visible()
    expect(page.locator(".note code")).to_contain_text(re.compile("Parquet|pyarrow"))
    page.get_by_role("button", name=re.compile("notes.txt")).click()
    expect(page.get_by_text("<script>alert(1)</script> prune in March")).to_be_visible()


def test_two_versions_of_data_are_compared(garden: Studio) -> None:
    page = garden.page("data/orchard/2?tab=versions")
    expect(page.get_by_role("region", name="Definition")).to_contain_text(
        "+ description: trees and what they bear"
    )
    expect(page.get_by_label("First version")).to_have_value("1")


def test_a_broken_environment_names_the_line_and_what_changed(
    garden: Studio, grown: tuple[Live, dict[str, Any]]
) -> None:
    page = garden.page("environments")
    row = page.get_by_role("row", name=re.compile("fruit"))
    expect(row).to_contain_text("Not built yet")
    row.get_by_role("link").click()
    page.get_by_role("button", name="Build now").click()
    failure = page.locator(".failure")
    expect(failure).to_contain_text("six==99.99", timeout=60_000)
    expect(page.get_by_role("list", name="Steps")).to_contain_text("Resolve and install")
    expect(page.locator(".buildlog .wrong").first).to_be_visible()
    changes = page.get_by_role("region", name="Changed packages")
    expect(changes).to_contain_text("- six==1.16.0")
    expect(changes).to_contain_text("+ six==99.99")
    expect(changes).to_contain_text("+ idna")
    expect(page.get_by_text("Changed since version 1, the last that was built")).to_be_visible()
    orchard.mended(grown[0])
    page.goto(f"{garden.url}/studio/w/main/environments/fruit/3")
    expect(page.get_by_role("region", name="Changed packages")).to_contain_text("+ idna")
    page.get_by_role("button", name="Build now").click()
    expect(page.locator(".status.completed").first).to_contain_text("Built", timeout=60_000)
    expect(page.locator(".failure")).to_have_count(0)
    page.goto(f"{garden.url}/studio/w/main/environments")
    expect(page.get_by_role("row", name=re.compile("fruit"))).to_contain_text("Built")


def test_a_component_shows_its_ports_and_what_changed(garden: Studio) -> None:
    page = garden.page("components/press/2")
    inputs = page.get_by_role("table", name="Inputs")
    expect(inputs.get_by_role("row", name=re.compile("note"))).to_contain_text("optional")
    expect(page.get_by_role("link", name="plain:1")).to_be_visible()
    tab(page, "Versions")
    expect(page.get_by_role("region", name="Definition")).to_contain_text("default: '3.0'")


def test_an_instance_is_stopped_and_started_again(garden: Studio) -> None:
    page = garden.page("compute/desk")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("desk is stopped")).to_be_visible()
    expect(page.locator(".note")).to_contain_text("start it")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()


def test_a_cluster_is_scaled_and_back(garden: Studio) -> None:
    page = garden.page("compute/cpu-cluster")
    page.get_by_label("At most").fill("7")
    page.get_by_role("button", name="Set the nodes").click()
    expect(page.get_by_text("0 to 7 nodes")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("0 to 4 nodes")).to_be_visible()


@pytest.mark.parametrize(
    ("theme", "language", "width"), [("light", "en", 1440), ("dark", "es", 400)]
)
def test_pages_of_assets_can_be_used_by_everybody(
    garden: Studio, theme: str, language: str, width: int
) -> None:
    context = garden.context(viewport={"width": width, "height": 900})
    context.add_init_script(
        "if (location.protocol.startsWith('http')) {"
        f"localStorage.setItem('zafiro.theme', '{theme}');"
        f"localStorage.setItem('zafiro.language', '{language}')}}"
    )
    page, found = context.new_page(), {}
    for path in (
        "models",
        "models/pears/1",
        "models/pears/1?tab=lineage",
        "models/pears/2?tab=versions",
        "data/orchard/1?tab=files&path=trees.csv",
        "data/orchard/1?tab=files&path=big.json",
        "environments/fruit/1",
        "environments/fruit/2?tab=versions",
        "components/press/2",
        "components/press/2?tab=definition",
        "compute/desk",
    ):
        page.goto(f"{garden.url}/studio/w/main/{path}")
        page.locator("h1").first.wait_for()
        page.locator(".skeleton").first.wait_for(state="detached")
        if wrong := violations(page):
            found[path] = wrong
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if sideways > 0:
            found[f"{path} is wider than the window"] = [str(sideways)]
    assert not found, found
