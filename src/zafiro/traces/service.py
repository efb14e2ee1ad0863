"""The verbs of traces. Functions of an open session; nothing here commits. A trace is named by
its workspace's GUID and its trace id.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import delete, distinct, func, select, update
from sqlalchemy.orm import Session

from zafiro.core import clock
from zafiro.core.errors import Invalid, NotFound
from zafiro.traces import assessments, rules
from zafiro.traces.domain import (
    ARTIFACTS_TAG,
    IN_PROGRESS,
    IN_STORE,
    ISSUE,
    NAME_TAG,
    SESSION,
    SOURCE_RUN,
    SPANS_LOCATION,
    TOKEN_USAGE,
    TOKENS,
    NewTrace,
    Trace,
    tokens,
)
from zafiro.traces.store import (
    AssessmentRow,
    MetadataRow,
    SpanRow,
    TraceLinkRow,
    TraceRow,
    TraceTagRow,
    insert_in,
    put,
)

MOST_LINKS = 100
_NOT_KEPT = (NAME_TAG, SPANS_LOCATION, ARTIFACTS_TAG)
Check = Callable[[str | None], None]


def start(
    db: Session,
    workspace: str,
    experiment: int,
    said: NewTrace,
    *,
    job: str | None,
    check: Check,
) -> Trace:
    """What the client says of a whole trace; spans may have come before. Saying it again says it
    anew. `check` is asked with the job of a trace that is there already; raises Denied."""
    tags = {k: rules.tag(k, v) for k, v in said.tags.items() if k not in _NOT_KEPT}
    values: dict[str, Any] = {
        "experiment": experiment,
        "state": said.state,
        "start_ms": said.start_ms,
        "duration_ms": said.duration_ms,
        "client_request_id": said.client_request_id,
        "finalized": said.state != IN_PROGRESS or said.duration_ms is not None,
        **_columns(said),
    }
    for name in ("request_preview", "response_preview"):
        if getattr(said, name) is not None:
            values[name] = getattr(said, name)
    made = insert_in(db, TraceRow).values(
        workspace=workspace,
        trace_id=rules.trace_id(said.trace_id),
        job=job,
        in_store=False,
        **values,
    )
    made = made.on_conflict_do_nothing(index_elements=["workspace", "trace_id"])
    key = db.scalars(made.returning(TraceRow.key)).one_or_none()
    if key is None:
        row = _locked(db, workspace, said.trace_id)
        check(row.job)
        key = row.key
        db.execute(update(TraceRow).where(TraceRow.key == key).values(values))
        if row.experiment != experiment:
            db.execute(update(SpanRow).where(SpanRow.trace == key).values(experiment=experiment))
    put(db, TraceTagRow, [{"trace": key, "key": k, "value": v} for k, v in tags.values()])
    put(db, MetadataRow, _metadata(key, said.metadata))
    for one in said.assessments:
        assessments.write(db, key, one)
    return get(db, workspace, said.trace_id)


def begin(
    db: Session, workspace: str, experiment: int, said: NewTrace, *, job: str | None
) -> Trace:
    """MLflow 2's start of a trace: the server gives the id."""
    named = NewTrace(
        trace_id=uuid.uuid4().hex,
        state=IN_PROGRESS,
        start_ms=said.start_ms,
        tags=said.tags,
        metadata=said.metadata,
    )
    return start(db, workspace, experiment, named, job=job, check=lambda job: None)


def end(db: Session, trace: Trace, state: str, end_ms: int, said: NewTrace) -> Trace:
    """MLflow 2's end of it; tags and metadata are added to what is there."""
    row = db.get_one(TraceRow, trace.key)
    values = {
        "state": state,
        "duration_ms": end_ms - row.start_ms,
        "finalized": True,
        **_columns(said),
    }
    db.execute(update(TraceRow).where(TraceRow.key == trace.key).values(values))
    for key, value in said.tags.items():
        if key not in _NOT_KEPT:
            set_tag(db, trace, key, value)
    put(db, MetadataRow, _metadata(trace.key, said.metadata))
    return get(db, row.workspace, row.trace_id)


