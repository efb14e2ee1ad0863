"""The log of a job: while it is written, of any length, searched on the server."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from browser.conftest import Studio
from browser.send import send
from conftest import Say
from zafiro.testing.live import Live

LINES = 1_000_000


@pytest.fixture(scope="module")
def long(server: Live) -> str:
    """A run whose log has a million lines, written where its job would have."""
    ((name, _),) = send(server, {"command": "echo short", "display_name": "long log"})
    end = time.monotonic() + 60
    while not (found := list(server.home.glob(f"storage/*/azureml/ExperimentRun/dcid.{name}"))):
        assert time.monotonic() < end, "the job never wrote a log"
        time.sleep(0.1)
    log = found[0] / "outputs" / "long.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    red, plain = "\x1b[1;31m", "\x1b[0m"
    with log.open("w") as file:
        for n in range(1, LINES + 1):
            if n % 250_000 == 0:
                file.write(f"{red}ERROR{plain} the {n}th\n")
            else:
                file.write(f"12:00:{n % 60:02} step {n} loss={n % 97 / 97:.4f}\n")
    return name


def first_line(studio: Studio, page: Any, path: str) -> float:
    """ms from the click on a file to its first line."""
    page.evaluate("""() => {
      window.shown = new Promise(done => {
        let began = 0;
        addEventListener('click', e => { began = began || e.timeStamp; }, true);
        const look = () => {
          const line = document.querySelector('.log-line span span');
          if (began && line && line.textContent.includes('step 1 ')) done(performance.now() - began);
          else requestAnimationFrame(look);
        };
        look();
      });
    }""")
    page.get_by_role("button", name=re.compile(path)).click()
    took: float = page.evaluate("window.shown")
    return took


def test_a_million_lines_open_at_once_and_are_searched_on_the_server(
    studio: Studio, long: str, say: Say
) -> None:
    page = studio.page(f"jobs/{long}?tab=outputs")
    expect(page.locator(".job-head .status")).to_have_text(re.compile("Completed"))
    took = first_line(studio, page, "long.log")
    expect(page.get_by_test_id("log-size")).to_contain_text("1,000,000 lines")
    assert page.locator(".log-line").count() < 120
    box = page.get_by_role("log", name="outputs/long.log")
    box.focus()
    page.keyboard.press("End")
    expect(box).to_contain_text("ERROR the 1000000th")
    expect(box.locator(".ansi-red.bold").last).to_have_text("ERROR")
    search = page.get_by_role("searchbox", name="Search the whole log")
    search.fill("error")
    page.keyboard.press("Enter")
    expect(page.locator(".log-line.on")).to_contain_text("the 250000th")
    spent = page.evaluate(
        "performance.getEntriesByType('resource').findLast(e => e.name.includes('log/search')).duration"
    )
    page.get_by_role("button", name="Next hit").click()
    expect(page.locator(".log-line.on")).to_contain_text("the 500000th")
    expect(page).to_have_url(re.compile("line=500000"))
    search.fill("step 99999")  # 11 hits, and then of 200 each
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="1 of 11")).to_be_visible()
    search.fill("loss=0.5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="1 of 200+")).to_be_visible()
    say(f"a million lines: first line {took:.0f} ms after the click (100)")
    say(f"a million lines: searched in {spent:.0f} ms (300)")
    assert took <= 1000 and spent <= 3000
    page.goto(
        f"{studio.url}/studio/w/main/jobs/{long}?tab=outputs&log=outputs/long.log&line=777777"
    )
    expect(page.locator(".log-line.on")).to_contain_text("step 777777")


def test_a_log_is_followed_paused_and_caught_up_with(
    studio: Studio, server: Live, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    command = (
        f"for n in $(seq 1 300); do echo early $n; done; until [ -e {go} ]; do sleep 0.1; done;"
        " for n in $(seq 1 300); do echo late $n; done"
    )
    ((name, _),) = send(server, {"command": command, "display_name": "tailed"})
    page = studio.page(f"jobs/{name}?tab=outputs")
    box = page.locator(".log-lines")
    expect(box).to_contain_text("early 300")
    follow = page.get_by_role("switch", name="Follow")
    expect(follow).to_be_checked()
    box.hover()
    page.mouse.wheel(0, -4000)
    expect(follow).not_to_be_checked()
    before = box.evaluate("e => e.scrollTop")
    go.touch()
    expect(page.get_by_test_id("log-size")).to_contain_text(re.compile("6[0-9][0-9] lines"))
    assert box.evaluate("e => e.scrollTop") == before  # who reads is left where they read
    follow.click()
    expect(box).to_contain_text("late 300")
