"""Which event files a run has: functions of an open session."""

import os
from pathlib import Path

from sqlalchemy.orm import Session

from zafiro.core import names
from zafiro.core.context import Context
from zafiro.jobs import service as jobs
from zafiro.tensorboards.domain import Shown, is_event_file, none_yet, shown_name
from zafiro.tracking import service as tracking
from zafiro.workspaces.domain import Workspace

_LOGS = ("user_logs", "system_logs")
_ALWAYS = ("outputs", "logs")  # a running job may write there any moment


def shown(ctx: Context, db: Session, workspace: Workspace, name: str) -> Shown:
    """Everything of a run in which event files may be. Raises NotFound."""
    run = tracking.get_run(db, workspace.guid, name)
    outputs = jobs.output_folders(ctx, db, workspace, run.run_id)
    account = ctx.home.storage / workspace.storage_account / "azureml"
    artifacts = account / names.artifact_root(run.run_id)
    found = {name: artifacts / name for name in _ALWAYS}
    if artifacts.is_dir():
        for entry in sorted(artifacts.iterdir()):
            if entry.name not in _LOGS and (entry.is_dir() or is_event_file(entry.name)):
                found[entry.name] = entry
    for name, folder in outputs.items():
        shown_as = shown_name(name)
        found[shown_as if shown_as not in found else f"output {shown_as}"] = folder
    if any(has_events(folder) for folder in found.values()):
        return Shown(found, "")
    running = (run.state_end_ms if run.owned else run.end_ms) is None
    return Shown(found, none_yet(run.run_id, running))


def has_events(place: Path) -> bool:
    """Whether that is an event file or has one somewhere below it."""
    if place.is_file():
        return is_event_file(place.name)
    return any(is_event_file(file) for _, _, files in os.walk(place) for file in files)
