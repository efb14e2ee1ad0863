"""One job's page: charts of any length, pictures, tables, code, changes, why, and again."""

import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Studio
from browser.send import send
from browser.test_accessible import violations
from zafiro.testing import live
from zafiro.testing.live import Live

TRAIN = '''"""Writes what people look at afterwards."""
import json, os
from lib.draw import png

os.makedirs("outputs/samples", exist_ok=True)
with open("outputs/rows.csv", "w") as f:
    f.write("id,name,score\\n" + "".join(f"{n},row {n},{n / 7}\\n" for n in range(3000)))
with open("outputs/eval.json", "w") as f:
    json.dump({"columns": ["question", "answer"], "data": [["why?", "because"], ["how?", None]]}, f)
matrix = {"class_labels": ["cat", "dog"], "matrix": [[30, 2], [5, 63]]}
with open("outputs/confusion.json", "w") as f:
    json.dump({"schema_type": "confusion_matrix", "data": matrix}, f)
with open("outputs/big.json", "w") as f:
    json.dump({"layers": 2, "weights": [n / 3 for n in range(400_000)]}, f)
with open("outputs/report.html", "w") as f:
    f.write("<h1>Report</h1><p id=said></p><script>"
            "let cookie = 'none'; try { cookie = document.cookie } catch (e) { cookie = 'refused' }"
            "document.getElementById('said').textContent = 'cookies: ' + cookie</script>")
for n in range(1, 6):
    png(f"outputs/samples/epoch_{n}.png", 16, 16, n * 50)
with open("outputs/model.pkl", "wb") as f:
    f.write(b"\\0" * 100)
'''
DRAW = """import struct, zlib

def png(path, width, height, shade):
    rows = b"".join(b"\\0" + bytes((shade, (x * 16) % 256, (y * 16) % 256)[c] for x in range(width)
                    for c in range(3)) for y in range(height))
    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    with open(path, "wb") as f:
        f.write(b"\\x89PNG\\r\\n\\x1a\\n" + part(b"IHDR", head)
                + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b""))
"""


