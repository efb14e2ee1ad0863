"""An installation with some runs in it, asked over HTTP in process."""

from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from zafiro.app import Zafiro
from zafiro.tracking import metrics
from zafiro.tracking import service as tracking
from zafiro.tracking.domain import Point
from zafiro.workspaces.domain import Workspace

JOBS = 25


@dataclass(frozen=True)
class Room:
    """made: the installation; main: its workspace; browser: signed in; stranger: not."""

    made: Zafiro
    main: Workspace
    browser: TestClient
    stranger: TestClient

    def query(self, filter: str = "", **more: object) -> list[str]:
        """The display names a list shows."""
        answer = self.browser.post(f"{API}/jobs/query", json={"filter": filter, **more})
        assert answer.status_code == 200, answer.text
        return [row["display_name"] for row in answer.json()["rows"]]


API = "/studio/api/w/main"


def fill(db: Session, main: Workspace) -> None:
    """Runs 00 to 24: every fifth failed, the others finished; run 24 still runs. Metric `auc` is
    the number over 100; run 07 has a curve of 4,000 points with one NaN."""
    for experiment in ("fraud", "vision"):
        tracking.ensure_experiment(db, main.guid, experiment)
    for number in range(JOBS):
        experiment = tracking.ensure_experiment(db, main.guid, "fraud" if number % 2 else "vision")
        run = tracking.create_run(
            db,
            main.guid,
            f"run_{number:02}",
            experiment,
            f"brave {number:02}",
            user="ana" if number % 3 else "admin",
            start_ms=1_700_000_000_000 + number * 1000,
        )
        logged = [Point("auc", number / 100, 1, 0)]
        if number == 7:
            logged += [Point("loss", float((i * 7919) % 1000), i, i) for i in range(4000)]
            logged.append(Point("loss", float("nan"), 6000, 2500))
        metrics.log_points(db, run.key, run.experiment_key, logged)
        metrics.log_params(db, run.key, run.experiment_key, {"n": str(number)}, run_id=run.run_id)
        if number < JOBS - 1:
            status = "FAILED" if number % 5 == 0 else "FINISHED"
            tracking.set_mlflow_status(db, run, status=status, end_ms=None, name=None)
