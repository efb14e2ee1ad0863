"""The tables of tracking.

Integer keys inside, text ids outside. A run id is unique in its workspace only: the run of a job
carries the job's name, and two workspaces may have jobs of one name. `experiment` stands again on
rows that search looks through, so that an index can lead there from an experiment.

A value that is not a number is kept as (0, nan=True): SQLite turns NaN into NULL, and NULL can be
no part of a key. Infinities are kept as they are.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from zafiro.core.db import Json, Serial, Table

Ms = BigInteger


def _to(column: str, **more: Any) -> Any:
    return mapped_column(BigInteger, ForeignKey(column, ondelete="CASCADE"), **more)


class ExperimentRow(Table):
    __tablename__ = "experiments"
    __table_args__ = (UniqueConstraint("workspace", "name"),)

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    workspace: Mapped[str]  # GUID
    name: Mapped[str]
    description: Mapped[str | None] = mapped_column(Text)
    lifecycle: Mapped[str]
    created_ms: Mapped[int] = mapped_column(Ms)
    modified_ms: Mapped[int] = mapped_column(Ms)
    location: Mapped[str | None] = mapped_column(Text)  # of its runs' artifacts, as it was said
    folder: Mapped[str | None] = mapped_column(Text)  # the same as an artifact path; None elsewhere


class ExperimentTagRow(Table):
    __tablename__ = "experiment_tags"

    experiment: Mapped[int] = _to("experiments.key", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class RunRow(Table):
    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("workspace", "run_id"),
        Index("runs_recent", "experiment", "lifecycle", "start_ms", "key"),
        Index("runs_parent", "workspace", "parent"),
        Index("runs_job", "workspace", "job"),
        Index("runs_name", "experiment", "name"),
        Index("runs_listed", "workspace", "lifecycle", "hidden", "parent", "key"),
    )

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    workspace: Mapped[str]
    run_id: Mapped[str]
    experiment: Mapped[int] = _to("experiments.key")
    name: Mapped[str]
    status: Mapped[str]
    lifecycle: Mapped[str]
    start_ms: Mapped[int] = mapped_column(Ms)
    end_ms: Mapped[int | None] = mapped_column(Ms)
    deleted_ms: Mapped[int | None] = mapped_column(Ms)
    user_name: Mapped[str]
    parent: Mapped[str | None]  # run id; the parent may be written later than the child
    root: Mapped[str]
    owned: Mapped[bool] = mapped_column(Boolean)
    job: Mapped[str | None]
    state: Mapped[str | None]
    state_start_ms: Mapped[int | None] = mapped_column(Ms)
    state_end_ms: Mapped[int | None] = mapped_column(Ms)
    created_ms: Mapped[int] = mapped_column(Ms)
    modified_ms: Mapped[int] = mapped_column(Ms)
    description: Mapped[str | None] = mapped_column(Text)
    hidden: Mapped[bool] = mapped_column(Boolean)
    run_type: Mapped[str | None]
    target: Mapped[str | None]
    properties: Mapped[dict[str, Any] | None] = mapped_column(Json)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    warnings: Mapped[list[Any] | None] = mapped_column(Json)
    outputs: Mapped[dict[str, Any] | None] = mapped_column(Json)
    definition: Mapped[dict[str, Any] | None] = mapped_column(Json)
    told: Mapped[dict[str, Any] | None] = mapped_column(Json)  # run history's own fields, as said


class TagRow(Table):
    __tablename__ = "run_tags"
    __table_args__ = ({"sqlite_with_rowid": False},)

    run: Mapped[int] = _to("runs.key", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    experiment: Mapped[int] = mapped_column(BigInteger)


class ParamRow(Table):
    __tablename__ = "run_params"
    __table_args__ = ({"sqlite_with_rowid": False},)

    run: Mapped[int] = _to("runs.key", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    experiment: Mapped[int] = mapped_column(BigInteger)


# PostgreSQL's index entries end at 2,700 bytes, so long values are indexed by how they begin.
Index("run_tags_search", TagRow.experiment, TagRow.key, func.substr(TagRow.value, 1, 64))
Index("run_params_search", ParamRow.experiment, ParamRow.key, func.substr(ParamRow.value, 1, 64))


class MetricNameRow(Table):
    """The number that stands for a metric's name in every point. Names are shared by all runs and
    never go: a name of 35 characters would double a point's size."""

    __tablename__ = "metric_names"

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class PointRow(Table):
    """Every value ever logged, in the order of its key. Logging the same one twice (a retry)
    leaves one."""

    __tablename__ = "metric_points"
    __table_args__ = ({"sqlite_with_rowid": False},)

    run: Mapped[int] = _to("runs.key", primary_key=True)
    metric: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    timestamp_ms: Mapped[int] = mapped_column(Ms, primary_key=True)
    step: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    value: Mapped[float] = mapped_column(primary_key=True)
    nan: Mapped[bool] = mapped_column(Boolean, primary_key=True)


