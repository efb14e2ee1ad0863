"""What of a run a TensorBoard gets to see, in a whole installation."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from zafiro.core import names
from zafiro.core.context import Context
from zafiro.core.errors import NotFound
from zafiro.tensorboards import service
from zafiro.tensorboards.domain import shown_name
from zafiro.tracking import service as tracking
from zafiro.workspaces.domain import Workspace


@pytest.fixture
def artifacts(ctx: Context, db: Session, main: Workspace) -> Path:
    """Those of an MLflow run 'r', with nothing in it."""
    experiment = tracking.ensure_experiment(db, main.guid, "e")
    tracking.create_run(db, main.guid, "r", experiment, "r")
    folder = ctx.home.storage / main.storage_account / "azureml" / names.artifact_root("r")
    folder.mkdir(parents=True)
    return folder


def test_a_run_without_event_files_has_nothing_to_show_yet(
    ctx: Context, db: Session, main: Workspace, artifacts: Path
) -> None:
    (artifacts / "logs").mkdir()
    (artifacts / "logs" / "notes.txt").write_text("no events")
    said = service.shown(ctx, db, main, "r").why_none
    assert "run 'r' has no TensorBoard event files" in said and "still runs" in said


@pytest.mark.parametrize("where", ["logs/a/b", "outputs", "logged/with/mlflow", ""])
def test_event_files_are_found_wherever_a_run_keeps_them(
    ctx: Context, db: Session, main: Workspace, artifacts: Path, where: str
) -> None:
    (artifacts / where).mkdir(parents=True, exist_ok=True)
    (artifacts / where / "events.out.tfevents.1.host").write_bytes(b"")
    shown = service.shown(ctx, db, main, "r")
    assert not shown.why_none
    assert (where.split("/")[0] or "events.out.tfevents.1.host") in shown.folders


def test_logs_of_ours_are_not_looked_through(
    ctx: Context, db: Session, main: Workspace, artifacts: Path
) -> None:
    (artifacts / "user_logs").mkdir()
    (artifacts / "user_logs" / "events.out.tfevents.1.host").write_bytes(b"")
    assert service.shown(ctx, db, main, "r").why_none


def test_a_run_that_is_not_there_is_not_found(ctx: Context, db: Session, main: Workspace) -> None:
    with pytest.raises(NotFound):
        service.shown(ctx, db, main, "nothing")


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "..", "", "a/b", "a\0b"])
def test_an_output_is_shown_under_one_name_whatever_it_is_called(name: str) -> None:
    shown = shown_name(name)
    assert "/" not in shown and "\0" not in shown and shown not in ("", ".", "..")
