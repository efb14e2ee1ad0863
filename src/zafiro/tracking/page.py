"""Runs as MLflow shows them, with all that was logged: a few statements however many runs."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy.orm import Session

from zafiro.tracking import metrics, sql, wire
from zafiro.tracking.domain import DatasetInput, Head, ModelLink

_LATEST = "SELECT run, key, value, nan, timestamp_ms, step FROM metric_latest WHERE run"
_PARAMS = "SELECT run, key, value FROM run_params WHERE run"
_TAGS = "SELECT run, key, value FROM run_tags WHERE run"
_TOOK = "SELECT 1 FROM run_inputs WHERE run {0} UNION ALL SELECT 1 FROM run_models WHERE run {0}"


def show(db: Session, runs: Sequence[Head]) -> list[wire.FullRun]:
    """In the order given."""
    keys = [run.key for run in runs]
    if not keys:
        return []
    points: dict[int, list[wire.Said]] = defaultdict(list)
    params: dict[int, list[wire.Pair]] = defaultdict(list)
    tags: dict[int, list[wire.Pair]] = defaultdict(list)
    among, given = sql.among(db, keys)
    for run, *row in sql.rows(db, f"{_LATEST} {among}", [given]):
        points[run].append(wire.said(*row))
    for statement, found in ((_PARAMS, params), (_TAGS, tags)):
        for run, key, value in sql.rows(db, f"{statement} {among}", [given]):
            found[run].append(wire.Pair(key, value))
    inputs: dict[int, list[DatasetInput]] = {}
    links: dict[tuple[int, str], list[ModelLink]] = {}
    if sql.rows(db, f"{_TOOK.format(among)} LIMIT 1", [given, given]):  # few runs do
        inputs, links = metrics.inputs(db, keys), metrics.linked_models(db, keys)
    return [
        wire.run(
            run,
            points.get(run.key, []),
            params.get(run.key, []),
            tags.get(run.key, []),
            inputs.get(run.key, []),
            links.get((run.key, "input"), []),
            links.get((run.key, "output"), []),
        )
        for run in runs
    ]
