"""The verbs of runs, for the faces and for the jobs slice. Functions of an open session; nothing
here commits. A run is named by its workspace's GUID and its run id.
"""

from collections.abc import Collection, Iterable
from functools import cache
from types import SimpleNamespace
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zafiro.core.errors import Conflict, Invalid, NotFound
from zafiro.tracking import artifacts, sql
from zafiro.tracking import experiments as experiments
from zafiro.tracking import models as models
from zafiro.tracking import rules as rules
from zafiro.tracking.domain import (
    ACTIVE,
    DELETED,
    ENDED,
    ENDED_STATUS,
    MLFLOW_STATUS,
    NOTE,
    PARENT_RUN,
    RUN_NAME,
    Experiment,
    Place,
    Run,
)
from zafiro.tracking.experiments import now_ms
from zafiro.tracking.shelves import shelves as shelves
from zafiro.tracking.store import ExperimentRow, RunRow, TagRow, dialect, insert_in, root_of
from zafiro.tracking.tags import put_tags, write_tags

remove_files = artifacts.remove  # a file or folder of the artifact container


def ensure_experiment(db: Session, workspace: str, name: str) -> Experiment:
    """The experiment of that name, made when there is none. Raises Invalid for a bad name."""
    return experiments.ensure(db, workspace, name)


def create_run(
    db: Session,
    workspace: str,
    run_id: str,
    experiment: Experiment,
    name: str,
    *,
    parent: str | None = None,
    user: str = "",
    start_ms: int | None = None,
    tags: dict[str, str] | None = None,
    owned: bool = False,
    job: str | None = None,
    state: str = "NotStarted",
    description: str | None = None,
    properties: dict[str, str] | None = None,
    run_type: str | None = None,
    target: str | None = None,
    definition: dict[str, Any] | None = None,
) -> Run:
    """A new run.

    owned       it is the run of the job of the same name: begins in `state`, ends when
                `set_status` says so
    job         name of the job whose code creates it, if any; a job token may write what is its own
    parent      run id; may be unknown here
    tags        may carry mlflow.parentRunId and mlflow.note.content
    start_ms    now, if not given; the first Running of an owned run moves it
    definition  the job's runDefinition for run history; null when there is none

    Raises Conflict when the workspace has a run of that id, Invalid for a deleted experiment.
    """
    rules.run_id(run_id)
    experiments.check_active(experiment)
    given = {key: rules.tag(key, value) for key, value in (tags or {}).items()}
    given.pop(RUN_NAME, None)
    parent = given.pop(PARENT_RUN, None) or parent
    note = given.pop(NOTE, None)
    at = now_ms()
    values = {
        "workspace": workspace,
        "run_id": run_id,
        "experiment": experiment.key,
        "name": name,
        "status": MLFLOW_STATUS[state] if owned else "RUNNING",
        "lifecycle": ACTIVE,
        "start_ms": at if start_ms is None else start_ms,
        "user_name": user,
        "parent": parent,
        "root": root_of(db, workspace, parent) if parent else run_id,
        "owned": owned,
        "job": run_id if owned else job,
        "state": state if owned else None,
        "created_ms": at,
        "modified_ms": at,
        "description": description if note is None else note,
        "hidden": False,
        "run_type": run_type,
        "target": target,
        "properties": properties,
        "definition": definition,
    }
    made = db.connection().scalars(_insert_run(dialect(db)), values).one_or_none()
    if made is None:
        raise Conflict(f"run '{run_id}' exists already in this workspace")
    unset = dict.fromkeys(RunRow.__table__.c.keys())
    row = SimpleNamespace(**{**unset, **values, "key": made})
    if given:
        rows = [(row.key, key, value, experiment.key) for key, value in given.items()]
        write_tags(db, rows)
    return _run(row, experiment.name, given, experiment.place)


def get_run(db: Session, workspace: str, run_id: str) -> Run:
    """Raises NotFound."""
    found = find_run(db, workspace, run_id)
    if found is None:
        raise NotFound("run", run_id, f"Run with id={run_id} not found")
    return found


def find_run(db: Session, workspace: str, run_id: str) -> Run | None:
    found = load(db, every_run().where(RunRow.workspace == workspace, RunRow.run_id == run_id))
    return found[0] if found else None


