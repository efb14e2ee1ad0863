"""Tags of runs. Functions of an open session."""

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zafiro.core.errors import NotFound
from zafiro.tracking import rules, sql
from zafiro.tracking.domain import NOTE, PARENT_RUN, RUN_NAME, Run
from zafiro.tracking.store import RunRow, TagRow, root_of

_MIRRORED = (RUN_NAME, PARENT_RUN, NOTE)


def put_tags(db: Session, run: int, experiment: int, tags: dict[str, str]) -> None:
    """Set tags of the run with that key; the three that mirror fields of the run set those."""
    kept = {key: rules.tag(key, value) for key, value in tags.items()}
    fields: dict[Any, Any] = {}
    if kept.get(RUN_NAME):
        fields[RunRow.name] = kept[RUN_NAME]
    if NOTE in kept:
        fields[RunRow.description] = kept[NOTE]
    if kept.get(PARENT_RUN):
        workspace = db.scalars(select(RunRow.workspace).where(RunRow.key == run)).one()
        fields[RunRow.parent] = kept[PARENT_RUN]
        fields[RunRow.root] = root_of(db, workspace, kept[PARENT_RUN])
    if fields:
        db.execute(update(RunRow).where(RunRow.key == run).values(fields))
        db.expire_all()
    write_tags(db, [(run, *tag, experiment) for tag in kept.items() if tag[0] not in _MIRRORED])


def write_tags(db: Session, rows: list[tuple[Any, ...]]) -> None:
    """(run, key, value, experiment) …: the last value said is the one that stays."""
    sql.many(
        db,
        "INSERT INTO run_tags (run, key, value, experiment) {values}"
        " ON CONFLICT (run, key) DO UPDATE SET value = excluded.value",
        "int8 text text int8",
        rows,
    )


def delete_tag(db: Session, run: Run, key: str) -> None:
    """Raises NotFound when the run has no such tag."""
    if key == NOTE and run.description is not None:
        db.execute(update(RunRow).where(RunRow.key == run.key).values(description=None))
        return
    done = db.execute(delete(TagRow).where(TagRow.run == run.key, TagRow.key == key))
    if not done.rowcount:  # type: ignore[attr-defined]
        raise NotFound("tag", key, f"No tag with name: {key} in run with id {run.run_id}")