def _columns(said: NewTrace) -> dict[str, Any]:
    """What search and metrics count, from tags and metadata that say it."""
    found: dict[str, Any] = {}
    if NAME_TAG in said.tags:
        found["name"] = said.tags[NAME_TAG]
    if SESSION in said.metadata:
        found["session"] = rules.session(said.metadata[SESSION])
    given = tokens(said.metadata.get(TOKEN_USAGE))
    found.update({TOKENS[name]: value for name, value in given.items()})
    return found


def _metadata(trace: int, said: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"trace": trace, "key": rules.key(k), "value": v} for k, v in said.items() if k != SESSION
    ]


def get(db: Session, workspace: str, trace_id: str) -> Trace:
    """Raises NotFound."""
    found = get_many(db, workspace, [trace_id])
    if not found:
        raise _absent(trace_id)
    return found[0]


def get_many(
    db: Session,
    workspace: str,
    trace_ids: Sequence[str],
    experiments: Sequence[int] | None = None,
) -> list[Trace]:
    """Those of them that there are, in the order asked."""
    wanted = list(dict.fromkeys(trace_ids))
    row = TraceRow
    query = every().where(row.workspace == workspace, row.trace_id.in_(wanted))
    if experiments is not None:
        query = query.where(row.experiment.in_(experiments))
    found = {trace.trace_id: trace for trace in load(db, query)}
    return [found[id] for id in wanted if id in found]


def every() -> Any:
    """The query `load` takes, to be narrowed."""
    return select(*TraceRow.__table__.c)


def load(db: Session, query: Any) -> list[Trace]:
    """Traces with tags, metadata and assessments, in the query's order: four statements however
    many there are."""
    rows = db.execute(query).all()
    keys = [row.key for row in rows]
    tags = _pairs(db, TraceTagRow, keys)
    metadata = _pairs(db, MetadataRow, keys)
    judged = assessments.of_traces(db, {row.key: row.trace_id for row in rows})
    return [
        Trace(
            key=row.key,
            trace_id=row.trace_id,
            experiment_key=row.experiment,
            job=row.job,
            state=row.state,
            start_ms=row.start_ms,
            duration_ms=row.duration_ms,
            client_request_id=row.client_request_id,
            request_preview=row.request_preview,
            response_preview=row.response_preview,
            tags={**tags.get(row.key, {}), **_own_tags(row)},
            metadata={
                **metadata.get(row.key, {}),
                **({SESSION: row.session} if row.session is not None else {}),
            },
            assessments=tuple(judged.get(row.key, ())),
        )
        for row in rows
    ]