def get_runs(db: Session, workspace: str, run_ids: Iterable[str]) -> dict[str, Run]:
    """Those of them that exist, in one look: for lists of jobs."""
    wanted = list(run_ids)
    if not wanted:
        return {}
    query = every_run().where(RunRow.workspace == workspace, RunRow.run_id.in_(wanted))
    return {run.run_id: run for run in load(db, query)}


def children(db: Session, workspace: str, run_id: str, *, limit: int | None = None) -> list[Run]:
    """The runs right below, first made first."""
    query = (
        every_run()
        .where(RunRow.workspace == workspace, RunRow.parent == run_id)
        .where(RunRow.lifecycle == ACTIVE)
        .order_by(RunRow.key)
        .limit(limit)
    )
    return load(db, query)


def every_run() -> Any:
    """The query `load` takes, to be narrowed: every run with its experiment's name."""
    columns = RunRow.__table__.c  # not the class: a page of runs needs no tracked objects
    return select(
        *columns,
        ExperimentRow.name.label("experiment_name"),
        ExperimentRow.location,
        ExperimentRow.folder,
    ).join_from(RunRow, ExperimentRow, ExperimentRow.key == RunRow.experiment)


def load(db: Session, query: Any) -> list[Run]:
    """Runs with their tags, in the query's order: two statements however many there are."""
    rows = db.execute(query).all()
    tags: dict[int, dict[str, str]] = {}
    if rows:
        tag = TagRow.__table__.c
        wanted = select(tag.run, tag.key, tag.value).where(tag.run.in_([row.key for row in rows]))
        for key, name, value in db.execute(wanted).all():
            tags.setdefault(key, {})[name] = value
    return [
        _run(
            row,
            row.experiment_name,
            tags.get(row.key, {}),
            None if row.location is None else Place(row.location, row.folder),
        )
        for row in rows
    ]


def set_status(
    db: Session,
    workspace: str,
    run_id: str,
    status: str,
    *,
    at_ms: int | None = None,
    error: dict[str, Any] | None = None,
) -> Run:
    """Say how a run stands, in Azure's words. A run that has ended stays as it ended.

    The first Running sets the start, an end sets the end. `error` is the object the SDK shows,
    {"error": {"code", "message", …}}. While the job runs, an end that user code announced through
    MLflow stays visible there; when the job ends, its own outcome is what both faces show.
    Raises NotFound, Invalid for an unknown word.
    """
    if status not in MLFLOW_STATUS:
        raise Invalid("status", f"'{status}' is none of {', '.join(MLFLOW_STATUS)}")
    row = _row(db, workspace, run_id)
    at = now_ms() if at_ms is None else at_ms
    if (row.state if row.owned else None) in ENDED:
        return get_run(db, workspace, run_id)
    word = MLFLOW_STATUS[status]
    moves = status in ENDED or row.status not in ENDED_STATUS
    if row.owned or moves:
        row.state = status
    if row.owned:
        if status == "Running" and row.state_start_ms is None:
            row.state_start_ms = row.start_ms = at
        if status in ENDED:
            row.state_end_ms = at
    if moves:
        row.status = word
    if status in ENDED:
        row.end_ms = at
    if error is not None:
        row.error = error
    row.modified_ms = max(row.modified_ms, now_ms())
    db.flush()
    return get_run(db, workspace, run_id)


def update_run(
    db: Session,
    workspace: str,
    run_id: str,
    *,
    display_name: str | None = None,
    description: str | None = None,
    tags: dict[str, str] | None = None,
    properties: dict[str, str] | None = None,
    hidden: bool | None = None,
    user: str | None = None,
    target: str | None = None,
    run_type: str | None = None,
    definition: dict[str, Any] | None = None,
    warnings: list[dict[str, Any]] | None = None,
    told: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
    replace_tags: bool = False,
) -> Run:
    """Change what is given; tags and properties are merged (tags replaced if asked).

    Raises NotFound.
    """
    row = _row(db, workspace, run_id)
    for column, value in (
        ("name", display_name or None),
        ("description", description),
        ("hidden", hidden),
        ("user_name", user),
        ("target", target),
        ("run_type", run_type),
        ("definition", definition),
        ("warnings", warnings),
        ("error", error),
    ):
        if value is not None:
            setattr(row, column, value)
    if properties:
        row.properties = {**(row.properties or {}), **properties}
    if told:
        row.told = {**(row.told or {}), **told}
    if replace_tags:
        db.execute(delete(TagRow).where(TagRow.run == row.key))
    row.modified_ms = now_ms()
    db.flush()
    if tags:
        put_tags(db, row.key, row.experiment, tags)
    return get_run(db, workspace, run_id)


