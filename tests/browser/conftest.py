"""A real Chromium before a live server and the built studio. What a page logs as an error, and any
request to another machine, fails the test that opened it; a trace of it is kept then."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from browser.send import send
from zafiro.core.home import Home
from zafiro.core.secrets import Secrets
from zafiro.studio import files
from zafiro.studio import link as links
from zafiro.testing.live import Live

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TRACES = Path(os.environ.get("ZAFIRO_TRACES", ROOT / "build" / "traces"))

expect.set_options(timeout=20_000)


@dataclass
class Studio:
    """Opens pages of one server. `open` signs in on the way when the context has not yet."""

    server: Live
    browser: Browser
    url: str
    link: str
    contexts: list[BrowserContext] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def context(self, *, signed_in: bool = True, **options: Any) -> BrowserContext:
        options.setdefault("viewport", {"width": 1440, "height": 900})
        options.setdefault("locale", "en-GB")
        made = self.browser.new_context(**options)
        made.tracing.start(screenshots=True, snapshots=True)
        made.route(lambda url: not url.startswith((self.url, "data:", "blob:")), self._refuse)
        made.on("console", lambda m: self._said(m.type, m.text))
        made.on("weberror", lambda e: self.errors.append(str(e.error)))
        self.contexts.append(made)
        if signed_in:
            made.request.get(self.link)
        return made

    def page(self, path: str = "home", context: BrowserContext | None = None) -> Page:
        page = (context or self.context()).new_page()
        page.goto(f"{self.url}/studio/w/main/{path}")
        return page

    def _refuse(self, route: Any) -> None:
        self.errors.append(f"asked elsewhere: {route.request.url}")
        route.abort()

    def _said(self, kind: str, text: str) -> None:
        if kind == "error":
            self.errors.append(text)


def missing(what: str) -> None:
    if os.environ.get("ZAFIRO_CI"):
        pytest.fail(f"{what}, and CI may not skip it")
    pytest.skip(what)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Of each module: while Playwright runs, nothing else can run an event loop."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium is not installed (Debian: apt-get install chromium)")
    if not (files.BUILT / "index.html").is_file():
        missing("the studio is not built (make studio)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    outcome = yield
    setattr(item, f"report_{call.when}", outcome.get_result())


@pytest.fixture
def at(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[[Live], Studio]]:
    """at(server): its studio. Checks on leaving what its pages said."""
    made: list[Studio] = []

    def make(server: Live) -> Studio:
        home = Home(server.home)
        url = json.loads(home.state.read_text())["studio_url"]
        link = links.link(Secrets.at(home.master_key), url)
        made.append(Studio(server, chromium, url, link))
        return made[-1]

    yield make
    report = getattr(request.node, "report_call", None)
    errors = [error for one in made for error in one.errors]
    failed = bool(errors) or (report is not None and report.failed)
    for one in made:
        for n, context in enumerate(one.contexts):
            path = TRACES / f"{request.node.name}-{n}.zip"
            context.tracing.stop(path=path if failed else None)
            context.close()
    assert errors == []


@pytest.fixture
def studio(at: Callable[[Live], Studio], server: Live) -> Studio:
    return at(server)


@pytest.fixture(scope="module")
def pages(server: Live) -> list[str]:
    """The address of every page, with something on it."""
    ((broken, _),) = send(
        server,
        {
            "command": "python -c 'import nothing_here'",
            "display_name": "axe",
            "experiment_name": "axe",
        },
    )
    return [
        "home",
        "jobs",
        f"jobs/{broken}",
        f"jobs/{broken}?tab=metrics",
        f"jobs/{broken}?tab=images",
        f"jobs/{broken}?tab=outputs",
        f"jobs/{broken}?tab=code",
        f"jobs/{broken}?tab=monitoring",
        "experiments",
        "experiments/axe",
        f"compare?runs={broken}&all=true",
        "data",
        "environments",
        "environments/plain/1",
        "compute",
        "compute/cpu-cluster",
    ]


def gone(errors: list[str]) -> None:
    """Forget what a browser says of a server that was away on purpose."""
    errors[:] = [e for e in errors if "net::ERR" not in e and "Failed to load resource" not in e]
