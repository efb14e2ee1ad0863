"""Tags of runs. Functions of an open session."""

from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zafiro.core.errors import NotFound
from zafiro.tracking import rules
from zafiro.tracking.domain import NOTE, PARENT_RUN, RUN_NAME, Run
from zafiro.tracking.store import RunRow, TagRow, root_of, upsert

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
    rows = [
        {"run": run, "key": key, "value": value, "experiment": experiment}
        for key, value in kept.items()
        if key not in _MIRRORED
    ]
    if rows:
        from_dialect = upsert(db, TagRow)
        db.execute(
            from_dialect.on_conflict_do_update(
                index_elements=["run", "key"], set_={"value": from_dialect.excluded.value}
            ),
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
