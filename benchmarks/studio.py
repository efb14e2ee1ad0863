"""The studio beside `mlflow server`'s own page, over the same runs in the same Chromium.

    python benchmarks/studio.py [--runs 5000] [--rounds 5] [--compared 10]

Both servers are started on SQLite and given the same runs through MLflow's REST API: 10 parameters
and one metric of 20 points each. Then, round by round and server by server, a fresh browser context
opens (1) the list of runs, until the name of the newest one is on the screen, and (2) the
comparison of the newest 10 in parallel coordinates, until they are drawn; and each once more in the
same context ("again": scripts come from the browser's cache). Medians, and the bytes a first visit
takes. Needs Debian's chromium; takes about four minutes, most of them filling the peer.
"""

import argparse
import json
import shutil
import ssl
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

sys.path.insert(0, str(Path(__file__).parent))
from tracking_servers import OURS, PEER, serving

from zafiro.core.home import Home
from zafiro.core.secrets import Secrets
from zafiro.studio import link as links
from zafiro.testing import live

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
EXPERIMENT = "beside"
PARAMS, POINTS = 10, 20
WAIT_MS = 90_000
LIST, COMPARE = "runs list, first useful row", "compared chart of {n} runs"


@dataclass
class Site:
    """A server's page. names: run names by id, oldest first; link: signs in, "" where nobody asks.
    took: {(page, visit): [seconds]}; weight: {page: (requests, bytes)} of a first visit."""

    name: str
    url: str
    link: str = ""
    experiment: str = ""
    ids: list[str] = field(default_factory=list)
    took: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    weight: dict[str, tuple[int, int]] = field(default_factory=dict)

    def list_page(self) -> str:
        if self.name == OURS:
            return f"{self.url}/studio/w/main/jobs"
        return f"{self.url}/#/experiments/{self.experiment}/runs"

    def compare_page(self, runs: list[str]) -> str:
        if self.name == OURS:
            return f"{self.url}/studio/w/main/compare?runs={','.join(runs)}&tab=parallel"
        asked = {"runs": runs, "experiments": [self.experiment]}
        query = "&".join(f"{k}={quote(json.dumps(v))}" for k, v in asked.items())
        return f"{self.url}/#/compare-runs?{query}"

    def drawn(self) -> str:
        """Is there when the parallel coordinates are: ours says so itself, Plotly makes an SVG
        group for each axis once its canvas is drawn."""
        if self.name == OURS:
            return "[data-testid=parallel][data-drawn-ms] canvas"
        return ".js-plotly-plot .parcoords .y-axis >> nth=0"


def fill(site: Site, post: Callable[[str, dict[str, Any]], dict[str, Any]], runs: int) -> None:
    """The same runs for each server, over 4 connections, oldest first."""
    site.experiment = post("experiments/create", {"name": EXPERIMENT})["experiment_id"]
    at = int(time.time() * 1000) - runs * 1000

    def one(n: int) -> str:
        began = at + n * 1000
        asked = {"experiment_id": site.experiment, "run_name": named(n), "start_time": began}
        id: str = post("runs/create", asked)["run"]["info"]["run_id"]
        params = [{"key": f"p{k}", "value": str((n * (k + 3)) % 17 / 10)} for k in range(PARAMS)]
        points = [
            {"key": "loss", "value": 1 / (1 + n % 50 + k), "timestamp": began + k * 10, "step": k}
            for k in range(POINTS)
        ]
        post("runs/log-batch", {"run_id": id, "params": params, "metrics": points})
        return id

    with ThreadPoolExecutor(4) as pool:
        # The newest is made last: a list in the order of creation begins with it on both.
        site.ids = [*pool.map(one, range(runs - 1)), one(runs - 1)]


def named(n: int) -> str:
    return f"brave-{n:05}"


def client(base: str, **options: Any) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    limits = httpx.Limits(max_connections=4)
    session = httpx.Client(timeout=120, limits=limits, **options)

    def post(verb: str, body: dict[str, Any]) -> dict[str, Any]:
        for attempt in range(5):
            try:
                answer = session.post(f"{base}/api/2.0/mlflow/{verb}", json=body)
                answer.raise_for_status()
                found: dict[str, Any] = answer.json()
                return found
            except (httpx.TransportError, httpx.HTTPStatusError):
                # The peer's workers are restarted when a loaded machine delays them.
                if attempt == 4:
                    raise
                time.sleep(0.2 * 2**attempt)
        raise AssertionError("unreachable")

    return post


