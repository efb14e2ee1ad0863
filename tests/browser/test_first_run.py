"""Somebody who has just started the server and opened its link."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from browser.conftest import Studio
from zafiro.testing import live
from zafiro.testing.live import Live


def test_the_sample_job_runs_to_its_end_without_a_reload(
    at: Callable[[Live], Studio], tmp_path: Path
) -> None:
    server = live.up(tmp_path / "home")
    try:
        studio = at(server)
        page = studio.page("home")
        expect(page.get_by_role("heading", name="No jobs yet")).to_be_visible()
        page.get_by_role("button", name="Run a sample job").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("pi by darts")
        expect(page.locator(".job-head .status")).to_have_text(
            re.compile("Completed"), timeout=60_000
        )
        page.get_by_role("tab", name="Metrics (2)").click()
        expect(page.locator('[data-metric="pi"] canvas')).to_be_visible()
        expect(page.locator('[data-metric="pi"] footer')).to_contain_text("40 points")
        page.get_by_role("link", name="Home").click()
        expect(page.get_by_role("link", name="pi by darts")).to_be_visible()
    finally:
        live.down(server.home)
