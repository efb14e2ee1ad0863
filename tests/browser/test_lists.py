"""Lists of jobs: views that are links, columns, what is new, and taking things back."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Studio
from browser.send import send
from browser.test_accessible import violations
from zafiro.testing.live import Live

CURVES = {
    # name: [(val, loss)] by step
    "rising": [(0.1, 9), (0.7, 8), (0.3, 7)],
    "falling": [(0.9, 6), (0.5, 5), (0.2, 4)],
    "steady": [(0.6, 3), (0.6, 2), (0.6, 1)],
}


class Mlflow:
    """The plain MLflow client's REST calls."""

    def __init__(self, server: Live) -> None:
        variables = server.variables
        self._client = httpx.Client(
            base_url=variables["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow",
            verify=variables["SSL_CERT_FILE"],
            auth=("admin", variables["MLFLOW_TRACKING_PASSWORD"]),
            timeout=60,
        )

    def post(self, verb: str, **body: object) -> dict[str, dict[str, dict[str, str]]]:
        answer = self._client.post(f"/{verb}", json=body)
        answer.raise_for_status()
        found: dict[str, dict[str, dict[str, str]]] = answer.json()
        return found

    def run(self, experiment: str, name: str, *, status: str = "FINISHED") -> str:
        made = self.post("runs/create", experiment_id=experiment, run_name=name, start_time=1)
        id = made["run"]["info"]["run_id"]
        self.post("runs/update", run_id=id, status=status, end_time=2)
        return id

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def mlflow(server: Live) -> Iterator[Mlflow]:
    client = Mlflow(server)
    yield client
    client.close()


@pytest.fixture(scope="module")
def experiment(mlflow: Mlflow) -> str:
    """The id of the experiment "lists": three runs with metrics, two that failed."""
    made = mlflow.post("experiments/create", name="lists")
    id = str(made["experiment_id"])
    for name, curve in CURVES.items():
        run = mlflow.run(id, name)
        points = [
            {"key": key, "value": value, "timestamp": step + 1, "step": step}
            for step, pair in enumerate(curve)
            for key, value in zip(("val", "loss"), pair, strict=True)
        ]
        mlflow.post("runs/log-batch", run_id=run, metrics=points)
    for name in ("broken one", "broken two"):
        mlflow.run(id, name, status="FAILED")
    return id


def names(page: Page) -> list[str]:
    return [
        line.locator('[role="gridcell"] a').first.inner_text()
        for line in page.locator(".line:not(.group)").all()
    ]


def filtered(page: Page, text: str, count: int) -> None:
    page.get_by_role("searchbox", name="Filter jobs").fill(text)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("total")).to_have_text(f"{count} job{'' if count == 1 else 's'}")


def test_a_saved_view_is_a_link_for_everybody(studio: Studio, experiment: str) -> None:
    page = studio.page("jobs")
    filtered(page, "experiment:lists", 5)
    page.get_by_role("button", name=re.compile("^Columns")).click()
    page.get_by_role("button", name="Highest value of val").click()
    page.get_by_role("button", name="Remove Type").click()
    page.keyboard.press("Escape")
    page.get_by_role("columnheader", name="max(val)").get_by_role("button").click()
    expect(page).to_have_url(re.compile(r"sort=-max"))
    expect(page.locator(".line a").first).to_have_text("falling")
    assert names(page)[:3] == ["falling", "rising", "steady"]

    page.get_by_role("button", name="Save as a view").click()
    page.get_by_role("textbox", name="Name").fill("Best val")
    page.get_by_role("radio", name="everybody in the workspace").check()
    page.get_by_role("button", name="Save", exact=True).click()
    tab = page.get_by_role("button", name="Best val", exact=True)
    expect(tab).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile(r"/jobs\?view=[0-9a-f]{12}$"))

    other = studio.context().new_page()
    other.goto(page.url)
    expect(other.get_by_role("button", name="Best val", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(other.get_by_role("columnheader", name="max(val)")).to_have_attribute(
        "aria-sort", "descending"
    )
    expect(other.locator(".line a").first).to_have_text("falling")
    assert names(other) == names(page)
    expect(other.get_by_role("columnheader", name="Type")).to_have_count(0)

    # What is changed beside the view stands in the URL, and can be kept or left.
    filtered(other, "experiment:lists status:completed", 3)
    expect(other).to_have_url(re.compile("view=.*filter="))
    other.get_by_role("button", name="Discard changes").click()
    expect(other.get_by_test_id("total")).to_have_text("5 jobs")
    filtered(other, "experiment:lists status:failed", 2)
    other.get_by_role("button", name="Save changes").click()
    expect(other).to_have_url(re.compile(r"/jobs\?view=[0-9a-f]{12}$"))
    page.reload()
    expect(page.get_by_test_id("total")).to_have_text("2 jobs")

    # Back and forward go between views.
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.get_by_test_id("total")).not_to_have_text("2 jobs")
    page.go_back()
    expect(page.get_by_test_id("total")).to_have_text("2 jobs")
    page.go_forward()
    expect(page.get_by_test_id("total")).not_to_have_text("2 jobs")
    page.go_back()

    page.get_by_role("button", name="Change the view Best val").click()
    page.get_by_role("textbox", name="Name").fill("Broken")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Broken", exact=True)).to_be_visible()
    link = page.url
    page.get_by_role("button", name="Change the view Broken").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Broken", exact=True)).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Broken", exact=True)).to_be_visible()
    expect(page).to_have_url(link)


