"""Scorers: judges that clients serialize, by experiment, name and version. The server keeps them
and runs none. Functions of an open session."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from zafiro.core import clock
from zafiro.core.errors import Invalid, NotFound, Unsupported
from zafiro.evaluations.domain import Scorer, executes, model_of
from zafiro.evaluations.store import ScorerRow, ScorerVersionRow, insert_in


def register(db: Session, experiment: int, name: str, serialized: str) -> Scorer:
    """One more version. Raises Invalid, Unsupported for a judge behind a gateway."""
    if not name.strip():
        raise Invalid("", "Scorer name cannot be empty or contain only whitespace.")
    try:
        said = json.loads(serialized)
    except ValueError as e:
        raise Invalid("", "serialized_scorer must be valid JSON") from e
    if not isinstance(said, dict):
        raise Invalid("", "serialized_scorer must be a JSON object")
    if executes(said):
        raise Invalid(
            "",
            "scorers made with the @scorer decorator carry source code and cannot be registered: "
            "whoever loads one would run it. Use a built-in scorer or make_judge.",
        )
    model = model_of(said)
    if model is not None and not model.strip():
        raise Invalid("", "Model cannot be empty.")
    if model is not None and model.startswith("gateway:/"):
        raise Unsupported("MLflow's AI gateway")
    row = ScorerRow
    made = insert_in(db, row).values(scorer_id=str(uuid.uuid4()), experiment=experiment, name=name)
    db.execute(made.on_conflict_do_nothing(index_elements=["experiment", "name"]))
    query = select(row).where(row.experiment == experiment, row.name == name).with_for_update()
    found = db.scalars(query).one()
    version = ScorerVersionRow
    newest = select(func.max(version.version)).where(version.scorer == found.key)
    number = (db.scalar(newest) or 0) + 1
    at = int(clock.now().timestamp() * 1000)
    db.add(version(scorer=found.key, version=number, serialized=serialized, created_ms=at))
    db.flush()
    return Scorer(found.scorer_id, experiment, name, number, serialized, at)


def newest(db: Session, experiments: Sequence[int]) -> list[Scorer]:
    """The last version of each, by name."""
    last = (
        select(ScorerVersionRow.scorer, func.max(ScorerVersionRow.version).label("version"))
        .group_by(ScorerVersionRow.scorer)
        .subquery()
    )
    version = ScorerVersionRow
    query = (
        _every()
        .join(last, (last.c.scorer == version.scorer) & (last.c.version == version.version))
        .where(ScorerRow.experiment.in_(experiments))
        .order_by(ScorerRow.experiment, ScorerRow.name)
    )
    return _scorers(db, query)


def versions(db: Session, experiment: int, name: str) -> list[Scorer]:
    """Raises NotFound."""
    query = _every().where(ScorerRow.experiment == experiment, ScorerRow.name == name)
    found = _scorers(db, query.order_by(ScorerVersionRow.version))
    if not found:
        raise _absent(experiment, name, None)
    return found


def get(db: Session, experiment: int, name: str, version: int | None) -> Scorer:
    """That version, or the last. Raises NotFound."""
    found = versions(db, experiment, name)
    if version is None:
        return found[-1]
    for one in found:
        if one.version == version:
            return one
    raise _absent(experiment, name, version)


def remove(db: Session, experiment: int, name: str, version: int | None) -> None:
    """That version, or all. Raises NotFound."""
    get(db, experiment, name, version)
    row = ScorerRow
    query = select(row.key).where(row.experiment == experiment, row.name == name)
    key = db.scalars(query).one()
    gone = delete(ScorerVersionRow).where(ScorerVersionRow.scorer == key)
    db.execute(gone if version is None else gone.where(ScorerVersionRow.version == version))
    left = select(func.count()).where(ScorerVersionRow.scorer == key)
    if not db.scalar(left):
        db.execute(delete(row).where(row.key == key))


def _every() -> Any:
    return select(ScorerRow, ScorerVersionRow).join(
        ScorerVersionRow, ScorerVersionRow.scorer == ScorerRow.key
    )


def _scorers(db: Session, query: Any) -> list[Scorer]:
    return [
        Scorer(
            one.scorer_id,
            one.experiment,
            one.name,
            version.version,
            version.serialized,
            version.created_ms,
        )
        for one, version in db.execute(query)
    ]


def _absent(experiment: int, name: str, version: int | None) -> NotFound:
    which = "" if version is None else f" and version {version}"
    return NotFound(
        "scorer",
        name,
        f"Scorer with name '{name}'{which} not found for experiment {experiment}.",
    )
