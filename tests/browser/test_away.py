"""The line to the server is lost and found again."""

import re
import socket
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from browser.conftest import Studio, gone
from browser.send import send
from zafiro.testing import live
from zafiro.testing.live import Live


def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        number: int = one.getsockname()[1]
        return number


def test_pages_catch_up_after_a_restart_and_tabs_share_one_stream(
    at: Callable[[Live], Studio], tmp_path: Path
) -> None:
    home, port, settings = tmp_path / "home", free(), {"studio_port": str(free())}
    running = live.up(home, port=port, settings=settings)
    try:
        studio = at(running)
        page = studio.page("jobs")
        expect(page.get_by_role("status").get_by_text("Live")).to_be_visible()
        second = studio.page("home", page.context)
        expect(second.get_by_role("status").get_by_text("Live")).to_be_visible()
        live.down(home)
        expect(page.get_by_text("Away: asking every 10 s")).to_be_visible()
        expect(second.get_by_text("Away: asking every 10 s")).to_be_visible()
        again = live.up(home, port=port, settings=settings)
        send(again, {"command": "echo here", "display_name": "meanwhile"})
        expect(page.get_by_role("status").get_by_text("Live")).to_be_visible()
        expect(page.get_by_role("link", name="meanwhile")).to_be_visible()
        expect(second.get_by_role("link", name="meanwhile")).to_be_visible()
        expect(page.get_by_role("row", name=re.compile("meanwhile"))).to_contain_text(
            "Completed", timeout=60_000
        )
        gone(studio.errors)
    finally:
        live.down(home)