def _pairs(db: Session, table: Any, keys: Sequence[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    if keys:
        query = select(table.trace, table.key, table.value).where(table.trace.in_(keys))
        for trace, key, value in db.execute(query):
            found.setdefault(trace, {})[key] = value
    return found


def folder(trace_id: str, job: str | None) -> str:
    """Where files of a trace go in the artifact container: below its job's, so that the job's own
    token may write them, else in a place of their own."""
    return f"ExperimentRun/dcid.{job}/traces/{trace_id}" if job else f"traces/{trace_id}"


def _own_tags(row: Any) -> dict[str, str]:
    found = {ARTIFACTS_TAG: f"mlflow-artifacts:/{folder(row.trace_id, row.job)}/artifacts"}
    if row.name is not None:
        found[NAME_TAG] = row.name
    if row.in_store:
        found[SPANS_LOCATION] = IN_STORE
    return found


def set_tag(db: Session, trace: Trace, key: str, value: str) -> None:
    key, value = rules.tag(key, value)
    if key == NAME_TAG:
        db.execute(update(TraceRow).where(TraceRow.key == trace.key).values(name=value))
    elif key not in _NOT_KEPT:
        put(db, TraceTagRow, [{"trace": trace.key, "key": key, "value": value}])


def delete_tag(db: Session, trace: Trace, key: str) -> None:
    """Raises NotFound when the trace has no such tag."""
    if key not in trace.tags or key in (SPANS_LOCATION, ARTIFACTS_TAG):
        raise NotFound(
            "tag", key, f"No trace tag with key '{key}' for trace with ID '{trace.trace_id}'"
        )
    if key == NAME_TAG:
        db.execute(update(TraceRow).where(TraceRow.key == trace.key).values(name=None))
    row = TraceTagRow
    db.execute(delete(row).where(row.trace == trace.key, row.key == key))


def remove(
    db: Session,
    experiment: int,
    *,
    ids: Sequence[str] = (),
    until_ms: int | None = None,
    at_most: int | None = None,
    check: Check,
) -> list[tuple[str, str | None]]:
    """Delete traces by id, or the oldest that began by `until_ms`. Gives back (id, job) of each:
    their files are the caller's to remove. Raises Invalid, Denied by `check`."""
    if until_ms is None and not ids:
        raise Invalid("", "Either `max_timestamp_millis` or `trace_ids` must be specified.")
    if until_ms is not None and ids:
        raise Invalid("", "Only one of `max_timestamp_millis` and `trace_ids` can be specified.")
    if ids and at_most is not None:
        raise Invalid("", "`max_traces` can't be specified if `trace_ids` is specified.")
    if at_most is not None and at_most <= 0:
        raise Invalid("", f"`max_traces` must be a positive integer, received {at_most}.")
    row = TraceRow
    query = select(row.key, row.trace_id, row.job).where(row.experiment == experiment)
    if ids:
        query = query.where(row.trace_id.in_(ids))
    else:
        query = query.where(row.start_ms <= until_ms).order_by(row.start_ms, row.key).limit(at_most)
    found = db.execute(query).all()
    for one in found:
        check(one.job)
    keys = [one.key for one in found]
    for n in range(0, len(keys), 1000):
        some = keys[n : n + 1000]
        for table in (SpanRow, TraceTagRow, MetadataRow, TraceLinkRow, AssessmentRow):
            db.execute(delete(table).where(table.trace.in_(some)))
        db.execute(delete(row).where(row.key.in_(some)))
    return [(one.trace_id, one.job) for one in found]


def link(db: Session, traces: Iterable[Trace], kind: str, targets: Iterable[str]) -> None:
    """Each trace with each target; again is fine."""
    wanted = list(targets)
    rows = [{"trace": t.key, "kind": kind, "target": one} for t in traces for one in wanted]
    if rows:
        db.execute(insert_in(db, TraceLinkRow).on_conflict_do_nothing(), rows)


def of_run(trace: Trace) -> str | None:
    return trace.metadata.get(SOURCE_RUN)


def _locked(db: Session, workspace: str, trace_id: str) -> TraceRow:
    query = (
        select(TraceRow)
        .where(TraceRow.workspace == workspace, TraceRow.trace_id == trace_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = db.scalars(query).one_or_none()
    if found is None:
        raise _absent(trace_id)
    return found


def _absent(trace_id: str) -> NotFound:
    return NotFound("trace", trace_id, f"Trace with ID '{trace_id}' not found.")


def now_ms() -> int:
    return int(clock.now().timestamp() * 1000)


def count_with_issue(workspace: str, issue_id: Any) -> Any:
    """How many traces refer to an issue, as SQL for a query that has a column of issue ids."""
    row = AssessmentRow
    return (
        select(func.count(distinct(row.trace)))
        .join(TraceRow, TraceRow.key == row.trace)
        .where(TraceRow.workspace == workspace, row.kind == ISSUE, row.name == issue_id)
        .scalar_subquery()
    )