def test_the_workspaces_view_is_what_lists_begin_with(studio: Studio, experiment: str) -> None:
    page = studio.page("jobs")
    filtered(page, "experiment:lists rising", 1)
    page.get_by_role("button", name="Save as a view").click()
    page.get_by_role("textbox", name="Name").fill("Ours")
    page.get_by_role("radio", name="lists begin with it").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name="Ours", exact=True)).to_be_visible()
    try:
        other = studio.page("jobs", studio.context())
        expect(other.get_by_test_id("total")).to_have_text("1 job")
        other.get_by_role("button", name="All", exact=True).click()
        expect(other).to_have_url(re.compile(r"view=all$"))
        expect(other.get_by_test_id("total")).not_to_have_text("1 job")
        other.reload()
        expect(other.get_by_test_id("total")).not_to_have_text("1 job")
    finally:
        page.get_by_role("button", name="Change the view Ours").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.get_by_role("button", name="Ours", exact=True)).to_have_count(0)


def test_a_view_too_long_for_a_link_is_kept_under_a_short_one(
    studio: Studio, experiment: str
) -> None:
    page = studio.page("jobs")
    words = " AND ".join(f"params.`a parameter that nobody has {n}` != 'x'" for n in range(50))
    page.get_by_role("searchbox", name="Filter jobs").fill(f"experiment:lists {words}")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/jobs\?view=[0-9a-f]{12}$"))
    expect(page.get_by_text("A view kept for its link")).to_be_visible()
    other = studio.context().new_page()
    other.goto(page.url)
    box = other.get_by_role("searchbox", name="Filter jobs")
    expect(box).to_have_value(re.compile("nobody has 49"))


def test_a_private_or_deleted_view_says_so(studio: Studio) -> None:
    page = studio.page("jobs?view=0123456789ab")
    expect(page.get_by_role("alert")).to_contain_text("private or was deleted")
    studio.errors[:] = [e for e in studio.errors if "404" not in e]


def test_columns_are_moved_and_resized_by_key_and_by_hand(studio: Studio, experiment: str) -> None:
    page = studio.page("jobs?filter=experiment:lists")
    head = page.locator("#head-experiment")
    head.focus()
    page.keyboard.press("Control+ArrowLeft")
    expect(page).to_have_url(re.compile("cols=name%2Cexperiment%2Cstatus"))
    expect(head).to_be_focused()
    before = head.bounding_box()
    page.keyboard.press("Shift+ArrowRight")
    expect(page).to_have_url(re.compile("widths=experiment%3A170"))
    page.keyboard.press("Shift+ArrowRight")
    expect(page).to_have_url(re.compile("widths=experiment%3A190"))
    after = head.bounding_box()
    assert before and after and after["width"] > before["width"]
    edge = page.get_by_role("columnheader", name="Name").locator(".edge").bounding_box()
    assert edge
    page.mouse.move(edge["x"] + 3, edge["y"] + 10)
    page.mouse.down()
    page.mouse.move(edge["x"] + 103, edge["y"] + 10, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"name%3A\d+"))
    page.get_by_role("columnheader", name="By").drag_to(
        page.get_by_role("columnheader", name="Status")
    )
    expect(page).to_have_url(re.compile("cols=name%2Cexperiment%2Cuser%2Cstatus"))
    # Two of one width change places with what stands below them.
    page.goto(f"{studio.url}/studio/w/main/jobs?filter=experiment:lists&cols=name,type,user")
    cells = page.get_by_role("row", name=re.compile("rising")).get_by_role("gridcell")
    expect(cells.nth(2)).to_have_text("run")
    page.locator("#head-user").focus()
    page.keyboard.press("Control+ArrowLeft")
    expect(cells.nth(3)).to_have_text("run")


def test_one_metric_where_another_is_best(studio: Studio, experiment: str) -> None:
    page = studio.page("jobs?filter=experiment:lists status:completed")
    page.get_by_role("button", name=re.compile("^Columns")).click()
    page.get_by_role("combobox", name="Show").select_option("loss")
    page.get_by_role("combobox", name="of").select_option("val")
    page.get_by_role("button", name="Add the column").click()
    page.keyboard.press("Escape")
    page.get_by_role("columnheader", name="loss at max(val)").get_by_role("button").click()
    expect(page.get_by_role("row", name=re.compile("rising"))).to_contain_text("8")
    expect(page.locator(".line a").first).to_have_text("rising")
    assert names(page) == ["rising", "falling", "steady"]


