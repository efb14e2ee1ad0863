"""Tables of containers (all versions of one name) and versions, for all kinds.

Names are looked up lower-cased and kept as first written. `number` counts versions as they are
made: later is newer, whatever the clock said.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Index,
    Select,
    UniqueConstraint,
    and_,
    delete,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from zafiro.assets.domain import Asset, Container
from zafiro.core.db import Json, Moment, Serial, Table


class ContainerRow(Table):
    """`extra` is the rest of the properties bag. `aliases` are names for versions (MLflow)."""

    __tablename__ = "asset_containers"

    workspace: Mapped[str] = mapped_column(primary_key=True)  # GUID
    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)  # the name, lower-cased
    name: Mapped[str]
    description: Mapped[str | None]
    tags: Mapped[dict[str, Any]] = mapped_column(Json)
    aliases: Mapped[dict[str, str]] = mapped_column(Json)
    extra: Mapped[dict[str, Any]] = mapped_column(Json)
    type: Mapped[str] = mapped_column(default="")  # of the newest version
    is_archived: Mapped[bool] = mapped_column(default=False)
    is_anonymous: Mapped[bool] = mapped_column(default=False)  # none of its versions has a name
    latest: Mapped[str] = mapped_column(default="")  # the version, "" when there is none
    counted: Mapped[int] = mapped_column(BigInteger, default=0)  # highest number ever a version
    etag: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Moment)
    modified_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(default="")


class VersionRow(Table):
    """`body` is the resource as sent, its properties completed, and what MLflow says beside.
    `stage`, `run_id` and `source` are of models; `source` is the URI a model was registered from,
    as sent. `counted` is the version as a number, 0 for text."""

    __tablename__ = "asset_versions"
    __table_args__ = (
        UniqueConstraint("workspace", "kind", "key", "version_key"),
        Index("ix_asset_versions_newest", "workspace", "kind", "key", "number"),
        Index("ix_asset_versions_hash", "workspace", "kind", "hash"),
        Index("ix_asset_versions_run", "workspace", "run_id"),
    )

    number: Mapped[int] = mapped_column(Serial, primary_key=True, autoincrement=True)
    workspace: Mapped[str]
    kind: Mapped[str]
    key: Mapped[str]
    version_key: Mapped[str]
    name: Mapped[str]
    version: Mapped[str]
    counted: Mapped[int] = mapped_column(BigInteger, default=0)
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    type: Mapped[str] = mapped_column(default="")
    uri: Mapped[str] = mapped_column(default="")
    hash: Mapped[str] = mapped_column(default="")
    stage: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    run_id: Mapped[str] = mapped_column(default="")
    is_archived: Mapped[bool] = mapped_column(default=False)
    is_anonymous: Mapped[bool] = mapped_column(default=False)
    etag: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Moment)
    modified_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str] = mapped_column(default="")


def container(
    db: Session, workspace: str, kind: str, name: str, *, lock: bool = False
) -> ContainerRow | None:
    """`lock` it until the transaction ends, so that two writers do not give one number twice."""
    return db.get(ContainerRow, (workspace, kind, name.lower()), with_for_update=lock or None)


def version(db: Session, workspace: str, kind: str, name: str, version: str) -> VersionRow | None:
    wanted = _of(workspace, kind, name).where(VersionRow.version_key == version.lower())
    return db.scalars(wanted).one_or_none()


def newest(
    db: Session, workspace: str, kind: str, name: str, *, archived: bool = False
) -> VersionRow | None:
    """The version made last, archived ones aside unless asked for."""
    wanted = _of(workspace, kind, name).order_by(VersionRow.number.desc()).limit(1)
    if not archived:
        wanted = wanted.where(VersionRow.is_archived.is_(False))
    return db.scalars(wanted).one_or_none()


def by_hash(db: Session, workspace: str, kind: str, hash: str) -> Sequence[VersionRow]:
    """Newest first."""
    wanted = select(VersionRow).where(
        VersionRow.workspace == workspace, VersionRow.kind == kind, VersionRow.hash == hash
    )
    return db.scalars(wanted.order_by(VersionRow.number.desc())).all()


def of_run(db: Session, workspace: str, run: str, limit: int) -> Sequence[VersionRow]:
    """Oldest first."""
    wanted = select(VersionRow).where(VersionRow.workspace == workspace, VersionRow.run_id == run)
    return db.scalars(wanted.order_by(VersionRow.number).limit(limit)).all()


def containers(
    db: Session,
    workspace: str,
    kind: str,
    *,
    archived: bool | None = False,
    after: str = "",
    limit: int | None = None,
) -> Sequence[ContainerRow]:
    """By name, those of anonymous assets aside; `archived` None takes both."""
    wanted = select(ContainerRow).where(
        ContainerRow.workspace == workspace,
        ContainerRow.kind == kind,
        ContainerRow.is_anonymous.is_(False),
    )
    if archived is not None:
        wanted = wanted.where(ContainerRow.is_archived.is_(archived))
    if after:
        wanted = wanted.where(ContainerRow.key > after.lower())
    return db.scalars(wanted.order_by(ContainerRow.key).limit(limit)).all()


def versions(
    db: Session,
    workspace: str,
    kind: str,
    name: str,
    *,
    by: str = "created",
    descending: bool = True,
    archived: bool | None = False,
    stage: str = "",
    after: int | None = None,
    limit: int | None = None,
) -> Sequence[VersionRow]:
    """Anonymous ones aside. by: "created" or "modified"; `archived` None takes both.

    `after`: the number of the row before the first one wanted.
    """
    wanted = _of(workspace, kind, name).where(VersionRow.is_anonymous.is_(False))
    if archived is not None:
        wanted = wanted.where(VersionRow.is_archived.is_(archived))
    if stage:
        wanted = wanted.where(VersionRow.stage == stage)
    order: list[InstrumentedAttribute[Any]] = [VersionRow.number]
    if by == "modified":
        order.insert(0, VersionRow.modified_at)
    if after is not None:
        wanted = wanted.where(_behind(db, after, by=by, descending=descending))
    wanted = wanted.order_by(*(c.desc() if descending else c.asc() for c in order))
    return db.scalars(wanted.limit(limit)).all()


def _behind(db: Session, after: int, *, by: str, descending: bool) -> ColumnElement[bool]:
    later = VersionRow.number < after if descending else VersionRow.number > after
    anchor = db.get(VersionRow, after) if by == "modified" else None
    if anchor is None:
        return later
    column, at = VersionRow.modified_at, anchor.modified_at
    return or_(column < at if descending else column > at, and_(column == at, later))


def remove(db: Session, workspace: str, kind: str, name: str) -> bool:
    """A container and its versions. Whether there was one."""
    key = name.lower()
    db.execute(
        delete(VersionRow).where(
            VersionRow.workspace == workspace, VersionRow.kind == kind, VersionRow.key == key
        )
    )
    row = container(db, workspace, kind, name)
    if row is None:
        return False
    db.delete(row)
    return True


def clear(db: Session, workspace: str) -> None:
    db.execute(delete(VersionRow).where(VersionRow.workspace == workspace))
    db.execute(delete(ContainerRow).where(ContainerRow.workspace == workspace))


def _of(workspace: str, kind: str, name: str) -> Select[VersionRow]:
    return select(VersionRow).where(
        VersionRow.workspace == workspace,
        VersionRow.kind == kind,
        VersionRow.key == name.lower(),
    )


def next_version(row: ContainerRow) -> str:
    return str(row.counted + 1)


def asset(workspace: str, row: VersionRow) -> Asset:
    """`workspace`: its ARM id."""
    return Asset(
        id=f"{workspace}/{row.kind}/{row.name}/versions/{row.version}",
        kind=row.kind,
        name=row.name,
        version=row.version,
        uri=row.uri,
        type=row.type,
        properties=row.body["properties"],
        hash=row.hash,
        stage=row.stage,
        is_archived=row.is_archived,
        is_anonymous=row.is_anonymous,
        etag=row.etag,
        created_at=row.created_at,
        modified_at=row.modified_at,
        created_by=row.created_by,
        source=row.source,
        run_id=row.run_id,
        notes=row.body.get("mlflow") or {},
    )


def about(workspace: str, row: ContainerRow) -> Container:
    """`workspace`: its ARM id."""
    return Container(
        id=f"{workspace}/{row.kind}/{row.name}",
        kind=row.kind,
        name=row.name,
        description=row.description,
        tags=row.tags,
        extra=row.extra,
        type=row.type,
        is_archived=row.is_archived,
        latest=row.latest,
        next=next_version(row),
        etag=row.etag,
        created_at=row.created_at,
        modified_at=row.modified_at,
        created_by=row.created_by,
        aliases=row.aliases,
    )


def uris_with(db: Session, workspace: str, parts: Sequence[str]) -> list[str]:
    """URIs of all versions that hold one of these texts, percent-encoded or not; models' sources
    too."""
    spelled = {*parts, *(quote(part) for part in parts)}
    row = VersionRow.__table__.c
    wanted = or_(
        *(one.contains(text, autoescape=True) for one in (row.uri, row.source) for text in spelled)
    )
    found = db.execute(select(row.uri, row.source).where(row.workspace == workspace, wanted))
    return [uri for both in found for uri in both if uri]
