"""A page that stays open all day stays small."""

import ssl
import time

import httpx
from playwright.sync_api import expect

from browser.conftest import Studio
from conftest import Say
from zafiro.testing.live import Live

RUNS = 800  # what a busy team makes in an hour
BUDGET_MB = 300


def runs(server: Live, count: int) -> None:
    """Made, written to and ended, as MLflow's client does it."""
    given = server.variables
    trust = ssl.create_default_context(cafile=given["SSL_CERT_FILE"])
    base = f"{given['MLFLOW_TRACKING_URI']}/api/2.0/mlflow"
    with httpx.Client(verify=trust, auth=("admin", given["MLFLOW_TRACKING_PASSWORD"])) as http:
        found = http.post(f"{base}/experiments/create", json={"name": f"busy-{time.time()}"})
        experiment = found.raise_for_status().json()["experiment_id"]
        for n in range(count):
            at = int(time.time() * 1000)
            asked = {"experiment_id": experiment, "run_name": f"busy-{n}", "start_time": at}
            made = http.post(f"{base}/runs/create", json=asked).raise_for_status().json()
            id = made["run"]["info"]["run_id"]
            points = [{"key": "loss", "value": n, "timestamp": at, "step": s} for s in range(5)]
            http.post(f"{base}/runs/log-batch", json={"run_id": id, "metrics": points})
            ended = {"run_id": id, "status": "FINISHED", "end_time": at}
            http.post(f"{base}/runs/update", json=ended).raise_for_status()


def test_an_hour_of_a_busy_team_leaves_a_page_small(studio: Studio, say: Say) -> None:
    page = studio.page("jobs")
    page.locator(".grid").wait_for()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def heap_mb() -> float:
        session.send("HeapProfiler.collectGarbage")
        told = session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in told if one["name"] == "JSHeapUsedSize")) / 1e6

    runs(studio.server, 50)
    before = heap_mb()
    runs(studio.server, RUNS)
    # The last of them arrived here, or waits behind the button that brings it.
    expect(page.get_by_text(f"busy-{RUNS - 1}").or_(page.locator(".newer")).first).to_be_visible()
    after = heap_mb()
    say(f"{RUNS:,} runs later the list holds {after:.0f} MB (before {before:.0f}; {BUDGET_MB})")
    assert after < BUDGET_MB
    assert after - before < 30, "what an hour brings is kept for ever"