def test_the_list_is_saved_as_csv(studio: Studio, experiment: str) -> None:
    page = studio.page("jobs?filter=experiment:lists&sort=name&cols=name,max(val)")
    expect(page.get_by_test_id("total")).to_have_text("5 jobs")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="CSV").click()
    lines = waiting.value.path().read_text().splitlines()
    assert len(lines) == 6 and lines[0].endswith("max(val)")
    assert [line.split(",")[1] for line in lines[1:]] == sorted(
        [*CURVES, "broken one", "broken two"]
    )


def test_what_is_new_waits_while_somebody_is_at_the_list(
    studio: Studio, mlflow: Mlflow, experiment: str
) -> None:
    page = studio.page("jobs?filter=experiment:lists")
    expect(page.get_by_test_id("total")).to_have_text("5 jobs")
    page.get_by_role("link", name="broken two").hover()
    first, second = mlflow.run(experiment, "new one"), mlflow.run(experiment, "new two")
    expect(page.get_by_role("button", name="2 new jobs")).to_be_visible()
    assert names(page)[0] == "broken two"
    page.get_by_role("button", name="2 new jobs").click()
    expect(page.get_by_role("link", name="new two")).to_be_visible()
    assert names(page)[:2] == ["new two", "new one"]
    # A list that nobody touches follows by itself.
    page.mouse.move(2, 2)
    page.get_by_role("heading", level=1).click()
    third = mlflow.run(experiment, "new three")
    expect(page.get_by_role("link", name="new three")).to_be_visible()
    for run in (first, second, third):
        mlflow.post("runs/delete", run_id=run)


def test_what_is_deleted_comes_back(studio: Studio, experiment: str) -> None:
    page = studio.page("jobs?filter=experiment:lists")
    total = page.get_by_test_id("total")
    expect(total).to_have_text("5 jobs")
    page.get_by_role("checkbox", name="Select broken one").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(total).to_have_text("4 jobs")
    page.get_by_role("button", name="Undo").click()
    expect(total).to_have_text("5 jobs")
    page.get_by_role("grid").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(total).to_have_text("4 jobs")
    page.keyboard.press("u")
    expect(total).to_have_text("5 jobs")


def test_a_job_under_way_is_not_deleted_and_says_why(studio: Studio, server: Live) -> None:
    send(server, {"command": "sleep 600", "display_name": "going"})
    page = studio.page("jobs?filter=going")
    row = page.get_by_role("row", name=re.compile("going"))
    page.get_by_role("checkbox", name="Select going").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("cancel it first")).to_be_visible()
    expect(row).to_be_visible()
    page.get_by_role("checkbox", name="Select going").check()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(row).to_contain_text("Canceled")
    page.get_by_role("checkbox", name="Select going").check()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(row).to_have_count(0)


def test_a_job_is_left_for_its_neighbours_in_the_list(studio: Studio, experiment: str) -> None:
    page = studio.page("jobs?filter=experiment:lists&sort=name")
    page.get_by_role("link", name="falling").click()
    expect(page).to_have_title(re.compile("falling"))
    expect(page.get_by_text("3 of 5")).to_be_visible()
    page.keyboard.press("]")
    expect(page).to_have_title(re.compile("rising"))
    page.keyboard.press("[")
    expect(page).to_have_title(re.compile("falling"))
    page.get_by_role("link", name="Previous job of the list").click()
    expect(page).to_have_title(re.compile("broken two"))


def test_jobs_stand_in_groups_that_open_and_close(studio: Studio, experiment: str) -> None:
    page = studio.page("jobs?sort=name&filter=experiment:lists")
    page.get_by_role("button", name="Group by experiment").click()
    expect(page).to_have_url(re.compile("group=experiment"))
    group = page.locator(".line.group", has_text="lists")
    expect(group).to_contain_text("5 jobs")
    expect(group).to_contain_text("3")
    group.get_by_role("button", name="lists").click()
    expect(page.get_by_role("link", name="rising")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("link", name="rising")).to_be_visible()


def test_a_row_says_why_with_a_key(studio: Studio, server: Live) -> None:
    send(server, {"command": "python -c 'import nothing_at_all'", "display_name": "whyless"})
    page = studio.page("jobs?filter=whyless")
    expect(page.get_by_role("row", name=re.compile("whyless"))).to_contain_text("Failed Why")
    page.get_by_role("grid").focus()
    page.keyboard.press("w")
    expect(page.get_by_text("No module named 'nothing_at_all'")).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 400)])
def test_views_columns_and_groups_can_be_used_by_everybody(
    studio: Studio, experiment: str, theme: str, width: int
) -> None:
    context = studio.context(viewport={"width": width, "height": 900})
    context.add_init_script(
        f"if (location.protocol.startsWith('http')) localStorage.setItem('zafiro.theme', '{theme}')"
    )
    page = studio.page("jobs?filter=experiment:lists&group=experiment", context)
    expect(page.locator(".line.group")).to_be_visible()
    assert violations(page) == []
    for opener in (re.compile("^Columns"), "Save as a view"):
        page.get_by_role("button", name=opener).click()
        expect(page.get_by_role("dialog").or_(page.get_by_role("group")).last).to_be_visible()
        assert violations(page) == [], opener
        page.keyboard.press("Escape")
    sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert sideways <= 0