class BlockRow(Table):
    """What a plot needs of points that came one after the other: which is the first and the last
    of them by step, the lowest and the highest. NaN left out.

    Level 0 is of 64 points, each level above of 16 blocks below. Only metrics of thousands of
    points have any. Points said twice count twice here, which changes none of the four.
    """

    __tablename__ = "metric_blocks"
    __table_args__ = ({"sqlite_with_rowid": False},)

    run: Mapped[int] = _to("runs.key", primary_key=True)
    metric: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    block: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    from_ms: Mapped[int] = mapped_column(Ms)
    to_ms: Mapped[int] = mapped_column(Ms)
    first_step: Mapped[int] = mapped_column(BigInteger)
    first_ms: Mapped[int] = mapped_column(Ms)
    first_value: Mapped[float]
    last_step: Mapped[int] = mapped_column(BigInteger)
    last_ms: Mapped[int] = mapped_column(Ms)
    last_value: Mapped[float]
    low_step: Mapped[int] = mapped_column(BigInteger)
    low_ms: Mapped[int] = mapped_column(Ms)
    low_value: Mapped[float]
    high_step: Mapped[int] = mapped_column(BigInteger)
    high_ms: Mapped[int] = mapped_column(Ms)
    high_value: Mapped[float]


class LatestRow(Table):
    """The point of each metric with the greatest (step, timestamp, value), how often one was
    logged, repeats counted, and the lowest and the highest, of equal ones the one that came first:
    NULL while all are NaN."""

    __tablename__ = "metric_latest"
    __table_args__ = (
        Index("metric_latest_search", "experiment", "key", "nan", "value"),
        {"sqlite_with_rowid": False},
    )

    run: Mapped[int] = _to("runs.key", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]
    nan: Mapped[bool] = mapped_column(Boolean)
    step: Mapped[int] = mapped_column(BigInteger)
    timestamp_ms: Mapped[int] = mapped_column(Ms)
    experiment: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int] = mapped_column(BigInteger, server_default="0")
    low_value: Mapped[float | None]
    low_step: Mapped[int | None] = mapped_column(BigInteger)
    low_ms: Mapped[int | None] = mapped_column(Ms)
    high_value: Mapped[float | None]
    high_step: Mapped[int | None] = mapped_column(BigInteger)
    high_ms: Mapped[int | None] = mapped_column(Ms)


class SeriesRow(Table):
    """A metric as Azure's metric service knows it: its columns, and how it is drawn. `length`
    is how many rows were ever logged to it, and the place of the next."""

    __tablename__ = "metric_series"
    __table_args__ = (UniqueConstraint("run", "name"),)

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    run: Mapped[int] = _to("runs.key")
    name: Mapped[str]
    kind: Mapped[str]  # uxMetricType
    columns: Mapped[dict[str, Any]] = mapped_column(Json)
    length: Mapped[int] = mapped_column(BigInteger)


