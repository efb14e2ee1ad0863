"""Budgets: what a first visit loads, how soon it is ready, and that length does not matter.

Figures stand at the end of the output, CI's too. Sizes are exact, so they fail above the budget;
times depend on what else the machine does, so they fail at ten times theirs.
"""

import gzip
import json
import re
import sqlite3
import ssl
import statistics
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import expect

from browser.conftest import Studio, missing
from conftest import Say
from zafiro.studio import files
from zafiro.testing import live
from zafiro.testing.live import Live

SLACK = 10
RUNS, POINTS = 100_000, 1_000_000
ROUTES = {
    "home": ["src/home/Home.tsx"],
    "jobs": ["src/jobs/JobsPage.tsx"],
    "job metrics": ["src/job/JobPage.tsx", "src/job/Metrics.tsx"],
    "job outputs": ["src/job/JobPage.tsx", "src/job/Outputs.tsx"],
    "job images": ["src/job/JobPage.tsx", "src/job/Images.tsx"],
    "job code": ["src/job/JobPage.tsx", "src/job/CodeTab.tsx", "src/kit/Code.tsx"],
    "compare": ["src/compare/Compare.tsx"],
    "compare charts": ["src/compare/Compare.tsx", "src/compare/Curves.tsx"],
    "compare axes": ["src/compare/Compare.tsx", "src/compare/Parallel.tsx"],
    "compare code": ["src/compare/Compare.tsx", "src/compare/CodeDiff.tsx"],
    "experiment": ["src/experiments/Experiment.tsx"],
    "asset": ["src/assets/Asset.tsx", "src/assets/Model.tsx"],
    "asset files": ["src/assets/Asset.tsx", "src/assets/Files.tsx", "src/assets/TableView.tsx"],
    "asset lineage": ["src/assets/Asset.tsx", "src/assets/Lineage.tsx"],
    "asset definition": ["src/assets/Asset.tsx", "src/assets/Definition.tsx"],
    "asset versions": ["src/assets/Asset.tsx", "src/assets/Versions.tsx"],
    "environment": ["src/assets/Asset.tsx", "src/assets/Build.tsx"],
    "compute": ["src/computes/Compute.tsx"],
}
EDITORS = {"job code": 420}  # with the editor of code


def test_no_route_loads_more_than_its_budget(say: Say) -> None:
    if not (files.BUILT / "manifest.json").is_file():
        missing("the studio is not built (make studio)")
    manifest = json.loads((files.BUILT / "manifest.json").read_text())

    def needs(entry: str, found: set[str]) -> set[str]:
        one = manifest[entry]
        if one["file"] not in found:
            found |= {one["file"], *one.get("css", [])}
            for other in one.get("imports", []):
                needs(other, found)
        return found

    def size(names: set[str]) -> float:
        return sum(len(gzip.compress((files.BUILT / n).read_bytes(), 9)) for n in names) / 1000

    shell = needs("src/i18n/en.json", needs("index.html", set()))
    say(f"shell {size(shell):.0f} KB gzip (170)")
    assert size(shell) <= 170
    for route, entries in ROUTES.items():
        whole = set(shell)
        for entry in entries:
            needs(entry, whole)
        limit = EDITORS.get(route, 260)
        say(f"{route} {size(whole):.0f} KB gzip ({limit})")
        assert size(whole) <= limit, route


