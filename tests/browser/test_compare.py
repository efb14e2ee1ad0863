"""Comparing runs in a real browser: only differences, baseline, add and remove, code, 200 runs."""

import base64
import json
import math
import os
import re
import time

import pytest
from playwright.sync_api import Page, expect

from browser import runs
from browser.conftest import Studio
from browser.runs import Logged
from browser.send import send
from browser.test_accessible import violations
from browser.test_budgets import SLACK
from conftest import Say
from zafiro.testing.live import Live

SHOTS = os.environ.get("ZAFIRO_SHOTS")  # a folder for pictures, when somebody wants to look
BEFORE = (
    "import os\n\n\ndef train(lr):\n    # as it was\n    return lr * 2\n\n\nprint(train(0.1))\n"
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
AFTER = BEFORE.replace("lr * 2", "lr * 3 + 'x'").replace("0.1", "0.2")


@pytest.fixture(scope="module")
def jobs(server: Live, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two jobs whose code differs in one file of two, and one without code."""
    folders = []
    for text in (BEFORE, AFTER):
        folder = tmp_path_factory.mktemp("code")
        (folder / "train.py").write_text(text)
        (folder / "same.txt").write_text("alike\n")
        folders.append(str(folder))
    sent = send(
        server,
        *[
            {"command": "echo 1", "code": one, "display_name": f"coded {n}"}
            for n, one in enumerate(folders)
        ],
        {"command": "echo 2", "display_name": "codeless"},
    )
    return [name for name, _ in sent]


@pytest.fixture(scope="module")
def few(server: Live) -> list[str]:
    """Four runs: lr differs, depth does not, loss and auc follow from lr."""
    wanted = [
        Logged(
            f"curve {lr}",
            {"lr": lr, "depth": 6, "optimiser": "adam" if lr < 0.1 else "sgd"},
            {"loss": [1 / (1 + lr * step) for step in range(50)], "auc": [lr]},
        )
        for lr in (0.01, 0.02, 0.1, 0.4)
    ]
    return runs.log(server, "compared", wanted)


@pytest.fixture(scope="module")
def many(server: Live) -> list[str]:
    """200 runs, each with 43 parameters, 43 metrics, and a curve of 200 points."""
    wanted = [
        Logged(
            f"many {n:03}",
            {f"p{i:02}": (n * (i + 1)) % 11 / 10 for i in range(43)},
            {
                "curve": [math.sin(n / 30 + step / 20) + n / 100 for step in range(200)],
                **{f"m{i:02}": [n * (i + 1) / 100] for i in range(42)},
            },
        )
        for n in range(200)
    ]
    return runs.log(server, "many compared", wanted)


def head(page: Page) -> list[str]:
    return page.get_by_role("table", name="Compare").get_by_role("columnheader").all_inner_texts()


def test_runs_are_compared_by_what_differs_and_the_set_is_changed_in_place(
    studio: Studio, few: list[str]
) -> None:
    page = studio.page(f"compare?runs={','.join(few[:3])}")
    table = page.get_by_role("table", name="Compare")
    expect(table.get_by_role("rowheader", name="lr", exact=False).first).to_be_visible()
    expect(table.get_by_role("rowheader", name="depth")).to_have_count(0)
    page.locator("h1").click()
    page.keyboard.press("d")
    expect(table.get_by_role("rowheader", name="depth")).to_be_visible()
    expect(page).to_have_url(re.compile("all=true"))
    page.keyboard.press("d")

    # The baseline, against which the others are told.
    expect(table.get_by_role("cell", name="▲ 100%").first).to_be_visible()
    page.get_by_role("radio", name="Baseline: curve 0.1").check()
    expect(table.get_by_role("columnheader").first).to_contain_text("curve 0.1")
    expect(table.get_by_role("cell", name="▼ 90%").first).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("b")
    expect(table.get_by_role("columnheader").first).not_to_contain_text("curve 0.1")

    # Less of a loss is best, unless somebody says otherwise.
    row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name="loss"))
    best = row.get_by_role("cell").filter(has=page.get_by_role("img", name="best"))
    expect(best).to_contain_text("0.16949")
    row.get_by_role("button", name="Less is better").click()
    expect(best).to_contain_text("0.67114")

    page.get_by_role("searchbox", name="Add a job by name").fill("curve 0.4")
    page.get_by_role("button", name=re.compile("curve 0.4")).click()
    expect(page.get_by_role("heading", name="Compare 4 jobs")).to_be_visible()
    page.get_by_role("button", name="Take out curve 0.02").click()
    expect(page.get_by_role("heading", name="Compare 3 jobs")).to_be_visible()
    page.get_by_role("button", name="Order the jobs by auc").click()
    page.reload()
    expect(page.get_by_role("heading", name="Compare 3 jobs")).to_be_visible()
    expect(page).to_have_url(re.compile("order=-metrics.auc"))


def test_pasted_names_are_added_and_unknown_ones_told(studio: Studio, few: list[str]) -> None:
    page = studio.page(f"compare?runs={few[0]}")
    box = page.get_by_role("searchbox", name="Add a job by name")
    expect(box).to_be_visible()
    pasted = f"{few[1]}\ncurve 0.1, nobody of this name"
    box.evaluate(
        "(box, text) => { const data = new DataTransfer(); data.setData('text', text);"
        "box.dispatchEvent(new ClipboardEvent('paste',"
        " {clipboardData: data, bubbles: true, cancelable: true})) }",
        pasted,
    )
    expect(page.get_by_role("heading", name="Compare 3 jobs")).to_be_visible()
    expect(page.get_by_text("nobody of this name")).to_be_visible()


def test_runs_are_gathered_by_a_parameter(studio: Studio, few: list[str]) -> None:
    page = studio.page(f"compare?runs={','.join(few)}")
    page.get_by_role("combobox", name="Group by").select_option("params.optimiser")
    table = page.get_by_role("table", name="Compare")
    expect(table.get_by_role("columnheader")).to_have_count(2)
    expect(table.get_by_role("columnheader").first).to_contain_text("2 jobs")
    expect(table.get_by_role("cell", name="0.25 (0.1 to 0.4)").first).to_be_visible()


def test_curves_are_overlaid_and_names_that_may_be_the_same_are_offered(
    studio: Studio, server: Live, few: list[str]
) -> None:
    (other,) = runs.log(server, "named otherwise", [Logged("other", {}, {"train_loss": [3, 2, 1]})])
    page = studio.page(f"compare?runs={','.join(few)}&tab=charts")
    chart = page.locator('[data-metric="loss"]')
    expect(chart.locator("canvas")).to_be_visible()
    expect(chart.get_by_role("img")).to_have_attribute("aria-label", re.compile("loss: 4 jobs"))
    chart.get_by_role("button", name="Table").click()
    expect(chart.get_by_role("table").get_by_role("row")).to_have_count(5)
    page.get_by_role("combobox", name="Horizontal axis").select_option("time")
    expect(page).to_have_url(re.compile("x=time"))

    page = studio.page(f"compare?runs={few[0]},{other}&tab=charts")
    expect(page.get_by_text("No metric is common to all of them.")).to_be_visible()
    page.get_by_role("button", name=re.compile("Draw .*loss and .*loss as one")).click()
    together = page.locator('[data-metric*=" + "]')
    expect(together.locator("canvas")).to_be_visible()
    expect(together.get_by_role("img")).to_have_attribute("aria-label", re.compile("2 jobs"))


def test_parallel_coordinates_are_brushed_by_hand_and_by_keyboard(
    studio: Studio, few: list[str]
) -> None:
    page = studio.page(f"compare?runs={','.join(few)}&tab=parallel")
    drawing = page.get_by_test_id("parallel")
    expect(drawing.get_by_role("img")).to_have_attribute("aria-label", re.compile("4 jobs, 4 in"))
    box = drawing.locator("canvas").bounding_box()
    assert box is not None
    x = box["x"] + 64  # the first axis: lr
    page.mouse.move(x, box["y"] + 52 + 2)
    page.mouse.down()
    page.mouse.move(x, box["y"] + 300, steps=4)
    page.mouse.up()
    expect(page.get_by_text("1 of 4 jobs")).to_be_visible()
    expect(page).to_have_url(re.compile("axes="))
    page.reload()
    expect(page.get_by_text("1 of 4 jobs")).to_be_visible()
    page.get_by_role("button", name="Clear the bounds").click()
    expect(page.get_by_text("4 of 4 jobs")).to_be_visible()
    page.get_by_text(re.compile("axes: order, bounds, scale")).click()
    page.get_by_role("spinbutton", name="lr to").fill("0.05")
    expect(page.get_by_text("2 of 4 jobs")).to_be_visible()
    page.get_by_role("button", name="Move lr right").click()
    rows = page.get_by_role("table", name=re.compile("axes")).get_by_role("rowheader")
    expect(rows.nth(1)).to_have_text("lr")
    page.get_by_role("button", name="Keep only these 2 jobs").click()
    expect(page.get_by_role("heading", name="Compare 2 jobs")).to_be_visible()


def test_a_dot_leads_to_its_job(studio: Studio, few: list[str]) -> None:
    page = studio.page(f"compare?runs={','.join(few)}&tab=scatter&sx=params.lr&sy=metrics.auc")
    plot = page.get_by_role("img", name=re.compile("4 jobs: auc against lr"))
    box = plot.bounding_box()
    assert box is not None
    # The least of both lies at the lower left: 4 % within the axes.
    left, right, top, bottom = 70, 20, 16, 44
    across, up = box["width"] - left - right, box["height"] - top - bottom
    x, y = box["x"] + left + across * 0.037, box["y"] + box["height"] - bottom - up * 0.037
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    expect(page).to_have_title(re.compile("curve 0.01"))
    page.go_back()
    page.get_by_text("Table", exact=True).click()
    page.get_by_role("link", name="curve 0.4").click()
    expect(page).to_have_title(re.compile("curve 0.4"))


def test_the_code_of_two_jobs_is_told_apart_line_by_line(studio: Studio, jobs: list[str]) -> None:
    page = studio.page(f"compare?runs={jobs[0]},{jobs[1]}&tab=code")
    expect(page.get_by_text("1 file differs")).to_be_visible()
    expect(page.get_by_text("1 is the same")).to_be_visible()
    table = page.get_by_role("table", name="train.py")
    expect(table.locator("tr.minus")).to_have_count(2)
    expect(table.locator("tr.plus").first).to_contain_text("return lr * 3 + 'x'")
    expect(table.locator(".code-keyword").first).to_be_visible()
    page.get_by_role("switch", name="Side by side").click()
    expect(table.locator("td.minus.text").first).to_contain_text("return lr * 2")
    expect(page).to_have_url(re.compile("split=true"))
    page.goto(f"{studio.url}/studio/w/main/compare?runs={','.join(jobs)}&tab=code")
    page.get_by_role("combobox", name="to", exact=True).select_option(label="codeless")
    expect(page.get_by_text("it was sent without code")).to_be_visible()


def test_pictures_stand_side_by_side_at_one_step(
    studio: Studio, server: Live, few: list[str]
) -> None:
    for n, run in enumerate(few[:2]):
        for step in (0, 5 + n):
            name = f"images/sample+step+{step}+timestamp+{step}+u{step}.png"
            runs.put(server, f"ExperimentRun/dcid.{run}/{name}", PNG)
    page = studio.page(f"compare?runs={','.join(few)}&tab=images")
    strip = page.get_by_role("region", name="sample")
    expect(strip.get_by_role("img", name="sample of curve 0.01 at step 5")).to_be_visible()
    expect(strip.get_by_role("img", name="sample of curve 0.02 at step 6")).to_be_visible()
    strip.get_by_role("slider").press("Home")
    shown = strip.get_by_role("img", name="sample of curve 0.02 at step 0")
    expect(shown).to_be_visible()
    assert shown.evaluate("one => one.decode().then(() => one.naturalWidth)") == 1


def test_a_comparison_is_copied_for_mlflow(studio: Studio, jobs: list[str]) -> None:
    page = studio.page(f"compare?runs={jobs[0]},{jobs[1]}")
    page.get_by_role("button", name="Copy as").click()
    expect(page.get_by_role("textbox", name="MLflow")).to_contain_text("mlflow.get_run(id)")
    page.get_by_role("tab", name="SDK").click()
    expect(page.get_by_role("textbox", name="SDK")).to_contain_text("ml.jobs.get(name)")


def test_two_hundred_runs_are_compared_like_two(
    studio: Studio, many: list[str], few: list[str], say: Say
) -> None:
    # The page itself is there before the clock runs: what is measured is the comparison.
    page = studio.page(f"compare?runs={','.join(many)}")
    expect(page.get_by_role("heading", name="Compare 200 jobs")).to_be_visible()
    table = page.get_by_role("table", name="Compare")
    expect(table.get_by_role("rowheader", name="p01")).to_be_visible()
    cells = page.locator(".compare tbody td").count()
    assert cells < 1000
    took = {}
    for tab, there in (
        ("Curves", page.locator('[data-metric="curve"] canvas')),
        ("Parallel coordinates", page.get_by_test_id("parallel").locator("canvas")),
        ("Differences", table.get_by_role("rowheader", name="p01")),
    ):
        tabs = page.get_by_role("tab", name=tab)
        tabs.hover()
        began = time.monotonic()
        tabs.click()
        there.wait_for()
        took[tab] = (time.monotonic() - began) * 1000
    budgets = {"Curves": 500, "Parallel coordinates": 500, "Differences": 300}
    for tab, ms in took.items():
        say(f"200 runs, {tab}: {ms:.0f} ms from click ({budgets[tab]})")
        assert ms <= budgets[tab] * SLACK
    page.get_by_role("tab", name="Parallel coordinates").click()
    page.get_by_role("combobox", name="Add an axis").select_option("params.p08")
    for n in ("m10", "m11", "m12"):
        page.get_by_role("combobox", name="Add an axis").select_option(f"metrics.{n}")
    expect(page.get_by_text(re.compile("^12 axes"))).to_be_visible()
    drawn = float(page.get_by_test_id("parallel").get_attribute("data-drawn-ms") or "nan")
    say(f"200 runs on 12 axes are drawn in {drawn:.0f} ms (100)")
    assert drawn <= 100 * SLACK
    page.get_by_role("tab", name="Differences").click()
    box = page.get_by_role("region", name="Differences")
    box.evaluate("box => box.scrollTo(1e6, 1e6)")
    expect(page.get_by_role("link", name="many 199")).to_be_visible()
    expect(table.get_by_role("rowheader", name="m41")).to_be_visible()


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "en", 1440), ("dark", "es", 1440), ("light", "en", 400)],
)
def test_each_tab_fits_the_window_and_can_be_used_by_everybody(
    studio: Studio, few: list[str], jobs: list[str], theme: str, language: str, width: int
) -> None:
    context = studio.context(viewport={"width": width, "height": 900})
    context.add_init_script(
        "if (location.protocol.startsWith('http')) {"
        f"localStorage.setItem('zafiro.theme', '{theme}');"
        f"localStorage.setItem('zafiro.language', '{language}')}}"
    )
    page = context.new_page()
    found = {}
    for tab in ("table", "table&group=params.optimiser", "charts", "parallel", "scatter", "code"):
        of = jobs if tab == "code" else few
        page.goto(f"{studio.url}/studio/w/main/compare?runs={','.join(of)}&tab={tab}")
        page.locator("table.compare tbody th, canvas, .diff tr").first.wait_for()
        for closed in page.locator("details summary").all():
            closed.click()
        if wrong := violations(page):
            found[tab] = wrong
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if sideways > 0:
            found[f"{tab} is wider than the window"] = [str(sideways)]
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/{tab[:9]}-{theme}-{language}-{width}.png")
    assert not found, json.dumps(found, indent=1)
