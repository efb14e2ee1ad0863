"""One engine, two ways to open a transaction: `begin` to write, `read` to look.

SQLite runs in WAL mode. A writer takes the write lock when it begins (BEGIN IMMEDIATE): a
transaction that reads first and writes later could otherwise fail with SQLITE_BUSY_SNAPSHOT,
which no busy timeout heals. Writers of this process queue on a lock of our own, because SQLite's
own waiting sleeps in steps of up to 100 ms.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, BigInteger, Connection, Dialect, Engine, Integer, create_engine, event
from sqlalchemy.exc import DataError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import StaticPool
from sqlalchemy.types import TypeDecorator, TypeEngine

from zafiro.core.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Table(DeclarativeBase):
    """Base of every table. Only `store.py` modules and `core.documents` declare tables."""


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as integer microseconds since 1970: exact, sortable, the same
    on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + timedelta(microseconds=int(value))


class Document(TypeDecorator[Any]):
    """JSON; on PostgreSQL the kind that can be indexed. None is NULL."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != "postgresql":
            return dialect.type_descriptor(JSON(none_as_null=True))
        from sqlalchemy.dialects.postgresql import JSONB  # 70 ms that SQLite is spared

        return dialect.type_descriptor(JSONB(none_as_null=True))


Json = Document()  # use as mapped_column(Json)

# An integer surrogate key that counts up on both databases.
Serial = BigInteger().with_variant(Integer(), "sqlite")


class Database:
    def __init__(self, url: str, *, durable: bool = True) -> None:
        """`url` as SQLAlchemy spells it. `durable` (SQLite only): a commit survives power loss."""
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            memory = url in ("sqlite://", "sqlite:///:memory:")
            self.engine: Engine = create_engine(
                url,
                connect_args={"check_same_thread": False, "timeout": 30},
                hide_parameters=True,  # an error in the log must not show what people keep secret
                **({"poolclass": StaticPool} if memory else {"pool_size": 20, "max_overflow": 40}),
            )
            _tune_sqlite(self.engine, durable=durable)
        else:
            self.engine = create_engine(
                url, pool_size=20, max_overflow=20, pool_pre_ping=True, hide_parameters=True
            )
        self._session = sessionmaker(self.engine, expire_on_commit=False)
        # A memory database has one connection for everybody, so readers queue as well.
        self._writing = threading.RLock() if self.is_sqlite else nullcontext()
        self._reading = self._writing if self.is_sqlite and memory else nullcontext()

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A writing transaction: commits on leaving, rolls back on any exception."""
        with self._writing, _kept_whole(), self._session() as session:
            if self.is_sqlite:
                session.connection(execution_options={"zafiro_write": True})
            yield session
            session.commit()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A reading transaction on one snapshot; whatever it changed is rolled back."""
        with self._reading, _kept_whole(), self._session() as session:
            yield session

    def migrate(self) -> None:
        """Bring the tables to what this version needs. Raises Invalid for a newer database."""
        from zafiro.core.migrations import upgrade

        upgrade(self)

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _kept_whole() -> Iterator[None]:
    """A value that no column can hold is the asker's mistake, not ours."""
    try:
        yield
    except (DataError, OverflowError) as e:
        why = str(e.orig if isinstance(e, DataError) else e).splitlines()[0]
        raise Invalid("value", f"the database cannot keep it: {why}") from e


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def _tune_sqlite(engine: Engine, *, durable: bool) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={'FULL' if durable else 'NORMAL'}",
            "foreign_keys=ON",
            "busy_timeout=30000",
            "cache_size=-32000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("zafiro_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