def log_points(server: Live, run: str, key: str) -> None:
    """POINTS values, as MLflow's client would send them."""
    base, secret = (
        server.variables["MLFLOW_TRACKING_URI"],
        server.variables["MLFLOW_TRACKING_PASSWORD"],
    )
    trust = ssl.create_default_context(cafile=server.variables["SSL_CERT_FILE"])
    at = int(time.time() * 1000)
    with httpx.Client(verify=trust, auth=("admin", secret), timeout=60) as client:
        for start in range(0, POINTS, 1000):
            points = [
                {"key": key, "value": ((i * 7919) % 10007) / 10007, "timestamp": at + i, "step": i}
                for i in range(start, start + 1000)
            ]
            sent = {"run_id": run, "metrics": points}
            answer = client.post(f"{base}/api/2.0/mlflow/runs/log-batch", json=sent)
            answer.raise_for_status()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server with 100,000 runs and a metric of 1,000,000 points, written into its database."""
    home = tmp_path_factory.mktemp("full") / "home"
    live.up(home)
    live.down(home)
    with sqlite3.connect(home / "zafiro.db") as db:
        guid = json.loads(
            db.execute("SELECT body FROM documents WHERE key LIKE '%/workspaces/main'").fetchone()[
                0
            ]
        )["properties"]["workspaceId"]
        db.execute(
            "INSERT INTO experiments (workspace, name, lifecycle, created_ms, modified_ms)"
            " VALUES (?, 'many', 'active', 0, 0)",
            (guid,),
        )
        experiment = db.execute("SELECT key FROM experiments WHERE name = 'many'").fetchone()[0]
        began = int(time.time() * 1000) - RUNS * 1000
        db.execute(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)"
            " INSERT INTO runs (workspace, run_id, experiment, name, status, lifecycle, start_ms,"
            " end_ms, user_name, root, owned, created_ms, modified_ms, hidden)"
            " SELECT ?, printf('run_%06d', i), ?, printf('brave_%06d', i),"
            " CASE i % 7 WHEN 0 THEN 'FAILED' ELSE 'FINISHED' END, 'active', ? + i * 1000,"
            " ? + i * 1000 + 500, 'ana', printf('run_%06d', i), 0, ? + i * 1000, ? + i * 1000, 0"
            " FROM n",
            (RUNS, guid, experiment, began, began, began, began),
        )
    running = live.up(home)
    log_points(running, "run_099999", "loss")
    yield running
    live.down(home)


@pytest.fixture
def many(at: Callable[[Live], Studio], full: Live) -> Studio:
    return at(full)


@pytest.mark.parametrize(("slower", "budget_s"), [(1, 1.0), (4, 2.0)])
def test_a_first_visit_is_soon_ready(
    studio: Studio, say: Say, slower: int, budget_s: float
) -> None:
    took = []
    studio.page("home").close()  # the server has read its files once
    for _ in range(3):
        page = studio.context().new_page()
        session = page.context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        began = time.monotonic()
        page.goto(f"{studio.url}/studio/w/main/home", wait_until="commit")
        page.locator("main h1, main h2").first.wait_for()
        took.append(time.monotonic() - began)
        page.context.close()
        studio.contexts.clear()
    best = min(took)
    say(f"ready in {best:.2f} s with the processor ÷{slower} ({budget_s} s)")
    assert best <= budget_s * SLACK


FRAMES = """async () => {
  const grid = document.querySelector('.grid');
  const times = [];
  let rows = 0;
  let before = performance.now();
  for (let n = 0; n < 120; n += 1) {
    grid.scrollTop += 180;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - before);
    before = now;
    rows = Math.max(rows, document.querySelectorAll('.line').length);
  }
  return [times, rows];
}"""


def test_a_hundred_thousand_jobs_scroll_like_a_hundred(many: Studio, say: Say) -> None:
    page = many.page("jobs")
    expect(page.get_by_test_id("total")).to_have_text("100,000 jobs")
    expect(page.get_by_role("link", name="brave_099999")).to_be_visible()
    times, rows = page.evaluate(FRAMES)
    p50, p95 = statistics.median(times), sorted(times)[int(len(times) * 0.95)]
    say(f"100,000 jobs: frames p50 {p50:.0f} ms, p95 {p95:.0f} ms (50), {rows} rows (60)")
    assert rows <= 60
    assert p95 <= 50 * SLACK
    began = time.monotonic()
    page.get_by_role("grid").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("link", name="brave_000000")).to_be_visible()
    say(f"to the last of 100,000 jobs in {(time.monotonic() - began) * 1000:.0f} ms")


def test_a_hundred_thousand_jobs_are_chosen_compared_and_put_away_by_keyboard(
    many: Studio,
) -> None:
    page = many.page("jobs")
    total = page.get_by_test_id("total")
    expect(total).to_have_text("100,000 jobs")
    grid = page.get_by_role("grid", name="Jobs")
    grid.focus()
    page.keyboard.press("End")
    expect(page.get_by_role("link", name="brave_000000")).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Space")
        page.keyboard.press("ArrowUp")
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile("runs=run_000000%2Crun_000001%2Crun_000002"))
    expect(page.get_by_role("heading", name="Compare 3 jobs")).to_be_visible()
    page.go_back()
    expect(total).to_have_text("100,000 jobs")
    grid.focus()
    page.keyboard.press("Home")  # a list may come back where it was left
    for name in ("brave_099999", "brave_099998"):
        page.get_by_role("checkbox", name=f"Select {name}").check()
        page.get_by_role("button", name="Archive", exact=True).click()
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    expect(total).to_have_text("99,998 jobs")
    page.keyboard.press("Control+z")
    expect(total).to_have_text("99,999 jobs")
    expect(page.get_by_role("link", name="brave_099998")).to_be_visible()
    page.keyboard.press("u")
    expect(total).to_have_text("100,000 jobs")
    assert page.locator(".line").count() <= 60


def test_a_list_of_a_hundred_thousand_answers_soon(many: Studio, say: Say) -> None:
    context = many.context()
    for what, asked in (
        ("newest", {}),
        ("a status", {"filter": "status:failed"}),
        ("a word", {"filter": "brave_0999"}),
        ("by name", {"sort": "name"}),
        ("the last page", {"offset": RUNS - 100}),
        ("by duration", {"sort": "-duration"}),
        ("by the highest loss", {"sort": "-max(loss)", "columns": ["max(loss)"]}),
    ):
        took = []
        for _ in range(3):
            began = time.monotonic()
            answer = context.request.post(
                f"{many.url}/studio/api/w/main/jobs/query",
                data=asked,
                headers={"x-zafiro-studio": "1"},
            )
            took.append(time.monotonic() - began)
            assert answer.ok, answer.text()
        say(f"100,000 jobs, {what}: {min(took) * 1000:.0f} ms (150)")
        assert min(took) <= 0.15 * SLACK


CLICK_TO_CHART = """(charts) => {
  window.drawn = new Promise(done => {
    let began = 0;
    for (const kind of ['click', 'keydown'])
      addEventListener(kind, event => { began ||= event.timeStamp; }, true);
    const look = () => {
      if (document.querySelectorAll('.chart canvas').length < charts) requestAnimationFrame(look);
      else done(performance.now() - began);
    };
    look();
  });
}"""


@pytest.mark.parametrize("how", ["mouse", "keyboard", "at once"])
def test_a_million_points_are_drawn(many: Studio, say: Say, how: str) -> None:
    """From the event to the frame with the chart, in the page itself. At once: as soon as the tab
    is there, so that nothing could be fetched before."""
    took = []
    for _ in range(3):
        page = many.page("jobs/run_099999", many.context())
        tab = page.get_by_role("tab", name="Metrics (1)")
        tab.wait_for()
        if how != "at once":
            page.wait_for_timeout(1000)  # as somebody who reads first
        page.evaluate(CLICK_TO_CHART, 1)
        if how == "keyboard":
            page.keyboard.press("2")
        else:
            tab.click()
        took.append(page.evaluate("window.drawn"))
        footer = page.locator('[data-metric="loss"] footer')
        expect(footer).to_contain_text("1,000,000 points")
        page.close()
    say(f"1,000,000 points, {how}: {min(took):.0f} ms from click to chart (100)")
    assert min(took) <= 100 * SLACK


def test_a_zoom_into_a_million_points_is_answered_soon(many: Studio, say: Say) -> None:
    context = many.context()
    for x, first, last in (("step", None, None), ("step", 400_000, 410_000), ("time", None, None)):
        asked = {"runs": ["run_099999"], "keys": ["loss"], "width": 1100, "x": x}
        took, size = [], 0
        for _ in range(5):
            began = time.monotonic()
            answer = context.request.post(
                f"{many.url}/studio/api/w/main/curves",
                data={**asked, "first": first, "last": last},
                headers={"x-zafiro-studio": "1", "accept": "application/vnd.zafiro.curves"},
            )
            took.append(time.monotonic() - began)
            size = len(answer.body())
        say(f"1,000,000 points by {x} {first}-{last}: {min(took) * 1000:.0f} ms, {size} B")
        assert size <= 64_000 and min(took) <= 0.05 * SLACK
