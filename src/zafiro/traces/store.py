"""The tables of traces.

Integer keys inside, MLflow's ids outside; a trace id is unique in its workspace. `experiment`
stands again on spans, so that an index can lead to them from there.

`content` of a span is one JSON object with its attributes, events and links: what search looks
through as text and, for single attributes, as JSON.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from zafiro.core.db import Json, Serial, Table

Ms = BigInteger


def _to(column: str, **more: Any) -> Any:
    return mapped_column(BigInteger, ForeignKey(column, ondelete="CASCADE"), **more)


class TraceRow(Table):
    __tablename__ = "traces"
    __table_args__ = (
        UniqueConstraint("workspace", "trace_id"),
        Index("traces_recent", "experiment", "start_ms", "key"),
        Index("traces_session", "experiment", "session"),
    )

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    workspace: Mapped[str]  # GUID
    trace_id: Mapped[str]
    experiment: Mapped[int] = _to("experiments.key")
    job: Mapped[str | None]
    name: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str]
    start_ms: Mapped[int] = mapped_column(Ms)
    duration_ms: Mapped[int | None] = mapped_column(Ms)
    client_request_id: Mapped[str | None] = mapped_column(Text)
    request_preview: Mapped[str | None] = mapped_column(Text)
    response_preview: Mapped[str | None] = mapped_column(Text)
    session: Mapped[str | None]
    finalized: Mapped[bool] = mapped_column(Boolean)  # the client said all of it
    in_store: Mapped[bool] = mapped_column(Boolean)  # spans stand in our table, not in a file
    input_tokens: Mapped[int | None] = mapped_column(BigInteger)
    output_tokens: Mapped[int | None] = mapped_column(BigInteger)
    total_tokens: Mapped[int | None] = mapped_column(BigInteger)
    cache_read_tokens: Mapped[int | None] = mapped_column(BigInteger)
    cache_creation_tokens: Mapped[int | None] = mapped_column(BigInteger)


class TraceTagRow(Table):
    __tablename__ = "trace_tags"
    __table_args__ = ({"sqlite_with_rowid": False},)

    trace: Mapped[int] = _to("traces.key", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class MetadataRow(Table):
    __tablename__ = "trace_metadata"
    __table_args__ = ({"sqlite_with_rowid": False},)

    trace: Mapped[int] = _to("traces.key", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class SpanRow(Table):
    __tablename__ = "trace_spans"
    __table_args__ = (Index("trace_spans_recent", "experiment", "start_ns"),)

    trace: Mapped[int] = _to("traces.key", primary_key=True)
    span_id: Mapped[str] = mapped_column(primary_key=True)
    parent_id: Mapped[str | None]
    experiment: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    type: Mapped[str | None]
    status: Mapped[str]
    message: Mapped[str] = mapped_column(Text)
    kind: Mapped[int]
    start_ns: Mapped[int] = mapped_column(BigInteger)
    end_ns: Mapped[int | None] = mapped_column(BigInteger)
    usage: Mapped[dict[str, Any] | None] = mapped_column(Json)  # tokens, by name
    input_cost: Mapped[float | None]
    output_cost: Mapped[float | None]
    total_cost: Mapped[float | None]
    model: Mapped[str | None]
    provider: Mapped[str | None]
    content: Mapped[str] = mapped_column(Text)


class AssessmentRow(Table):
    """`value` is JSON as text: true, 5, "yes". `number` is what averages count; `numeric` says
    that it was one. `of_session` marks what holds of all traces of the session."""

    __tablename__ = "trace_assessments"
    __table_args__ = (UniqueConstraint("trace", "assessment_id"),)

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    trace: Mapped[int] = _to("traces.key")
    assessment_id: Mapped[str]
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str]
    value: Mapped[str] = mapped_column(Text)
    number: Mapped[float | None]
    numeric: Mapped[bool] = mapped_column(Boolean)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    source_type: Mapped[str]
    source_id: Mapped[str] = mapped_column(Text)
    created_ms: Mapped[int] = mapped_column(Ms)
    updated_ms: Mapped[int] = mapped_column(Ms)
    run_id: Mapped[str | None]
    span_id: Mapped[str | None]
    rationale: Mapped[str | None] = mapped_column(Text)
    overrides: Mapped[str | None]
    valid: Mapped[bool] = mapped_column(Boolean)
    of_session: Mapped[bool] = mapped_column(Boolean)
    details: Mapped[dict[str, str]] = mapped_column(Json)  # its metadata


class TraceLinkRow(Table):
    """A trace goes with a run ("run", its id) or a prompt's version ("prompt", "name/version")."""

    __tablename__ = "trace_links"
    __table_args__ = (
        Index("trace_links_target", "kind", "target"),
        {"sqlite_with_rowid": False},
    )

    trace: Mapped[int] = _to("traces.key", primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(primary_key=True)


def insert_in(db: Session, table: Any) -> Any:
    """INSERT that knows ON CONFLICT, which SQLAlchemy keeps per dialect."""
    if db.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # 70 ms that SQLite is spared

        return insert(table)
    return sqlite.insert(table)


def put(db: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    """Insert the rows, or replace what is there under the same key."""
    if not rows:
        return
    made = insert_in(db, table)
    keys = [column.name for column in table.__table__.primary_key]
    rest = {name: made.excluded[name] for name in rows[0] if name not in keys}
    db.execute(made.on_conflict_do_update(index_elements=keys, set_=rest), rows)