def set_outputs(db: Session, workspace: str, run_id: str, outputs: dict[str, Any]) -> None:
    """{name: {"assetId": …, "type": "uri_folder"}}; merged. Raises NotFound."""
    row = _row(db, workspace, run_id)
    row.outputs = {**(row.outputs or {}), **outputs}
    db.flush()


def set_mlflow_status(
    db: Session, run: Run, *, status: str | None, end_ms: int | None, name: str | None
) -> Run:
    """What MLflow's runs/update says. Never moves the state of a job. Raises Invalid."""
    check_active(run)
    fields: dict[Any, Any] = {RunRow.modified_ms: now_ms()}
    if status:
        fields[RunRow.status] = status
    if end_ms is not None:
        fields[RunRow.end_ms] = end_ms
    if name:
        fields[RunRow.name] = name
    db.execute(update(RunRow).where(RunRow.key == run.key).values(fields))
    db.expire_all()
    return get_run(db, run.workspace, run.run_id)


def remove_run(db: Session, run: Run) -> None:
    """Mark as deleted, as MLflow does: `restore_run` brings it back."""
    _lifecycle(db, run, DELETED, now_ms())


def restore_run(db: Session, run: Run) -> None:
    _lifecycle(db, run, ACTIVE, None)


def check_active(run: Run) -> None:
    if run.lifecycle != ACTIVE:
        raise _inactive(run.run_id, run.lifecycle)


def check_active_rows(db: Session, runs: Collection[int]) -> None:
    """The same from the keys alone, for hot writes. Raises NotFound for one that is gone."""
    if not runs:
        return
    among, given = sql.among(db, runs)
    found = sql.rows(db, f"SELECT run_id, lifecycle FROM runs WHERE key {among}", [given])
    for run_id, lifecycle in found:
        if lifecycle != ACTIVE:
            raise _inactive(run_id, lifecycle)
    if len(found) < len(runs):
        raise NotFound("run", "", "it was deleted for good")


def _inactive(run_id: str, lifecycle: str) -> Invalid:
    return Invalid(
        "",
        f"The run {run_id} must be in the 'active' state. Current state is {lifecycle}.",
    )


@cache
def _insert_run(dialect: str) -> Any:
    """Built once, of columns and not attributes: building it costs more than running it."""
    made = insert_in(dialect, RunRow.__table__)
    return made.on_conflict_do_nothing().returning(RunRow.__table__.c.key)


def _lifecycle(db: Session, run: Run, lifecycle: str, deleted_ms: int | None) -> None:
    db.execute(
        update(RunRow)
        .where(RunRow.key == run.key)
        .values(lifecycle=lifecycle, deleted_ms=deleted_ms, modified_ms=now_ms())
    )


def _row(db: Session, workspace: str, run_id: str) -> RunRow:
    query = select(RunRow).where(RunRow.workspace == workspace, RunRow.run_id == run_id)
    row = db.scalars(query.with_for_update()).one_or_none()
    if row is None:
        raise NotFound("run", run_id, f"Run with id={run_id} not found")
    return row


def _run(row: Any, experiment: str, tags: dict[str, str], place: Place | None) -> Run:
    return Run(
        key=row.key,
        workspace=row.workspace,
        run_id=row.run_id,
        experiment_key=row.experiment,
        experiment=experiment,
        name=row.name,
        status=row.status,
        lifecycle=row.lifecycle,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        user=row.user_name,
        parent=row.parent,
        root=row.root,
        owned=row.owned,
        job=row.job,
        own_state=row.state,
        state_start_ms=row.state_start_ms,
        state_end_ms=row.state_end_ms,
        created_ms=row.created_ms,
        modified_ms=row.modified_ms,
        description=row.description,
        hidden=row.hidden,
        run_type=row.run_type,
        target=row.target,
        tags=tags,
        properties=row.properties or {},
        error=row.error,
        warnings=row.warnings or [],
        outputs=row.outputs or {},
        definition=row.definition,
        told=row.told or {},
        place=place,
    )
