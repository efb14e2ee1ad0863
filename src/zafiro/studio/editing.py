"""What people change on a job's page: its name, what is said of it, its tags; and sending it again."""

import copy
import secrets

from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.core.errors import Conflict, Invalid
from zafiro.jobs import overview as jobs
from zafiro.jobs import service as job_verbs
from zafiro.studio import job_wire
from zafiro.tracking import service as tracking
from zafiro.workspaces.domain import Workspace

RERUN_OF = "zafiro.rerunOf"  # a property of the new job: the name of the one it repeats


def change(db: Session, workspace: Workspace, name: str, asked: job_wire.JobChange) -> None:
    """Says it of the run, where every client reads it. Raises NotFound, Invalid, and Conflict when
    a tag was to be taken away and somebody has changed it meanwhile."""
    run = tracking.get_run(db, workspace.guid, name)
    tracking.check_active(run)
    if asked.display_name is not None and not asked.display_name.strip():
        raise Invalid("display_name", "must not be empty")
    tags = dict(run.tags)
    for key, value in asked.remove_tags.items():
        if tags.get(key, value) != value:
            raise Conflict(f"the tag '{key}' is '{tags[key]}' by now, not '{value}'")
        tags.pop(key, None)
    for key, value in asked.tags.items():
        if not key.strip():
            raise Invalid("tags", "a tag has a name")
        tags[key] = value
    tracking.update_run(
        db,
        workspace.guid,
        run.run_id,
        display_name=asked.display_name,
        description=asked.description,
        tags=tags if tags != run.tags else None,
        replace_tags=tags != run.tags,
    )


def rerun(ctx: Context, db: Session, workspace: Workspace, name: str, *, by: str) -> str:
    """Sends the same job again, under what it is called now; its new name. What it names is looked
    up anew: what was deleted meanwhile is refused as for any job. Raises NotFound, Invalid,
    Conflict for a run that no job of this server made."""
    run = tracking.get_run(db, workspace.guid, name)
    kept = jobs.find(db, workspace.guid, run.run_id)
    if kept is None:
        raise Conflict(
            f"'{run.name}' was not sent as a job: its code ran elsewhere and only logged here"
        )
    body = copy.deepcopy(dict(kept.body))
    properties = body["properties"]
    properties |= {
        "displayName": run.name,
        "description": run.description,
        "tags": {k: v for k, v in run.tags.items() if not k.startswith("mlflow.")},
        "properties": {**(properties.get("properties") or {}), RERUN_OF: run.run_id},
        "isArchived": False,
    }
    stem = str((run.properties or {}).get(RERUN_OF) or run.run_id)
    new = f"{stem[:230]}_again_{secrets.token_hex(3)}"
    job_verbs.submit(ctx, db, workspace, new, body, by=by)
    return new
