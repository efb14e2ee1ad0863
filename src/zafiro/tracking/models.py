"""The verbs of MLflow 3's logged models. Functions of an open session."""

import math
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from zafiro.core.errors import Invalid, NotFound
from zafiro.mlflow_rest.conditions import compare, having
from zafiro.mlflow_rest.filters import Clause, parse, parse_order
from zafiro.mlflow_rest.paging import read_token, write_token
from zafiro.tracking import artifacts, rules
from zafiro.tracking.domain import ACTIVE, DELETED, Experiment, LoggedModel, Point
from zafiro.tracking.experiments import check_active, now_ms
from zafiro.tracking.store import (
    LoggedModelRow,
    ModelMetricRow,
    ModelParamRow,
    ModelTagRow,
    RunRow,
    upsert,
)

PENDING = 1

_ATTRIBUTES: dict[str, type] = {
    "name": str,
    "model_id": str,
    "model_type": str,
    "status": str,
    "source_run_id": str,
    "creation_timestamp": float,
    "creation_time": float,
    "last_updated_timestamp": float,
    "last_updated_time": float,
}
_COLUMNS: dict[str, Any] = {
    "name": LoggedModelRow.name,
    "model_id": LoggedModelRow.model_id,
    "model_type": LoggedModelRow.model_type,
    "source_run_id": LoggedModelRow.source_run,
    "creation_timestamp": LoggedModelRow.created_ms,
    "creation_time": LoggedModelRow.created_ms,
    "last_updated_timestamp": LoggedModelRow.modified_ms,
    "last_updated_time": LoggedModelRow.modified_ms,
    "status": LoggedModelRow.status,
}
_STATUS = {"PENDING": 1, "READY": 2, "FAILED": 3}


def create(
    db: Session,
    workspace: str,
    model_id: str,
    experiment: Experiment,
    name: str,
    *,
    model_type: str | None,
    source_run: str | None,
    in_run: bool,
    job: str | None,
    params: dict[str, str],
    tags: dict[str, str],
) -> LoggedModel:
    """A pending model. Its files will lie in its run's folder under its name, where Azure's
    `azureml://jobs/{job}/outputs/artifacts/paths/{name}/` looks for them; a second model of the
    same name in one run gets a folder of its own, as does a model whose run is not here."""
    rules.model_name(name)
    check_active(experiment)
    for key in params:
        rules.param(key, params[key])
    folder = f"models/{model_id}"
    if source_run and in_run:
        folder = f"{artifacts.run_folder(source_run)}/{name}"
        taken = exists().where(
            LoggedModelRow.workspace == workspace, LoggedModelRow.folder == folder
        )
        if db.scalar(select(taken)):
            folder = f"{folder}.{model_id}"
    at = now_ms()
    row = LoggedModelRow(
        workspace=workspace,
        model_id=model_id,
        experiment=experiment.key,
        name=name,
        model_type=model_type,
        source_run=source_run,
        job=job,
        folder=folder,
        status=PENDING,
        lifecycle=ACTIVE,
        created_ms=at,
        modified_ms=at,
    )
    db.add(row)
    db.flush()
    put_params(db, row.key, params)
    put_tags(db, row.key, tags)
    return of_rows(db, [row])[0]


def get(db: Session, workspace: str, model_id: str, *, deleted: bool = False) -> LoggedModel:
    """Raises NotFound, for deleted ones too unless asked."""
    row = LoggedModelRow
    query = select(row).where(row.workspace == workspace, row.model_id == model_id)
    if not deleted:
        query = query.where(row.lifecycle != DELETED)
    found = of_rows(db, list(db.scalars(query)))
    if not found:
        raise NotFound("logged model", model_id, f"Logged model with ID '{model_id}' not found.")
    return found[0]


def finalize(db: Session, model: LoggedModel, status: int) -> None:
    _set(db, model, status=status)


def remove(db: Session, model: LoggedModel) -> None:
    _set(db, model, lifecycle=DELETED)


def put_params(db: Session, model: int, params: dict[str, str]) -> None:
    rows = [{"model": model, "key": key, "value": value} for key, value in params.items()]
    if rows:
        db.execute(upsert(db, ModelParamRow).on_conflict_do_nothing(), rows)


def put_tags(db: Session, model: int, tags: dict[str, str]) -> None:
    rows = [{"model": model, "key": key, "value": value} for key, value in tags.items()]
    if rows:
        made = upsert(db, ModelTagRow)
        db.execute(
            made.on_conflict_do_update(
                index_elements=["model", "key"], set_={"value": made.excluded.value}
            ),
            rows,
        )


def delete_tag(db: Session, model: LoggedModel, key: str) -> None:
    row = ModelTagRow
    done = db.execute(delete(row).where(row.model == model.key, row.key == key))
    if not done.rowcount:  # type: ignore[attr-defined]
        raise NotFound(
            "tag", key, f"No tag with key {key!r} found for model with ID {model.model_id!r}."
        )


