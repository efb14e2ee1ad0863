"""Experiments in a real browser: the best of a metric, a note, renaming, archiving and back."""

import re

import pytest
from playwright.sync_api import expect

from browser import runs
from browser.conftest import Studio
from browser.runs import Logged
from zafiro.testing.live import Live

NAME = "/team/fraud model"


@pytest.fixture(scope="module")
def ids(server: Live) -> list[str]:
    wanted = [
        Logged(f"try {n}", {"lr": n}, {"auc": [0.5 + n / 10], "loss": [2.0 - n]}) for n in range(3)
    ]
    return runs.log(server, NAME, wanted)


def test_an_experiment_tells_its_best_job_and_leads_to_it(studio: Studio, ids: list[str]) -> None:
    page = studio.page("experiments")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=NAME))
    expect(row).to_contain_text("3")
    page.get_by_role("combobox", name="Best of").select_option("auc")
    expect(row.get_by_role("link", name="0.7", exact=True)).to_be_visible()
    page.get_by_role("combobox", name="Best of").select_option("loss")
    expect(page.get_by_role("combobox", name="Which is best")).to_have_value("least")
    expect(page).to_have_url(re.compile("least=true"))
    page.reload()
    row.get_by_role("link", name="0", exact=True).click()
    expect(page).to_have_title(re.compile("try 2"))


def test_an_experiment_is_noted_renamed_archived_and_brought_back(
    studio: Studio, ids: list[str]
) -> None:
    page = studio.page("experiments")
    page.get_by_role("link", name=NAME).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    expect(page.get_by_role("img", name="Last auc of 3 jobs")).to_be_visible()
    page.get_by_role("combobox", name="Metric").select_option("loss")
    expect(page.get_by_role("img", name="Last loss of 3 jobs")).to_be_visible()
    expect(page).to_have_url(re.compile("metric=loss"))

    page.get_by_role("button", name="Edit").click()
    page.get_by_role("textbox", name="Note").fill("We try <b>boosting</b>.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("We try <b>boosting</b>.")).to_be_visible()

    page.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Name of the experiment").fill(f"{NAME} 2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{NAME} 2")
    page.reload()
    expect(page.get_by_text("We try <b>boosting</b>.")).to_be_visible()

    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("button", name="Restore")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Archive")).to_be_visible()
    page.get_by_role("link", name="Compare these 3").click()
    expect(page.get_by_role("heading", name="Compare 3 jobs")).to_be_visible()
    page.goto(f"{studio.url}/studio/w/main/experiments")
    page.get_by_role("button", name=f"Archive {NAME} 2").click()
    expect(page.get_by_role("link", name=f"{NAME} 2")).to_have_count(0)
    page.get_by_role("switch", name="Archived").click()
    page.get_by_role("button", name=f"Restore {NAME} 2").click()
    page.get_by_role("switch", name="Archived").click()
    expect(page.get_by_role("link", name=f"{NAME} 2")).to_be_visible()
