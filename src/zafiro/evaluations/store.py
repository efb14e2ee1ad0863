"""The tables of evaluations. Integer keys inside, MLflow's ids outside, unique in a workspace.

What clients wrote as JSON is kept as text: its order and its numbers stay as they were.
"""

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from zafiro.core.db import Json, Serial, Table

Ms = BigInteger


def _to(column: str, **more: Any) -> Any:
    return mapped_column(BigInteger, ForeignKey(column, ondelete="CASCADE"), **more)


class EvaluationDatasetRow(Table):
    __tablename__ = "evaluation_datasets"
    __table_args__ = (UniqueConstraint("workspace", "dataset_id"),)

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    workspace: Mapped[str]  # GUID
    dataset_id: Mapped[str]
    name: Mapped[str] = mapped_column(Text)
    digest: Mapped[str]
    schema: Mapped[str | None] = mapped_column("dataset_schema", Text)
    created_ms: Mapped[int] = mapped_column(Ms)
    modified_ms: Mapped[int] = mapped_column(Ms)
    created_by: Mapped[str | None] = mapped_column(Text)
    modified_by: Mapped[str | None] = mapped_column(Text)


class EvaluationDatasetTagRow(Table):
    __tablename__ = "evaluation_dataset_tags"

    dataset: Mapped[int] = _to("evaluation_datasets.key", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class EvaluationDatasetExperimentRow(Table):
    __tablename__ = "evaluation_dataset_experiments"

    dataset: Mapped[int] = _to("evaluation_datasets.key", primary_key=True)
    experiment: Mapped[int] = _to("experiments.key", primary_key=True, index=True)


class RecordRow(Table):
    __tablename__ = "evaluation_records"
    __table_args__ = (
        UniqueConstraint("dataset", "same_inputs"),
        UniqueConstraint("dataset", "record_id"),
        Index("evaluation_records_order", "dataset", "key"),
    )

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    dataset: Mapped[int] = _to("evaluation_datasets.key")
    record_id: Mapped[str]
    same_inputs: Mapped[str]  # hash
    inputs: Mapped[str] = mapped_column(Text)
    outputs: Mapped[str | None] = mapped_column(Text)
    expectations: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    created_ms: Mapped[int] = mapped_column(Ms)
    modified_ms: Mapped[int] = mapped_column(Ms)
    created_by: Mapped[str | None] = mapped_column(Text)
    modified_by: Mapped[str | None] = mapped_column(Text)


class ScorerRow(Table):
    __tablename__ = "scorers"
    __table_args__ = (UniqueConstraint("experiment", "name"),)

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    scorer_id: Mapped[str] = mapped_column(unique=True)
    experiment: Mapped[int] = _to("experiments.key")
    name: Mapped[str]


class ScorerVersionRow(Table):
    __tablename__ = "scorer_versions"

    scorer: Mapped[int] = _to("scorers.key", primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    serialized: Mapped[str] = mapped_column(Text)
    created_ms: Mapped[int] = mapped_column(Ms)


class IssueRow(Table):
    """`rank` is the weight of the severity, -1 for none: what lists are ordered by."""

    __tablename__ = "issues"
    __table_args__ = (
        UniqueConstraint("workspace", "issue_id"),
        Index("issues_recent", "workspace", "experiment", "created_ms"),
    )

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    workspace: Mapped[str]
    issue_id: Mapped[str]
    experiment: Mapped[int] = _to("experiments.key")
    name: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    status: Mapped[str]
    severity: Mapped[str | None]
    rank: Mapped[int]
    root_causes: Mapped[list[str]] = mapped_column(Json)
    categories: Mapped[list[str]] = mapped_column(Json)
    source_run: Mapped[str | None]
    created_ms: Mapped[int] = mapped_column(Ms)
    modified_ms: Mapped[int] = mapped_column(Ms)
    created_by: Mapped[str | None] = mapped_column(Text)


def insert_in(db: Session, table: Any) -> Any:
    """INSERT that knows ON CONFLICT, which SQLAlchemy keeps per dialect."""
    if db.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # 70 ms that SQLite is spared

        return insert(table)
    return sqlite.insert(table)