def search(
    db: Session,
    experiments: Sequence[int],
    *,
    text: str = "",
    datasets: Sequence[tuple[str, str | None]] = (),
    order_by: Sequence[tuple[str, bool, str | None, str | None]] = (),
    limit: int = 50,
    token: str | None = None,
) -> tuple[list[LoggedModel], str | None]:
    """One page of models that were not deleted, newest first unless ordered otherwise.

    datasets  (name, digest or None): only metrics on these count, and a model must have one
    order_by  (field or metrics.key, ascending, dataset name, digest)
    """
    kinds = frozenset({"attribute", "metric", "param", "tag"})
    try:
        clauses = parse(text, _ATTRIBUTES, kinds=kinds, lists=None) if text.strip() else []
    except Invalid as e:  # MLflow reads this noun's filters by a parser with words of its own
        why = e.why.replace("Invalid comparator", "Invalid comparison operator")
        raise Invalid("", f"Invalid filter string: {text!r}. {why}") from e
    asked = {
        "Experiment IDs": sorted(experiments),
        "Filter string": text,
        "Order by": [list(one) for one in order_by],
    }
    _, offset = read_token(token, asked)
    row = LoggedModelRow
    query = select(row).where(row.experiment.in_(experiments), row.lifecycle != DELETED)
    for clause in clauses:
        query = query.where(_condition(db, clause, datasets))
    if datasets and not any(clause.kind == "metric" for clause in clauses):
        query = query.where(exists().where(ModelMetricRow.model == row.key, _on(datasets)))
    for field, ascending, name, digest in order_by:
        order = parse_order(field, frozenset(_ATTRIBUTES), kinds=frozenset({"attribute", "metric"}))
        column = _COLUMNS.get(order.key) if order.kind == "attribute" else None
        if column is None:
            column = _latest(order.key, name, digest)
        query = query.order_by(column.is_(None), column.asc() if ascending else column.desc())
    query = query.order_by(row.created_ms.desc(), row.key.desc())
    found = of_rows(db, list(db.scalars(query.offset(offset).limit(limit + 1))))
    more = write_token(0, offset + limit, asked) if len(found) > limit else None
    return found[:limit], more


def _latest(key: str, dataset: str | None, digest: str | None) -> Any:
    row = ModelMetricRow
    query = select(row.value).where(
        row.model == LoggedModelRow.key, row.key == key, row.nan.is_(False)
    )
    if dataset:
        query = query.where(row.dataset_name == dataset)
    if digest:
        query = query.where(row.dataset_digest == digest)
    newest = query.order_by(row.timestamp_ms.desc(), row.step.desc()).limit(1)
    return newest.correlate(LoggedModelRow).scalar_subquery()


def _on(datasets: Sequence[tuple[str, str | None]]) -> Any:
    held: Any = None
    for name, digest in datasets:
        this: Any = ModelMetricRow.dataset_name == name
        if digest:
            this = this & (ModelMetricRow.dataset_digest == digest)
        held = this if held is None else held | this
    return held


def _condition(db: Session, clause: Clause, datasets: Sequence[tuple[str, str | None]]) -> Any:
    if clause.kind == "attribute":
        if clause.key == "status":
            known = [_STATUS.get(str(v).upper(), 0) for v in _several(clause.value)]
            held = LoggedModelRow.status.in_(known)
            if clause.comparator not in ("=", "!=", "IN", "NOT IN"):
                raise Invalid("", "status can be compared with =, !=, IN and NOT IN only")
            return held if clause.comparator in ("=", "IN") else ~held
        return compare(db, _COLUMNS[clause.key], clause)
    table: Any = {"metric": ModelMetricRow, "param": ModelParamRow, "tag": ModelTagRow}[clause.kind]
    same = exists().where(table.model == LoggedModelRow.key, table.key == clause.key)
    if clause.kind == "metric":
        same = same.where(table.nan.is_(False))
        if datasets:
            same = same.where(_on(datasets))
    return having(db, same, table.value, clause)


def _several(value: Any) -> Sequence[Any]:
    return value if isinstance(value, tuple) else (value,)


def of_rows(db: Session, rows: list[LoggedModelRow]) -> list[LoggedModel]:
    """With tags, params and metrics: four statements however many there are."""
    keys = [row.key for row in rows]
    tags: dict[int, dict[str, str]] = {}
    params: dict[int, dict[str, str]] = {}
    points: dict[int, list[tuple[str, Point]]] = {}
    if keys:
        for table, into in ((ModelTagRow, tags), (ModelParamRow, params)):
            query = select(table.model, table.key, table.value).where(table.model.in_(keys))
            for model, key, value in db.execute(query):
                into.setdefault(model, {})[key] = value
        measured = (
            select(ModelMetricRow, RunRow.run_id)
            .join(RunRow, RunRow.key == ModelMetricRow.run)
            .where(ModelMetricRow.model.in_(keys))
        )
        for metric, run_id in db.execute(measured):
            point = Point(
                metric.key,
                math.nan if metric.nan else metric.value,
                metric.timestamp_ms,
                metric.step,
                None,
                metric.dataset_name or None,
                metric.dataset_digest or None,
            )
            points.setdefault(metric.model, []).append((run_id, point))
    return [
        LoggedModel(
            key=row.key,
            workspace=row.workspace,
            model_id=row.model_id,
            experiment_key=row.experiment,
            name=row.name,
            model_type=row.model_type,
            source_run=row.source_run,
            job=row.job,
            folder=row.folder,
            status=row.status,
            status_message=row.status_message,
            lifecycle=row.lifecycle,
            created_ms=row.created_ms,
            modified_ms=row.modified_ms,
            tags=tags.get(row.key, {}),
            params=params.get(row.key, {}),
            metrics=points.get(row.key, []),
        )
        for row in rows
    ]


def _set(db: Session, model: LoggedModel, **values: Any) -> None:
    db.execute(
        update(LoggedModelRow)
        .where(LoggedModelRow.key == model.key)
        .values(modified_ms=now_ms(), **values)
    )