def png(width: int, height: int) -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    rows = (b"\0" + b"\x10\x80\xc0" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    made = part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + made


def sent(server: Live, code: Path) -> str:
    """A job with code, and files of every kind."""
    (code / "lib").mkdir(parents=True)
    (code / "train.py").write_text(TRAIN)
    (code / "lib" / "draw.py").write_text(DRAW)
    (code / "README.md").write_text("# How to train\n")
    ((name, _),) = send(
        server,
        {
            "command": "python train.py",
            "code": str(code),
            "display_name": "everything",
            "experiment_name": "pages",
            "tags": {"team": "vision"},
        },
    )
    return name


def logged(server: Live, name: str, metrics: dict[str, list[float]]) -> str:
    """A run that only logged, as MLflow's client would."""
    base = f"{server.variables['MLFLOW_TRACKING_URI']}/api/2.0/mlflow"
    auth = ("admin", server.variables["MLFLOW_TRACKING_PASSWORD"])
    with httpx.Client(verify=False, auth=auth, timeout=60) as client:
        made = client.post(f"{base}/runs/create", json={"experiment_id": "0", "run_name": name})
        run: str = made.json()["run"]["info"]["run_id"]
        points = [
            {"key": key, "value": value, "timestamp": 1_700_000_000_000 + 1000 * n, "step": n}
            for key, values in metrics.items()
            for n, value in enumerate(values)
        ]
        for at in range(0, len(points), 1000):
            asked = {"run_id": run, "metrics": points[at : at + 1000]}
            client.post(f"{base}/runs/log-batch", json=asked).raise_for_status()
        client.post(f"{base}/runs/update", json={"run_id": run, "status": "FINISHED"})
    return run


@pytest.fixture(scope="module")
def everything(server: Live, tmp_path_factory: pytest.TempPathFactory) -> str:
    return sent(server, tmp_path_factory.mktemp("pages") / "code")


def ends(page: Page, state: str = "Completed") -> None:
    expect(page.locator(".job-head .status")).to_have_text(re.compile(state), timeout=60_000)


def test_two_thousand_metrics_are_two_thousand_boxes_and_few_charts(
    studio: Studio, server: Live
) -> None:
    run = logged(server, "many", {f"m/{n:04}": [n, n + 1.0] for n in range(2000)})
    page = studio.page(f"jobs/{run}")
    page.get_by_role("tab", name="Metrics (2,000)").click()
    expect(page.locator('[data-metric="m/0000"] canvas')).to_be_visible()
    expect(page.locator(".chart")).to_have_count(2000)
    assert page.locator(".chart canvas").count() < 30
    page.locator('[data-metric="m/1990"]').scroll_into_view_if_needed()
    expect(page.locator('[data-metric="m/1990"] canvas')).to_be_visible()
    expect(page.locator('[data-metric="m/0000"] canvas')).to_have_count(0)
    page.get_by_role("searchbox", name="Find a metric").fill("0042")
    expect(page.locator(".chart")).to_have_count(1)


def test_a_chart_is_the_envelope_zoomed_linked_and_saved(
    studio: Studio, server: Live, tmp_path: Path
) -> None:
    values = [float((n * 7919) % 10_007) / 10_007 for n in range(20_000)]
    run = logged(server, "long", {"loss": values, "other": values[:500]})
    asked: list[dict[str, object]] = []
    page = studio.page("jobs")
    page.on(
        "request", lambda r: asked.append(r.post_data_json) if r.url.endswith("/curves") else None
    )
    page.goto(f"{studio.url}/studio/w/main/jobs/{run}")
    page.get_by_role("tab", name="Metrics (2)").hover()
    for _ in range(1000):
        if asked:  # here, or while the page was idle before
            break
        page.wait_for_timeout(20)
    page.get_by_role("tab", name="Metrics (2)").click()
    chart = page.locator('[data-metric="loss"]')
    expect(chart.locator("canvas")).to_be_visible()
    assert asked[0]["keys"] == ["loss", "other"]  # before they were seen
    assert {one["width"] for one in asked} == {asked[0]["width"]}  # nothing asked for twice
    label = f"{min(values):.5g} to {max(values):.5g}"
    expect(chart.get_by_role("img")).to_have_attribute("aria-label", re.compile(re.escape(label)))
    expect(chart.locator("footer")).to_contain_text("20,000 points")

    with page.expect_download() as saving:
        chart.get_by_role("button", name="CSV").click()
    lines = Path(saving.value.path()).read_text().splitlines()
    assert lines[0] == "run,metric,step,min,mean,max"
    lows = [float(line.split(",")[3]) for line in lines[1:]]
    assert min(lows) == min(values)

    box = chart.locator(".u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 30)
    legend = page.locator('[data-metric="other"] .u-legend')
    expect(legend).to_contain_text(re.compile(r"step:?\s*\d"))  # linked cursors
    page.goto(f"{studio.url}/studio/w/main/jobs/{run}?tab=metrics&zoom=700%3A749&y=log&smooth=0.5")
    expect(chart.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile(re.escape(f"to {max(values[700:750]):.5g}"))
    )
    expect(page.get_by_role("switch", name="Log y")).to_be_checked()
    chart.get_by_role("button", name="Full width").click()
    expect(page).to_have_url(re.compile("chart=loss"))
    page.get_by_role("combobox", name="Horizontal axis").select_option("time")
    expect(page).to_have_url(re.compile("x=time"))
    chart.get_by_role("button", name="Table").click()
    expect(chart.get_by_role("table")).to_contain_text("2023-11-14T22:13:20.000Z")


def test_pictures_are_stepped_through_and_seen_pixel_by_pixel(
    studio: Studio, server: Live, everything: str
) -> None:
    page = studio.page(f"jobs/{everything}")
    ends(page)
    page.get_by_role("tab", name="Images").click()
    one = page.get_by_role("img", name=re.compile(r"epoch_\*\.png, step 5"))
    expect(one).to_be_visible()
    page.get_by_role("slider", name="step").press("Home")
    expect(page.get_by_role("img", name=re.compile("step 1$"))).to_be_visible()
    expect(page).to_have_url(re.compile("frame=1"))
    page.get_by_role("button", name=re.compile("Enlarge")).click()
    large = page.get_by_role("region", name=re.compile("epoch"))
    large.get_by_role("button", name="Next step").click()
    expect(large.get_by_role("status")).to_have_text("step 2")
    large.get_by_role("button", name="8:1").click()
    assert large.get_by_role("img").evaluate("i => i.getBoundingClientRect().width") == 128
    page.reload()
    expect(large.get_by_role("status")).to_have_text("step 2")
    page.keyboard.press("Escape")


def test_what_mlflow_logs_as_images_has_its_key_and_steps(studio: Studio, server: Live) -> None:
    run = logged(server, "pictures", {"loss": [1.0]})
    # Which workspace has which storage is not for tests to know: in each.
    for storage in (server.home / "storage").glob("*/azureml"):
        folder = storage / "ExperimentRun" / f"dcid.{run}" / "images"
        folder.mkdir(parents=True)
        for step in (3, 20):
            name = f"val~sample+step+{step}+timestamp+{step}+u{step}"
            (folder / f"{name}.png").write_bytes(png(40, 30))
            (folder / f"{name}+compressed.webp").write_bytes(png(4, 3))
    page = studio.page(f"jobs/{run}?tab=images")
    shown = page.get_by_role("img", name="val/sample, step 20")
    expect(shown).to_have_attribute("src", re.compile("compressed.webp"))
    assert shown.evaluate("i => i.naturalWidth") == 4
    page.get_by_role("button", name="Enlarge val/sample").click()
    large = page.get_by_role("region", name="val/sample").get_by_role("img")
    expect(large).to_have_js_property("naturalWidth", 40)


def test_tables_json_and_reports_are_shown_as_what_they_are(
    studio: Studio, everything: str
) -> None:
    page = studio.page(f"jobs/{everything}")
    ends(page)
    page.get_by_role("tab", name="Outputs + logs").click()
    files = page.get_by_role("region", name="Files")
    files.get_by_role("button", name=re.compile("rows.csv")).click()
    table = page.get_by_role("region", name="outputs/rows.csv")
    expect(page.get_by_text("3,000 rows, 3 columns")).to_be_visible()
    expect(table.get_by_role("row", name=re.compile("row 3 "))).to_be_visible()
    assert table.get_by_role("row").count() < 100
    for _ in range(40):
        table.evaluate("e => e.scrollTo(0, e.scrollHeight)")
        if table.get_by_text("row 2999", exact=True).count():
            break
        page.wait_for_timeout(50)
    expect(table.get_by_text("row 2999", exact=True)).to_be_visible()
    files.get_by_role("button", name=re.compile("eval.json")).click()
    expect(page.get_by_role("cell", name="because")).to_be_visible()
    page.get_by_role("button", name="As text").click()
    expect(page.get_by_role("textbox", name="outputs/eval.json")).to_contain_text('"columns": [')
    expect(page).to_have_url(re.compile("as=text"))
    files.get_by_role("button", name=re.compile("confusion.json")).click()
    expect(page.get_by_role("rowheader", name="dog")).to_be_visible()
    files.get_by_role("button", name=re.compile("big.json")).click()
    expect(page.get_by_text("The first 262.1 KB are shown")).to_be_visible()
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_text("The first 524.3 KB are shown")).to_be_visible()
    files.get_by_role("button", name=re.compile("report.html")).click()
    report = page.frame_locator("iframe")
    expect(report.get_by_role("heading", name="Report")).to_be_visible()
    expect(report.locator("#said")).to_have_text("cookies: refused")
    files.get_by_role("button", name=re.compile("model.pkl")).click()
    expect(page.get_by_text("download it to look inside")).to_be_visible()


def test_the_code_a_job_was_sent_with_is_read(studio: Studio, everything: str) -> None:
    page = studio.page(f"jobs/{everything}?tab=code")
    text = page.get_by_role("textbox", name="train.py")
    expect(text).to_contain_text("Writes what people look at afterwards")
    page.get_by_role("button", name=re.compile("draw.py")).click()
    expect(page.get_by_role("textbox", name="lib/draw.py")).to_contain_text("def png")
    expect(page).to_have_url(re.compile("file=lib%2Fdraw.py"))
    href = page.get_by_role("link", name="Compare code with another job").get_attribute("href")
    assert href is not None and f"runs={everything}" in href and "tab=code" in href


def test_names_descriptions_and_tags_change_where_they_stand(studio: Studio, server: Live) -> None:
    run = logged(server, "first name", {"a": [1.0]})
    page = studio.page(f"jobs/{run}")
    page.get_by_role("button", name="Change the name").click()
    page.get_by_role("textbox", name="Change the name").fill("second name")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("second name"))
    page.get_by_role("button", name="Change the description").click()
    page.get_by_role("textbox", name="Change the description").fill("two\nlines")
    page.keyboard.press("Control+Enter")
    page.get_by_role("textbox", name="Add a tag").fill("team = vision")
    page.keyboard.press("Enter")
    expect(page.get_by_text("team = vision")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name=re.compile("second name"))).to_be_visible()
    expect(page.get_by_text("two\nlines")).to_be_visible()
    page.get_by_role("button", name="Remove the tag team").click()
    expect(page.get_by_text("team = vision")).to_have_count(0)

    page.get_by_role("textbox", name="Add a tag").fill("k" * 300)
    page.keyboard.press("Enter")  # refused: rolled back, with the reason
    expect(page.locator(".toasts")).to_contain_text("250 characters")
    expect(page.locator(".tags")).not_to_contain_text("kkkk")
    studio.errors[:] = [e for e in studio.errors if "400" not in e]


