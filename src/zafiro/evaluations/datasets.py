"""Evaluation datasets and their records. Functions of an open session; nothing here commits."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from zafiro.core import clock
from zafiro.core.errors import Invalid, NotFound
from zafiro.evaluations.domain import (
    SOURCES,
    USER_TAG,
    Dataset,
    Record,
    digest,
    same_inputs,
    widened,
)
from zafiro.evaluations.store import (
    EvaluationDatasetExperimentRow,
    EvaluationDatasetRow,
    EvaluationDatasetTagRow,
    RecordRow,
)
from zafiro.mlflow_rest.conditions import compare, having
from zafiro.mlflow_rest.filters import parse, parse_order
from zafiro.mlflow_rest.paging import read_token, write_token

_ATTRIBUTES: dict[str, type] = {
    "name": str,
    "created_by": str,
    "last_updated_by": str,
    "created_time": float,
    "last_update_time": float,
}
_COLUMNS: dict[str, Any] = {
    "name": EvaluationDatasetRow.name,
    "created_by": EvaluationDatasetRow.created_by,
    "last_updated_by": EvaluationDatasetRow.modified_by,
    "created_time": EvaluationDatasetRow.created_ms,
    "last_update_time": EvaluationDatasetRow.modified_ms,
}
_ORDERABLE = frozenset({"name", "created_time", "last_update_time"})


def create(
    db: Session,
    workspace: str,
    name: str,
    *,
    tags: Mapping[str, str],
    experiments: Iterable[int],
) -> Dataset:
    """Names need not be unique. Raises Invalid."""
    if not name:
        raise Invalid("name", "a dataset needs one")
    at = now_ms()
    row = EvaluationDatasetRow(
        workspace=workspace,
        dataset_id=f"d-{uuid.uuid4().hex}",
        name=name,
        digest=digest(name, at),
        created_ms=at,
        modified_ms=at,
        created_by=tags.get(USER_TAG),
        modified_by=tags.get(USER_TAG),
    )
    db.add(row)
    db.flush()
    for key, value in tags.items():
        db.add(EvaluationDatasetTagRow(dataset=row.key, key=key, value=value))
    for one in dict.fromkeys(experiments):
        db.add(EvaluationDatasetExperimentRow(dataset=row.key, experiment=one))
    db.flush()
    return get(db, workspace, row.dataset_id)


def get(db: Session, workspace: str, dataset_id: str) -> Dataset:
    """Raises NotFound."""
    found = find(db, workspace, dataset_id)
    if found is None:
        raise NotFound(
            "evaluation dataset",
            dataset_id,
            f"Evaluation dataset with id '{dataset_id}' not found",
        )
    return found


def find(db: Session, workspace: str, dataset_id: str) -> Dataset | None:
    row = EvaluationDatasetRow
    query = select(row).where(row.workspace == workspace, row.dataset_id == dataset_id)
    found = _datasets(db, list(db.scalars(query)))
    return found[0] if found else None


def remove(db: Session, dataset: Dataset) -> None:
    for table in (RecordRow, EvaluationDatasetTagRow, EvaluationDatasetExperimentRow):
        db.execute(delete(table).where(table.dataset == dataset.key))
    db.execute(delete(EvaluationDatasetRow).where(EvaluationDatasetRow.key == dataset.key))


def search(
    db: Session,
    workspace: str,
    *,
    experiments: Sequence[int] | None,
    text: str,
    order_by: Sequence[str],
    limit: int,
    token: str | None,
) -> tuple[list[Dataset], str | None]:
    """One page, the newest first unless asked otherwise. Raises Invalid."""
    row = EvaluationDatasetRow
    kinds = frozenset({"attribute", "tag"})
    lists = frozenset({"name"})
    clauses = parse(text, _ATTRIBUTES, kinds=kinds, lists=lists) if text.strip() else []
    orders = [
        parse_order(order, _ORDERABLE, kinds=frozenset({"attribute"}))
        for order in order_by or ["created_time DESC"]
    ]
    _, offset = read_token(token)
    query = select(row).where(row.workspace == workspace)
    if experiments is not None:
        link = EvaluationDatasetExperimentRow
        within = link.experiment.in_(experiments)
        query = query.where(exists().where(link.dataset == row.key, within))
    for clause in clauses:
        if clause.kind == "attribute":
            query = query.where(compare(db, _COLUMNS[clause.key], clause))
            continue
        tag = EvaluationDatasetTagRow
        same = exists().where(tag.dataset == row.key, tag.key == clause.key)
        query = query.where(having(db, same, tag.value, clause))
    for order in orders:
        column = _COLUMNS[order.key]
        query = query.order_by(column.asc() if order.ascending else column.desc())
    query = query.order_by(row.key.desc()).offset(offset).limit(limit + 1)
    found = _datasets(db, list(db.scalars(query)))
    return found[:limit], write_token(0, offset + limit) if len(found) > limit else None


def set_tags(db: Session, dataset: Dataset, tags: Mapping[str, Any]) -> None:
    """None leaves a tag as it is."""
    for key, value in tags.items():
        if value is not None:
            db.merge(EvaluationDatasetTagRow(dataset=dataset.key, key=key, value=str(value)))
    db.flush()


def delete_tag(db: Session, dataset: Dataset, key: str) -> None:
    row = EvaluationDatasetTagRow
    db.execute(delete(row).where(row.dataset == dataset.key, row.key == key))


def link(db: Session, dataset: Dataset, experiments: Iterable[int]) -> None:
    for one in experiments:
        db.merge(EvaluationDatasetExperimentRow(dataset=dataset.key, experiment=one))
    _touch(db, dataset, now_ms())


def unlink(db: Session, dataset: Dataset, experiments: Sequence[int]) -> None:
    row = EvaluationDatasetExperimentRow
    db.execute(delete(row).where(row.dataset == dataset.key, row.experiment.in_(experiments)))
    _touch(db, dataset, now_ms())


def put_records(
    db: Session, dataset: Dataset, records: Sequence[Mapping[str, Any]]
) -> tuple[int, int]:
    """Add records; one that asks what another asks changes that. (added, changed). Raises
    Invalid."""
    at, added, changed = now_ms(), 0, 0
    schema, by = dataset.schema, None
    # The dataset's row is the lock: two writers of one record must not both add it.
    row = EvaluationDatasetRow
    db.execute(select(row.key).where(row.key == dataset.key).with_for_update())
    known = {
        one.same_inputs: one
        for one in db.scalars(
            select(RecordRow).where(
                RecordRow.dataset == dataset.key,
                RecordRow.same_inputs.in_([same_inputs(r.get("inputs") or {}) for r in records]),
            )
        )
    }
    for said in records:
        _check(said)
        inputs = said.get("inputs") or {}
        same, tags = same_inputs(inputs), said.get("tags") or {}
        by = tags.get(USER_TAG) or by
        schema = widened(schema, said)
        if same in known:
            _merge(known[same], said, at)
            changed += 1
            continue
        known[same] = RecordRow(
            dataset=dataset.key,
            record_id=f"dr-{uuid.uuid4().hex}",
            same_inputs=same,
            inputs=json.dumps(inputs),
            outputs=_json(said.get("outputs")),
            expectations=_json(said.get("expectations")),
            tags=_json(said.get("tags")),
            source=_json(_source(said.get("source"))),
            created_ms=at,
            modified_ms=at,
            created_by=tags.get(USER_TAG),
            modified_by=tags.get(USER_TAG),
        )
        db.add(known[same])
        added += 1
    db.flush()
    _touch(db, dataset, at, schema=_json(schema), modified_by=by)
    return added, changed


def remove_records(db: Session, dataset: Dataset, ids: Sequence[str]) -> int:
    row = RecordRow
    done = db.execute(delete(row).where(row.dataset == dataset.key, row.record_id.in_(ids)))
    count: int = done.rowcount  # type: ignore[attr-defined]
    return count


def records(
    db: Session, dataset: Dataset, *, limit: int, token: str | None
) -> tuple[list[Record], str | None]:
    """One page in the order they were added, and the token of the next."""
    _, after = read_token(token)
    row = RecordRow
    query = select(row).where(row.dataset == dataset.key, row.key > after).order_by(row.key)
    found = list(db.scalars(query.limit(limit + 1)))
    page = [
        Record(
            key=one.key,
            record_id=one.record_id,
            dataset_id=dataset.dataset_id,
            inputs=json.loads(one.inputs),
            outputs=_value(one.outputs),
            expectations=_value(one.expectations),
            tags=_value(one.tags),
            source=_value(one.source),
            created_ms=one.created_ms,
            modified_ms=one.modified_ms,
            created_by=one.created_by,
            modified_by=one.modified_by,
        )
        for one in found[:limit]
    ]
    return page, write_token(0, page[-1].key) if len(found) > limit else None


def now_ms() -> int:
    return int(clock.now().timestamp() * 1000)


def _touch(db: Session, dataset: Dataset, at: int, **values: Any) -> None:
    row = EvaluationDatasetRow
    # A change in the same millisecond is a change too.
    at = max(at, dataset.modified_ms + 1)
    values |= {"modified_ms": at, "digest": digest(dataset.name, at)}
    db.execute(update(row).where(row.key == dataset.key).values(values))
    db.expire_all()


def _check(said: Mapping[str, Any]) -> None:
    for part in ("inputs", "expectations", "tags"):
        if said.get(part) is not None and not isinstance(said[part], dict):
            raise Invalid(part, "of a record must be an object")


def _source(said: Any) -> dict[str, Any] | None:
    if not said:
        return None
    kind = str(said.get("source_type", "")).upper() if isinstance(said, dict) else ""
    if kind not in SOURCES:
        raise Invalid(
            "", f"Invalid dataset record source type: {kind}. Valid source types: {list(SOURCES)}"
        )
    return {"source_type": kind, "source_data": said.get("source_data") or {}}


def _merge(row: RecordRow, said: Mapping[str, Any], at: int) -> None:
    if "outputs" in said:
        row.outputs = _json(said["outputs"])
    for part in ("expectations", "tags"):
        if said.get(part):
            setattr(row, part, json.dumps({**(_value(getattr(row, part)) or {}), **said[part]}))
    row.modified_ms = at
    row.modified_by = (said.get("tags") or {}).get(USER_TAG) or row.modified_by


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _value(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _datasets(db: Session, rows: Sequence[EvaluationDatasetRow]) -> list[Dataset]:
    keys = [row.key for row in rows]
    tags: dict[int, dict[str, str]] = {}
    within: dict[int, list[str]] = {}
    counts: dict[int, int] = {}
    if keys:
        tag, place, record = EvaluationDatasetTagRow, EvaluationDatasetExperimentRow, RecordRow
        for key, name, value in db.execute(
            select(tag.dataset, tag.key, tag.value).where(tag.dataset.in_(keys))
        ):
            tags.setdefault(key, {})[name] = value
        for key, experiment in db.execute(
            select(place.dataset, place.experiment)
            .where(place.dataset.in_(keys))
            .order_by(place.experiment)
        ):
            within.setdefault(key, []).append(str(experiment))
        for key, count in db.execute(
            select(record.dataset, func.count())
            .where(record.dataset.in_(keys))
            .group_by(record.dataset)
        ):
            counts[key] = count
    return [
        Dataset(
            key=row.key,
            dataset_id=row.dataset_id,
            name=row.name,
            digest=row.digest,
            schema=_value(row.schema),
            profile={"num_records": counts[row.key]} if row.key in counts else None,
            created_ms=row.created_ms,
            modified_ms=row.modified_ms,
            created_by=row.created_by,
            modified_by=row.modified_by,
            tags=tags.get(row.key, {}),
            experiment_ids=tuple(within.get(row.key, ())),
        )
        for row in rows
    ]