def visit(site: Site, context: BrowserContext, what: str, url: str, there: str, kind: str) -> None:
    page = context.new_page()
    seen: list[int] = []
    if kind == "first":
        page.on("response", lambda answer: seen.append(_size(answer)))
    began = time.perf_counter()
    try:
        page.goto(url, wait_until="commit", timeout=WAIT_MS)
        page.locator(there).first.wait_for(timeout=WAIT_MS)
        site.took.setdefault((what, kind), []).append(time.perf_counter() - began)
    except BrowserError as e:
        print(f"  {site.name}: {what}: {str(e).splitlines()[0]}", file=sys.stderr, flush=True)
        _picture(page, site, what)
    if seen and what not in site.weight:
        site.weight[what] = (len(seen), sum(seen))
    page.close()


def _size(answer: Any) -> int:
    """What came over the wire, as far as the browser tells."""
    try:
        return int(answer.headers.get("content-length", 0))
    except (BrowserError, ValueError):
        return 0


def _picture(page: Page, site: Site, what: str) -> None:
    place = Path(tempfile.gettempdir()) / f"studio-{site.name.split()[0]}-{what.split()[0]}.png"
    try:
        page.screenshot(path=place)
        print(f"  what it showed: {place}", file=sys.stderr)
    except BrowserError:
        pass


def measure(browser: Browser, site: Site, compared: int) -> None:
    """One round: a context that has seen nothing, then the same again. What would leave the
    machine is refused, on both alike."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.route(lambda url: not url.startswith((site.url, "data:", "blob:")), _refuse)
    if site.link:
        context.request.get(site.link)
    newest = f"text={named(len(site.ids) - 1)}"
    runs = site.ids[-compared:]
    for kind in ("first", "again"):
        visit(site, context, LIST, site.list_page(), newest, kind)
    context.close()
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.route(lambda url: not url.startswith((site.url, "data:", "blob:")), _refuse)
    if site.link:
        context.request.get(site.link)
    for kind in ("first", "again"):
        visit(site, context, COMPARE, site.compare_page(runs), site.drawn(), kind)
    context.close()


def _refuse(route: Any) -> None:
    route.abort()


def table(ours: Site, peer: Site, runs: int, compared: int) -> str:
    lines = [
        f"| {runs:,} runs, SQLite; seconds | zafiro | mlflow server | ratio |",
        "|---|---|---|---|",
    ]
    for what in (LIST, COMPARE):
        for kind in ("first", "again"):
            mine, theirs = (_median(site.took.get((what, kind), [])) for site in (ours, peer))
            ratio = f"{theirs / mine:.1f}x" if mine and theirs else "-"
            name = f"{what.format(n=compared)}, {kind} visit"
            lines.append(f"| {name} | {_said(mine)} | {_said(theirs)} | {ratio} |")
    for what in (LIST, COMPARE):
        mine, theirs = (
            f"{count} / {size / 1000:,.0f} KB" if size else "-"
            for count, size in (site.weight.get(what, (0, 0)) for site in (ours, peer))
        )
        lines.append(f"| {what.format(n=compared)}: requests / bytes | {mine} | {theirs} | |")
    return "\n".join(lines)


def _median(took: list[float]) -> float | None:
    return statistics.median(took) if took else None


def _said(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--compared", type=int, default=10)
    given = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("Chromium is not installed (Debian: apt-get install chromium)", file=sys.stderr)
        return 1
    folder = Path(tempfile.mkdtemp(prefix="zafiro-studio-"))
    home, beside = folder / "home", folder / "mlflow"
    beside.mkdir()
    zafiro = live.up(home)
    try:
        said = Home(home)
        url = json.loads(said.state.read_text())["studio_url"]
        ours = Site(OURS, url, links.link(Secrets.at(said.master_key), url))
        trust = ssl.create_default_context(cafile=zafiro.variables["SSL_CERT_FILE"])
        auth = ("admin", zafiro.variables["MLFLOW_TRACKING_PASSWORD"])
        with serving(PEER, f"sqlite:///{beside}/mlflow.db", beside) as server:
            peer = Site(PEER, f"http://127.0.0.1:{server.port}")
            tracking = zafiro.variables["MLFLOW_TRACKING_URI"]
            for site, post in (
                (ours, client(tracking, auth=auth, verify=trust)),
                (peer, client(peer.url)),
            ):
                began = time.perf_counter()
                fill(site, post, given.runs)
                took = time.perf_counter() - began
                print(f"  {site.name} took {given.runs:,} runs in {took:.0f} s", flush=True)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
                for _ in range(given.rounds):
                    for site in (ours, peer):
                        measure(browser, site, given.compared)
                browser.close()
        print(table(ours, peer, given.runs, given.compared))
        return 0 if ours.took and peer.took else 1
    finally:
        live.down(home)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