def test_from_why_to_the_line_to_a_rerun_that_works(
    studio: Studio, server: Live, tmp_path: Path
) -> None:
    needed = tmp_path / "needed.txt"
    command = f"echo begun; python -c \"import sys; open('{needed}'); sys.exit(0)\""
    ((name, _),) = send(server, {"command": command, "display_name": "fixable"})
    page = studio.page(f"jobs/{name}")
    ends(page, "Failed")
    why = page.get_by_role("region", name="Why")
    expect(why).to_contain_text("Why it failed, with exit code 1")
    expect(why).to_contain_text("No such file or directory")
    page.keyboard.press("e")
    expect(page.locator(".log-line.on")).to_contain_text("FileNotFoundError")
    needed.write_text("here")
    page.get_by_role("button", name="Rerun").click()
    expect(page).to_have_url(re.compile(f"jobs/{name}_again_"))
    ends(page)
    expect(page.get_by_role("link", name="Rerun of")).to_have_attribute("href", re.compile(name))


def test_a_waiting_jobs_reason_changes_while_one_looks(
    at: Callable[[Live], Studio], tmp_path: Path
) -> None:
    home, go = tmp_path / "home", tmp_path / "go"
    server = live.up(home, settings={"slots": "1"})
    try:
        studio = at(server)
        wait = f"until [ -e {go} ]; do sleep 0.1; done"
        hold = "until [ -e {} ]; do sleep 0.1; done".format(tmp_path / "more")
        (_, _), (_, _), (third, _) = send(
            server,
            {"command": wait, "display_name": "one"},
            {"command": hold, "display_name": "two"},
            {"command": "echo three", "display_name": "three"},
        )
        page = studio.page(f"jobs/{third}")
        why = page.get_by_role("region", name="Why")
        expect(why).to_contain_text("1 job was sent before it")
        page.evaluate("window.notReloaded = true")
        go.touch()
        expect(why).to_contain_text("it is the next")
        (tmp_path / "more").touch()
        ends(page)
        assert page.evaluate("window.notReloaded") is True
    finally:
        live.down(home)


