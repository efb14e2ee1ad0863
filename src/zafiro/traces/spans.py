"""Spans: written as they end, which may be before anything was said of their trace, or after."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from zafiro.traces import rules
from zafiro.traces.conventions import SESSIONS, USERS, first, in_mlflow_words
from zafiro.traces.domain import (
    CHAT_USAGE,
    COST,
    COSTS,
    ERROR,
    IN_PROGRESS,
    INPUTS,
    LLM_COST,
    MODEL,
    NAME_TAG,
    OK,
    OUTPUTS,
    PROVIDER,
    REQUEST_ID,
    TAG_ATTRIBUTE,
    TOKEN_USAGE,
    TOKENS,
    UNSPECIFIED,
    USER,
    Event,
    Link,
    Node,
    Span,
    costs,
    mlflow_id,
    preview,
    tokens,
    total,
)
from zafiro.traces.store import MetadataRow, SpanRow, TraceRow, TraceTagRow, insert_in, put

_MOST_NAME = 500  # of a model or its provider, as a dimension of metrics


def log_spans(
    db: Session,
    workspace: str,
    experiment: int,
    spans: Iterable[Span],
    *,
    job: str | None,
    check: Callable[[str | None], None],
) -> list[str]:
    """Write the spans; logging one again replaces it. Traces nobody has spoken of begin here.

    experiment  key of the experiment new traces are in
    job         the job whose code sends them
    check       asked with the job of each trace that is there already; raises Denied

    Gives back the ids of traces whose root span is among them.
    """
    groups: dict[str, dict[str, Span]] = defaultdict(dict)
    for span in spans:
        name = mlflow_id(span.trace_id)
        kept = {**in_mlflow_words(span.attributes), REQUEST_ID: name}
        groups[name][span.span_id] = replace(span, attributes=kept)
    ended = []
    for name in sorted(groups):  # the same order in every transaction, or two could lock each other
        group = list(groups[name].values())
        trace = _begun(db, workspace, experiment, name, group, job, check)
        put(db, SpanRow, [_row(trace, span) for span in group])
        _tell(db, trace, group)
        if any(span.parent_id is None for span in group):
            ended.append(name)
    return ended


def of_traces(db: Session, keys: Sequence[int]) -> dict[int, list[Span]]:
    """The spans of each, the root first, then as they began."""
    found: dict[int, list[Span]] = {key: [] for key in keys}
    row = SpanRow.__table__.c
    query = (
        select(*row, TraceRow.trace_id)
        .join(TraceRow, TraceRow.key == row.trace)
        .where(row.trace.in_(keys))
        .order_by(row.parent_id.is_not(None), row.start_ns, row.span_id)
    )
    for one in db.execute(query):
        content = msgspec.json.decode(one.content)
        found[one.trace].append(
            Span(
                trace_id=one.trace_id.removeprefix("tr-"),
                span_id=one.span_id,
                parent_id=one.parent_id,
                name=one.name,
                start_ns=one.start_ns,
                end_ns=one.end_ns,
                status=one.status,
                message=one.message,
                kind=one.kind,
                attributes=content["attributes"],
                events=tuple(Event(*event) for event in content["events"]),
                links=tuple(Link(*link) for link in content["links"]),
            )
        )
    return found


def _begun(
    db: Session,
    workspace: str,
    experiment: int,
    trace_id: str,
    group: Sequence[Span],
    job: str | None,
    check: Callable[[str | None], None],
) -> TraceRow:
    """The row of the trace, locked, made if there was none."""
    query = (
        select(TraceRow)
        .where(TraceRow.workspace == workspace, TraceRow.trace_id == trace_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = db.scalars(query).one_or_none()
    if found is None:
        start = min(span.start_ns for span in group) // 1_000_000
        made = insert_in(db, TraceRow).values(
            workspace=workspace,
            trace_id=trace_id,
            experiment=experiment,
            job=job,
            state=IN_PROGRESS,
            start_ms=start,
            finalized=False,
            in_store=True,
        )
        db.execute(made.on_conflict_do_nothing(index_elements=["workspace", "trace_id"]))
        found = db.scalars(query).one()
    check(found.job)
    return found


def _row(trace: TraceRow, span: Span) -> dict[str, Any]:
    said = span.attributes
    content = {
        "name": span.name,
        "attributes": said,
        "events": [(e.name, e.time_ns, e.attributes) for e in span.events],
        "links": [(e.trace_id, e.span_id, e.attributes) for e in span.links],
    }
    price = costs(said.get(LLM_COST))
    return {
        "trace": trace.key,
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "experiment": trace.experiment,
        "name": span.name,
        "type": span.type,
        "status": span.status,
        "message": span.message,
        "kind": span.kind,
        "start_ns": span.start_ns,
        "end_ns": span.end_ns,
        "usage": tokens(said.get(CHAT_USAGE)) or None,
        **{name: price.get(name) for name in COSTS},
        "model": _name(said.get(MODEL)),
        "provider": _name(said.get(PROVIDER)),
        "content": rules.as_json(content),
    }


def _name(said: Any) -> str | None:
    return said[:_MOST_NAME] if isinstance(said, str) else None


def _tell(db: Session, trace: TraceRow, group: Sequence[Span]) -> None:
    """What the spans say of their trace. What the client said of it goes before."""
    fields: dict[str, Any] = {"in_store": True}
    root = next((span for span in group if span.parent_id is None), None)
    if not trace.finalized:
        start = min(trace.start_ms, min(span.start_ns for span in group) // 1_000_000)
        ends = [span.end_ns // 1_000_000 for span in group if span.end_ns is not None]
        if trace.duration_ms is not None:
            ends.append(trace.start_ms + trace.duration_ms)
        fields["start_ms"] = start
        fields["duration_ms"] = max(ends) - start if ends else None
    tags: dict[str, str] = {}
    if root is not None:
        said = root.attributes
        if trace.state in (IN_PROGRESS, UNSPECIFIED):
            fields["state"] = ERROR if root.status == "ERROR" else OK
        if trace.request_preview is None:
            fields["request_preview"] = preview(said.get(INPUTS), "user")
        if trace.response_preview is None:
            fields["response_preview"] = preview(said.get(OUTPUTS), "assistant")
        tags = _tags(said)
        if NAME_TAG in tags:
            fields["name"] = tags.pop(NAME_TAG)
    every = [span.attributes for span in group]
    if trace.session is None:
        named = next((x for a in every if isinstance(x := first(a, SESSIONS), str)), None)
        fields["session"] = None if named is None else rules.session(named)
    metadata = _sums(db, trace, group, fields)
    user = next((x for a in every if isinstance(x := first(a, USERS), str)), None)
    db.execute(update(TraceRow).where(TraceRow.key == trace.key).values(fields))
    put(db, MetadataRow, [_entry(trace, k, v) for k, v in metadata.items()])
    put(db, TraceTagRow, [_entry(trace, k, v) for k, v in tags.items()])
    resource = _resource_tags(group[0].resource)
    _put_new(db, TraceTagRow, [_entry(trace, k, v) for k, v in resource.items() if k not in tags])
    if user is not None:
        _put_new(db, MetadataRow, [_entry(trace, USER, user)])


def _entry(trace: TraceRow, key: str, value: str) -> dict[str, Any]:
    return {"trace": trace.key, "key": key, "value": value}


def _put_new(db: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.execute(insert_in(db, table).on_conflict_do_nothing(), rows)


def _sums(
    db: Session, trace: TraceRow, group: Sequence[Span], fields: dict[str, Any]
) -> dict[str, str]:
    """Tokens and costs of the whole trace, once a span says any: columns go to `fields`, the
    metadata clients read is what comes back."""
    found: dict[str, str] = {}
    spent = any(tokens(span.attributes.get(CHAT_USAGE)) for span in group)
    priced = any(costs(span.attributes.get(LLM_COST)) for span in group)
    if not spent and not priced:
        return found
    row = SpanRow.__table__.c
    query = select(row.span_id, row.parent_id, row.usage, *(row[name] for name in COSTS))
    rows = db.execute(query.where(row.trace == trace.key)).all()
    told: set[str] = set()
    if trace.finalized:
        wanted = select(MetadataRow.key).where(MetadataRow.trace == trace.key)
        told = set(db.scalars(wanted))
    if spent and TOKEN_USAGE not in told:
        sums = total(Node(r.span_id, r.parent_id, r.usage or {}) for r in rows)
        fields.update({TOKENS[name]: int(value) for name, value in sums.items() if name in TOKENS})
        whole = {name: int(value) for name, value in sums.items()}
        for name in ("input_tokens", "output_tokens", "total_tokens"):
            whole.setdefault(name, 0)
        found[TOKEN_USAGE] = rules.as_json({n: whole[n] for n in TOKENS if n in whole})
    if priced and COST not in told:
        prices = (
            Node(r.span_id, r.parent_id, {n: v for n in COSTS if (v := getattr(r, n)) is not None})
            for r in rows
        )
        found[COST] = rules.as_json(total(prices))
    return found


def _tags(attributes: dict[str, Any]) -> dict[str, str]:
    """The user's tags an exporter of OpenTelemetry's own carries on the root span."""
    found = {}
    for key, value in attributes.items():
        if key.startswith(TAG_ATTRIBUTE):
            said = value if isinstance(value, str) else rules.as_json(value)
            tag = rules.tag_or_none(key[len(TAG_ATTRIBUTE) :], said)
            if tag:
                found[tag[0]] = tag[1]
    return found


def _resource_tags(resource: dict[str, Any]) -> dict[str, str]:
    found = {}
    for key, value in resource.items():
        if key.startswith(("telemetry.sdk.", "mlflow.")):
            continue
        tag = rules.tag_or_none(key, value if isinstance(value, str) else rules.as_json(value))
        if tag:
            found[tag[0]] = tag[1]
    return found