class SeriesPartRow(Table):
    """One row of a series. Without `cells` its value is a metric point; what stays here is the
    id, so that a retry is known."""

    __tablename__ = "metric_series_rows"
    __table_args__ = (UniqueConstraint("series", "metric_id"), {"sqlite_with_rowid": False})

    series: Mapped[int] = _to("metric_series.key", primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    metric_id: Mapped[str]
    step: Mapped[int | None] = mapped_column(BigInteger)
    created_ms: Mapped[int] = mapped_column(Ms)
    cells: Mapped[dict[str, Any] | None] = mapped_column(Json)


class EventRow(Table):
    """What a run said of itself, in the order it was heard."""

    __tablename__ = "run_events"

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    run: Mapped[int] = _to("runs.key", index=True)
    name: Mapped[str]
    at_ms: Mapped[int] = mapped_column(Ms)
    event: Mapped[dict[str, Any]] = mapped_column(Json)


class RemainsRow(Table):
    """What is left of something deleted for good, for a loop to remove: the rows of a run or of an
    experiment (their keys), and files nobody owns any more."""

    __tablename__ = "tracking_remains"

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    workspace: Mapped[str]  # GUID
    run: Mapped[int | None] = mapped_column(BigInteger)
    experiment: Mapped[int | None] = mapped_column(BigInteger)
    path: Mapped[str | None] = mapped_column(Text)  # as artifact paths go, and where that is:
    account: Mapped[str | None]
    container: Mapped[str | None]
    folder: Mapped[str | None] = mapped_column(Text)


class DatasetRow(Table):
    __tablename__ = "run_datasets"
    __table_args__ = (UniqueConstraint("experiment", "name", "digest"),)

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    experiment: Mapped[int] = _to("experiments.key")
    name: Mapped[str]
    digest: Mapped[str]
    source_type: Mapped[str]
    source: Mapped[str] = mapped_column(Text)
    schema: Mapped[str | None] = mapped_column("dataset_schema", Text)
    profile: Mapped[str | None] = mapped_column(Text)


class InputRow(Table):
    """A dataset a run took in. `context` is its tag mlflow.data.context, for search."""

    __tablename__ = "run_inputs"

    run: Mapped[int] = _to("runs.key", primary_key=True)
    dataset: Mapped[int] = _to("run_datasets.key", primary_key=True, index=True)
    context: Mapped[str | None]
    tags: Mapped[dict[str, Any]] = mapped_column(Json)


class LoggedModelRow(Table):
    __tablename__ = "logged_models"
    __table_args__ = (
        UniqueConstraint("workspace", "model_id"),
        Index("logged_models_recent", "experiment", "lifecycle", "created_ms"),
        Index("logged_models_run", "workspace", "source_run"),
    )

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    workspace: Mapped[str]
    model_id: Mapped[str]
    experiment: Mapped[int] = _to("experiments.key")
    name: Mapped[str]
    model_type: Mapped[str | None]
    source_run: Mapped[str | None]
    job: Mapped[str | None]
    folder: Mapped[str]  # below the artifact container
    status: Mapped[int]
    status_message: Mapped[str | None] = mapped_column(Text)
    lifecycle: Mapped[str]
    created_ms: Mapped[int] = mapped_column(Ms)
    modified_ms: Mapped[int] = mapped_column(Ms)


class ModelTagRow(Table):
    __tablename__ = "logged_model_tags"

    model: Mapped[int] = _to("logged_models.key", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class ModelParamRow(Table):
    __tablename__ = "logged_model_params"

    model: Mapped[int] = _to("logged_models.key", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class ModelMetricRow(Table):
    """What runs measured of a logged model, perhaps on a dataset ("" when none was named)."""

    __tablename__ = "logged_model_metrics"
    __table_args__ = ({"sqlite_with_rowid": False},)

    model: Mapped[int] = _to("logged_models.key", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    timestamp_ms: Mapped[int] = mapped_column(Ms, primary_key=True)
    step: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    run: Mapped[int] = _to("runs.key", primary_key=True, index=True)
    dataset_name: Mapped[str] = mapped_column(primary_key=True)
    dataset_digest: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]
    nan: Mapped[bool] = mapped_column(Boolean)


class ModelLinkRow(Table):
    """A logged model a run took in ("input") or gave out ("output")."""

    __tablename__ = "run_models"

    run: Mapped[int] = _to("runs.key", primary_key=True)
    direction: Mapped[str] = mapped_column(primary_key=True)
    model_id: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(BigInteger, primary_key=True)


def metric_key(name: str) -> Any:
    """The number points carry for that name, as a part of a query: NULL for one nobody logged."""
    return select(MetricNameRow.key).where(MetricNameRow.name == name).scalar_subquery()


def upsert(db: Session, table: Any) -> Any:
    """INSERT … ON CONFLICT, which SQLAlchemy keeps per dialect."""
    return insert_in(dialect(db), table)


def insert_in(dialect: str, table: Any) -> Any:
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # 70 ms that SQLite is spared

        return insert(table)
    return sqlite.insert(table)


def dialect(db: Session) -> str:
    return db.get_bind().dialect.name


def root_of(db: Session, workspace: str, parent: str) -> str:
    query = select(RunRow.root).where(RunRow.workspace == workspace, RunRow.run_id == parent)
    return db.scalars(query).one_or_none() or parent
