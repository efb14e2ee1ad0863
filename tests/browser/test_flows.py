"""What people do in the studio, done in a real browser with jobs the real SDK sent."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Studio
from browser.send import send
from zafiro.testing.live import Live

LOG_METRICS = """python -c "
import os, json, ssl, time, urllib.request
def post(verb, body):
    body['run_id'] = os.environ['MLFLOW_RUN_ID']
    url = os.environ['MLFLOW_TRACKING_URI'] + '/api/2.0/mlflow/runs/' + verb
    head = {'Authorization': 'Bearer ' + os.environ['MLFLOW_TRACKING_TOKEN'], 'Content-Type': 'application/json'}
    trust = ssl.create_default_context(cafile=os.environ['SSL_CERT_FILE'])
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), head), context=trust).read()
post('log-batch', {'params': [{'key': 'lr', 'value': os.environ['LR']}, {'key': 'depth', 'value': '6'}]})
points = [{'key': 'loss', 'value': 1 / (i + 1), 'timestamp': int(time.time() * 1000), 'step': i} for i in range(900)]
post('log-batch', {'metrics': points})
print('all logged')
"
"""
BROKEN = "python -c \"for n in range(40): print('line', n)\nimport lightgbm_is_not_here\""


@pytest.fixture(scope="module")
def jobs(server: Live) -> dict[str, tuple[str, str]]:
    """What every flow may look at, by display name."""
    wanted: list[dict[str, object]] = [
        {"command": LOG_METRICS, "environment_variables": {"LR": "0.1"}, "display_name": "first"},
        {"command": LOG_METRICS, "environment_variables": {"LR": "0.2"}, "display_name": "second"},
        {"command": BROKEN, "display_name": "broken"},
        {
            "command": "echo hello",
            "display_name": "<script>alert(1)</script> \u202egnp.exe 🦔 " + "long " * 40,
        },
    ]
    for one in wanted:
        one["experiment_name"] = "flows"
    names = [str(one["display_name"]) for one in wanted]
    return dict(zip(names, send(server, *wanted), strict=True))


def ends(page: Page, state: str = "Completed") -> None:
    expect(page.locator(".job-head .status")).to_have_text(re.compile(state))


def test_a_job_is_followed_from_the_sdks_link_to_its_end_without_a_reload(
    studio: Studio, server: Live
) -> None:
    context = studio.context(signed_in=False)
    page = context.new_page()
    page.goto(studio.link)
    expect(page).to_have_url(re.compile("/studio/w/main/home"))
    ((_, url),) = send(
        server, {"command": "echo begun; sleep 4; echo over", "display_name": "followed"}
    )
    page.goto(url)
    expect(page).to_have_title(re.compile("followed"))
    page.evaluate("window.notReloaded = true")
    expect(page.locator(".job-head .status")).to_have_text(re.compile("Running"))
    page.get_by_role("tab", name="Outputs + logs").click()
    expect(page.locator(".log-lines")).to_contain_text("begun")
    expect(page.locator(".log-lines")).to_contain_text("over")
    ends(page)
    assert page.evaluate("window.notReloaded") is True


def test_who_is_not_signed_in_signs_in_and_comes_back_to_the_same_place(studio: Studio) -> None:
    page = studio.context(signed_in=False).new_page()
    page.goto(f"{studio.url}/studio/w/main/jobs?filter=status%3Afailed")
    expect(page).to_have_url(re.compile("/studio/sign-in"))
    page.get_by_label("Link or token").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("not the token of this server")).to_be_visible()
    page.get_by_label("Link or token").fill(studio.link)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/studio/w/main/jobs\?filter=status%3Afailed"))
    studio.errors[:] = [e for e in studio.errors if "401" not in e]  # the browser tells of each


def test_a_view_is_a_link(studio: Studio, jobs: dict[str, tuple[str, str]]) -> None:
    page = studio.page("jobs")
    box = page.get_by_role("searchbox", name="Filter jobs")
    box.fill("experiment:flows first")
    expect(page.get_by_test_id("total")).to_have_text("1 job")
    page.get_by_role("button", name=re.compile("Columns")).click()
    page.get_by_role("checkbox", name="params.lr").check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("gridcell", name="0.1", exact=True)).to_be_visible()
    page.get_by_role("columnheader", name="Duration").get_by_role("button").click()
    expect(page).to_have_url(re.compile("sort=-duration"))

    other = studio.context().new_page()
    other.goto(page.url)
    expect(other.get_by_role("gridcell", name="0.1", exact=True)).to_be_visible()
    expect(other.get_by_test_id("total")).to_have_text("1 job")

    page.get_by_role("link", name="first").click()
    expect(page).to_have_title(re.compile("first"))
    page.go_back()
    expect(page.get_by_test_id("total")).to_have_text("1 job")
    page.go_forward()
    expect(page).to_have_title(re.compile("first"))


def test_a_filter_that_is_none_is_told_where_it_was_typed(studio: Studio) -> None:
    page = studio.page("jobs")
    page.get_by_role("searchbox", name="Filter jobs").fill("status:broken")
    expect(page.get_by_role("alert")).to_contain_text("status:broken is none of")
    studio.errors[:] = [e for e in studio.errors if "400" not in e]


def test_a_failed_job_says_why_and_leads_to_the_line(
    studio: Studio, jobs: dict[str, tuple[str, str]]
) -> None:
    page = studio.page("jobs?filter=experiment:flows broken")
    page.get_by_role("button", name="Why").click()
    expect(page.get_by_text("No module named 'lightgbm_is_not_here'")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="broken").click()
    ends(page, "Failed")
    page.get_by_role("link", name=re.compile("Open the log at line")).click()
    expect(page.locator(".log-line.on")).to_contain_text("lightgbm_is_not_here")
    expect(page).to_have_url(re.compile(r"line=\d+"))
    page.reload()
    expect(page.locator(".log-line.on")).to_contain_text("lightgbm_is_not_here")
    page.get_by_role("searchbox", name="Search the whole log").fill("line 39")
    page.keyboard.press("Enter")
    expect(page.locator(".log-line.on")).to_contain_text("line 39")


def test_a_curve_is_drawn_zoomed_and_told_in_words(
    studio: Studio, jobs: dict[str, tuple[str, str]]
) -> None:
    page = studio.page(f"jobs/{jobs['first'][0]}?tab=metrics")
    chart = page.locator('[data-metric="loss"]')
    plot = chart.get_by_role("img")
    expect(plot).to_have_attribute("aria-label", re.compile("loss: .*0.0011111 to 1"))
    expect(chart.locator("canvas")).to_be_visible()
    box = chart.locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 20, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"zoom=1\d\d%3A3\d\d"))
    expect(chart.locator("footer")).to_have_text(re.compile("1[78]\\d points"))
    page.get_by_role("button", name="Show all").click()
    expect(chart.locator("footer")).to_contain_text("900 points")
    chart.get_by_role("button", name="Table").click()
    expect(chart.get_by_role("table").get_by_role("row").nth(1)).to_contain_text("1")


def test_only_what_differs_is_compared(studio: Studio, jobs: dict[str, tuple[str, str]]) -> None:
    page = studio.page("jobs?filter=experiment:flows")
    for name in ("first", "second"):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    page.keyboard.press("c")
    table = page.get_by_role("table", name="Compare")
    expect(table.get_by_role("rowheader", name="lr")).to_be_visible()
    expect(table.get_by_role("rowheader", name="depth")).to_have_count(0)
    page.get_by_role("switch", name=re.compile("Only differences")).click()
    expect(table.get_by_role("rowheader", name="depth")).to_be_visible()
    page.get_by_role("searchbox", name="Add a job by name").fill("broken")
    page.get_by_role("button", name=re.compile(f"broken {jobs['broken'][0]}")).click()
    expect(page.get_by_role("heading", name="Compare 3 jobs")).to_be_visible()
    page.get_by_role("tab", name="Curves").click()
    expect(page.locator('[data-metric="loss"] canvas')).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Compare 3 jobs")).to_be_visible()


def test_archiving_is_undone(studio: Studio, jobs: dict[str, tuple[str, str]]) -> None:
    page = studio.page("jobs?filter=experiment:flows second")
    page.get_by_role("checkbox", name="Select second").check()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_test_id("total")).to_have_text("0 jobs")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_test_id("total")).to_have_text("1 job")


def test_a_list_is_walked_by_keyboard(studio: Studio, jobs: dict[str, tuple[str, str]]) -> None:
    page = studio.page("jobs?filter=experiment:flows&sort=created")
    expect(page.get_by_test_id("total")).to_have_text("4 jobs")
    grid = page.get_by_role("grid", name="Jobs")
    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.get_by_role("checkbox", name="Select second")).to_be_checked()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("first"))
    page.keyboard.press("2")
    expect(page).to_have_url(re.compile("tab=metrics"))
    page.keyboard.press("g")
    page.keyboard.press("m")
    expect(page).to_have_url(re.compile("/models"))
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or run a command").fill("second")
    page.get_by_role("option", name=re.compile("second")).click()
    expect(page).to_have_title(re.compile("second"))


def test_a_job_is_copied_as_each_client_says_it(
    studio: Studio, jobs: dict[str, tuple[str, str]]
) -> None:
    page = studio.page(f"jobs/{jobs['first'][0]}")
    page.get_by_role("button", name="Copy as").click()
    for tab, text in (
        ("SDK", "ml.jobs.get("),
        ("CLI", "az ml job show --name"),
        ("YAML", "commandJob.schema.json"),
        ("REST", "curl -H"),
        ("MLflow", "mlflow.get_run("),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("textbox", name=tab)).to_contain_text(text)


def test_hostile_names_are_only_text(studio: Studio, jobs: dict[str, tuple[str, str]]) -> None:
    name = next(name for name in jobs if name.startswith("<script>"))
    page = studio.page("jobs?filter=experiment:flows")
    expect(page.get_by_role("link", name="<script>alert(1)</script>")).to_be_visible()
    page.goto(f"{studio.url}/studio/w/main/jobs/{jobs[name][0]}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("<script>alert(1)</script>")
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0
    page.goto(f"{studio.url}/studio/w/main/jobs/%3Cimg%20src=x%20onerror=alert(1)%3E")
    expect(page.get_by_role("alert")).to_contain_text("does not exist")
    studio.errors[:] = [e for e in studio.errors if "404" not in e]


def test_language_and_theme_are_kept(studio: Studio, tmp_path: Path) -> None:
    page = studio.page("jobs")
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.get_by_role("heading", name="Trabajos")).to_be_visible()
    page.get_by_role("button", name="Tema oscuro").click()
    page.reload()
    expect(page.get_by_role("heading", name="Trabajos")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.locator("html").get_attribute("lang") == "es"


def test_a_closed_dialog_gives_the_focus_back(studio: Studio) -> None:
    page = studio.page("data")
    button = page.get_by_role("button", name="Copy as…")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()