def test_what_the_machine_did_is_in_groups(studio: Studio, server: Live) -> None:
    kinds = ("cpu_utilization_percentage", "system_memory_usage_megabytes", "disk_usage_megabytes")
    metrics = {f"system/{kind}": [50.0] * 100 for kind in kinds}
    metrics["system/gpu_0_utilization_percentage"] = [0.0] * 100
    metrics["system/gpu_1_utilization_percentage"] = [90.0] * 100
    page = studio.page(f"jobs/{logged(server, 'machine', metrics)}?tab=monitoring")
    for group in ("GPU", "Processor", "Memory", "Disk"):
        expect(page.get_by_role("region", name=group, exact=True)).to_be_visible()
    idle = page.locator('[data-metric="system/gpu_0_utilization_percentage"] footer')
    expect(idle).to_contain_text("Idle")
    busy = page.locator('[data-metric="system/gpu_1_utilization_percentage"] footer')
    expect(busy).not_to_contain_text("Idle")
    page.get_by_role("button", name=re.compile("Processor")).click()
    expect(page).to_have_url(re.compile("closed=cpu"))
    expect(page.locator('[data-metric="system/cpu_utilization_percentage"]')).to_have_count(0)


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 400)])
def test_each_part_can_be_used_by_everybody(
    studio: Studio, everything: str, theme: str, width: int
) -> None:
    context = studio.context(viewport={"width": width, "height": 900})
    context.add_init_script(
        "if (location.protocol.startsWith('http'))"
        f"{{localStorage.setItem('zafiro.theme', '{theme}')}}"
    )
    ends(studio.page(f"jobs/{everything}", context))
    page, found = context.new_page(), {}
    for part, seen in (
        ("tab=overview", "Facts"),
        ("tab=images&image=outputs/samples/epoch_*.png&scale=8", "Download"),
        ("tab=code", "train.py"),
        ("tab=outputs&log=outputs/rows.csv", "3,000 rows"),
        ("tab=outputs&log=outputs/confusion.json", "predicted class"),
        ("tab=outputs&log=outputs/big.json", "Show more"),
        ("tab=outputs&log=user_logs/std_log.txt", "Follow"),
    ):
        page.goto(f"{studio.url}/studio/w/main/jobs/{everything}?{part}")
        expect(page.get_by_text(seen).first).to_be_visible()
        if wrong := violations(page):
            found[part] = wrong
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found[f"{part} is wider than the window"] = []
    assert not found, found
