"""What runs took in and gave out: datasets and logged models. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from zafiro.tracking import metrics
from zafiro.tracking.domain import DELETED, Dataset, LoggedModel, Run
from zafiro.tracking.models import of_rows
from zafiro.tracking.store import LoggedModelRow, ModelLinkRow, RunRow


@dataclass(frozen=True)
class Taken:
    """datasets as MLflow describes them; models: ids of logged models."""

    datasets: list[Dataset] = field(default_factory=list)
    models: list[str] = field(default_factory=list)


def taken(db: Session, run: Run) -> Taken:
    """What a run said that it took in."""
    datasets = metrics.inputs(db, [run.key]).get(run.key, [])
    models = metrics.linked_models(db, [run.key]).get((run.key, "input"), [])
    return Taken([one.dataset for one in datasets], [one.model_id for one in models])


def logged(db: Session, workspace: str, runs: Sequence[str], *, limit: int) -> list[LoggedModel]:
    """The models that these runs logged, newest first."""
    row = LoggedModelRow
    query = select(row).where(
        row.workspace == workspace, row.source_run.in_(runs), row.lifecycle != DELETED
    )
    return of_rows(db, list(db.scalars(query.order_by(row.key.desc()).limit(limit))))


def takers(
    db: Session, workspace: str, models: Sequence[str], *, limit: int
) -> list[tuple[str, str]]:
    """[(id of the logged model, run that took it in)], newest first."""
    query = (
        select(ModelLinkRow.model_id, RunRow.run_id)
        .join(RunRow, RunRow.key == ModelLinkRow.run)
        .where(
            RunRow.workspace == workspace,
            ModelLinkRow.direction == "input",
            ModelLinkRow.model_id.in_(models),
        )
        .order_by(RunRow.key.desc())
        .limit(limit)
    )
    return [(model, run) for model, run in db.execute(query)]
