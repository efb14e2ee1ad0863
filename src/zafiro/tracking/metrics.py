"""What runs log: metric points, parameters, datasets. Functions of an open session."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from zafiro.tracking import blocks, names, rules, sql
from zafiro.tracking.domain import Dataset, DatasetInput, Logged, ModelLink, Point, Run
from zafiro.tracking.store import (
    DatasetRow,
    InputRow,
    LatestRow,
    LoggedModelRow,
    ModelLinkRow,
    ModelMetricRow,
    ParamRow,
    PointRow,
    RunRow,
    metric_key,
    upsert,
)

CONTEXT = "mlflow.data.context"
_CHUNK = 500  # ids in one IN list; SQLite allows 32,766 variables


_POINTS = (
    "INSERT INTO metric_points (run, metric, timestamp_ms, step, value, nan)"
    " {values} ON CONFLICT DO NOTHING"
)
_POINT_TYPES = "int8 int4 int8 int8 float8 bool"
_NEWER = (
    "(excluded.step, excluded.timestamp_ms, excluded.value)"
    " > (metric_latest.step, metric_latest.timestamp_ms, metric_latest.value)"
)
_LOWER = (
    "excluded.low_value < metric_latest.low_value OR metric_latest.low_value IS NULL",
    ("low_value", "low_step", "low_ms"),
)
_HIGHER = (
    "excluded.high_value > metric_latest.high_value OR metric_latest.high_value IS NULL",
    ("high_value", "high_step", "high_ms"),
)
_LATEST = (
    "INSERT INTO metric_latest (run, key, step, timestamp_ms, value, nan, experiment, count,"
    " low_value, low_step, low_ms, high_value, high_step, high_ms)"
    " {values} ON CONFLICT (run, key) DO UPDATE SET count = metric_latest.count + excluded.count, "
) + ", ".join(
    f"{column} = CASE WHEN {better} THEN excluded.{column} ELSE metric_latest.{column} END"
    for better, columns in (
        (_NEWER, ("step", "timestamp_ms", "value", "nan")),
        _LOWER,
        _HIGHER,
    )
    for column in columns
)
_LATEST_TYPES = "int8 text int8 int8 float8 bool int8 int8 float8 int8 int8 float8 int8 int8"
_NO_MARK = (None, None, None)
_PARAMS = "INSERT INTO run_params (run, key, value, experiment) {values} ON CONFLICT DO NOTHING"
_PARAM_TYPES = "int8 text text int8"


def log_points(db: Session, run: int, experiment: int, points: Sequence[Logged]) -> None:
    """Append points to a run's metrics and keep its latest ones. A point logged before is not
    logged again, so a retry is harmless."""
    log_many(db, [(run, experiment, point) for point in points])


def log_many(db: Session, logged: Sequence[tuple[int, int, Logged]]) -> None:
    """The same for (run, experiment, point) of many runs: a few statements however many."""
    if not logged:
        return
    numbers = names.numbers(db, {point.key for _, _, point in logged})
    rows: list[blocks.Row] = []
    newest: dict[tuple[int, str], list[Any]] = {}
    models: list[tuple[int, Logged]] = []
    for run, experiment, point in logged:
        value, key, at, step = point.value, point.key, point.timestamp_ms, point.step
        nan = value != value
        if nan:
            value = 0.0
        rows.append((run, numbers[key], at, step, value, nan))
        rank = (step, at, value, nan)
        mark = _NO_MARK if nan else (value, step, at)
        kept = newest.get((run, key))
        if kept is None:
            newest[run, key] = [rank, experiment, 1, mark, mark]
        else:
            kept[2] += 1
            if rank > kept[0]:
                kept[0] = rank
            if not nan:
                if kept[3] is _NO_MARK or value < kept[3][0]:
                    kept[3] = mark
                if kept[4] is _NO_MARK or value > kept[4][0]:
                    kept[4] = mark
        if point.model_id:
            models.append((run, point))
    rows.sort()  # in the order of the key: SQLite then goes through its tree once
    sql.many(db, _POINTS, _POINT_TYPES, rows)
    # In one order everywhere, so that two servers cannot wait for each other.
    latest = []
    for of in sorted(newest):
        rank, experiment, count, low, high = newest[of]
        latest.append((*of, *rank, experiment, count, *low, *high))
    sql.many(db, _LATEST, _LATEST_TYPES, latest)
    blocks.extend(db, rows, {(run, numbers[key]): key for run, key in newest})
    for run in {run for run, _ in models}:
        _log_model_points(db, run, [point for of, point in models if of == run])


def _log_model_points(db: Session, run: int, points: Sequence[Logged]) -> None:
    """Metrics of a logged model of the run's workspace stand at the model too; ids nobody knows
    there are left out."""
    wanted = {point.model_id for point in points}
    query = select(LoggedModelRow.model_id, LoggedModelRow.key).where(
        LoggedModelRow.model_id.in_(wanted),
        LoggedModelRow.workspace
        == select(RunRow.workspace).where(RunRow.key == run).scalar_subquery(),
    )
    keys = {row.model_id: row.key for row in db.execute(query)}
    rows = [
        {
            "model": keys[point.model_id],
            "key": point.key,
            "timestamp_ms": point.timestamp_ms,
            "step": point.step,
            "run": run,
            "dataset_name": point.dataset_name or "",
            "dataset_digest": point.dataset_digest or "",
            "value": 0.0 if math.isnan(point.value) else point.value,
            "nan": math.isnan(point.value),
        }
        for point in points
        if point.model_id in keys
    ]
    if rows:
        db.execute(upsert(db, ModelMetricRow).on_conflict_do_nothing(), rows)


def latest(db: Session, runs: Iterable[int]) -> dict[int, list[Point]]:
    """The latest point of every metric, per run."""
    found: dict[int, list[Point]] = defaultdict(list)
    row = LatestRow.__table__.c  # columns, not attributes: rows then come as plain tuples
    query = select(row.run, row.key, row.value, row.nan, row.timestamp_ms, row.step)
    for chunk in _chunks(runs):
        for run, key, value, nan, at, step in db.execute(query.where(row.run.in_(chunk))).all():
            found[run].append(Point(key, math.nan if nan else value, at, step))
    return found


def history(
    db: Session,
    run: int,
    key: str,
    *,
    after: tuple[int, int, float, bool] | None = None,
    limit: int | None = None,
) -> list[Point]:
    """Every point of one metric by (timestamp, step, value), from behind `after`; [] if none."""
    row = PointRow
    query = select(row.timestamp_ms, row.step, row.value, row.nan).where(
        row.run == run, row.metric == metric_key(key)
    )
    order = (row.timestamp_ms, row.step, row.value, row.nan)
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after))
    return [
        Point(key, math.nan if nan else value, at, step)
        for at, step, value, nan in db.execute(query.order_by(*order).limit(limit))
    ]


def log_params(
    db: Session, run: int, experiment: int, given: dict[str, str], *, run_id: str
) -> None:
    """Raises Invalid when one is logged already with another value."""
    if not given:
        return
    rows = [(run, key, value, experiment) for key, value in given.items()]
    if sql.many(db, _PARAMS, _PARAM_TYPES, rows) == len(rows):
        return
    row = ParamRow.__table__.c
    query = select(row.key, row.value).where(row.run == run, row.key.in_(list(given)))
    rules.unchanged({one.key: one.value for one in db.execute(query)}, given, run_id)


def params(db: Session, runs: Iterable[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    row = ParamRow.__table__.c
    query = select(row.run, row.key, row.value)
    for chunk in _chunks(runs):
        for run, key, value in db.execute(query.where(row.run.in_(chunk))).all():
            found[run][key] = value
    return found


def log_inputs(db: Session, run: Run, inputs: Sequence[DatasetInput]) -> None:
    """Datasets are shared in an experiment by (name, digest); the first tags of an input stay."""
    for given in inputs:
        kept = given.dataset
        query = select(DatasetRow.key).where(
            DatasetRow.experiment == run.experiment_key,
            DatasetRow.name == kept.name,
            DatasetRow.digest == kept.digest,
        )
        key = db.scalars(query).one_or_none()
        if key is None:
            row = DatasetRow(
                experiment=run.experiment_key,
                name=kept.name,
                digest=kept.digest,
                source_type=kept.source_type,
                source=kept.source,
                schema=kept.schema,
                profile=kept.profile,
            )
            db.add(row)
            db.flush()
            key = row.key
        if db.get(InputRow, (run.key, key)) is None:
            context = given.tags.get(CONTEXT)
            db.add(InputRow(run=run.key, dataset=key, context=context, tags=given.tags))
            db.flush()


def inputs(db: Session, runs: Iterable[int]) -> dict[int, list[DatasetInput]]:
    found: dict[int, list[DatasetInput]] = {}
    for chunk in _chunks(runs):
        query = (
            select(InputRow, DatasetRow)
            .join(DatasetRow, DatasetRow.key == InputRow.dataset)
            .where(InputRow.run.in_(chunk))
            .order_by(InputRow.run, InputRow.dataset)
        )
        for given, row in db.execute(query):
            dataset = Dataset(
                row.name, row.digest, row.source_type, row.source, row.schema, row.profile
            )
            found.setdefault(given.run, []).append(DatasetInput(dataset, given.tags))
    return found


def datasets_of(db: Session, experiments: Iterable[int]) -> list[tuple[int, str, str, str | None]]:
    """(experiment, name, digest, context) of what runs of these experiments took in, 1,000 at
    most, as MLflow's search-datasets does."""
    query = (
        select(DatasetRow.experiment, DatasetRow.name, DatasetRow.digest, InputRow.context)
        .join(InputRow, InputRow.dataset == DatasetRow.key)
        .where(DatasetRow.experiment.in_(list(experiments)))
        .distinct()
        .limit(1000)
    )
    return [(e, name, digest, context) for e, name, digest, context in db.execute(query)]


def link_models(db: Session, run: int, direction: str, links: Sequence[ModelLink]) -> None:
    """`direction` is "input" or "output"."""
    rows = [
        {"run": run, "direction": direction, "model_id": link.model_id, "step": link.step}
        for link in links
    ]
    if rows:
        db.execute(upsert(db, ModelLinkRow).on_conflict_do_nothing(), rows)


def linked_models(db: Session, runs: Iterable[int]) -> dict[tuple[int, str], list[ModelLink]]:
    found: dict[tuple[int, str], list[ModelLink]] = {}
    for chunk in _chunks(runs):
        row = ModelLinkRow
        query = select(row.run, row.direction, row.model_id, row.step)
        for run, direction, id, step in db.execute(query.where(row.run.in_(chunk))).all():
            found.setdefault((run, direction), []).append(ModelLink(id, step))
    return found


def _chunks(runs: Iterable[int]) -> Iterable[list[int]]:
    wanted = list(runs)
    return (wanted[at : at + _CHUNK] for at in range(0, len(wanted), _CHUNK))
