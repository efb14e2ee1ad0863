"""Alembic, driven from code: no ini file, the same on SQLite and PostgreSQL.

A new migration: `python -m zafiro.core.migrations "what changes"` writes it by comparison. Files
are named by revision, 0001_… onwards, so that the newest is known without loading Alembic.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from zafiro.core.errors import Invalid

if TYPE_CHECKING:
    from alembic.config import Config

    from zafiro.core.db import Database

VERSIONS = Path(__file__).parent / "versions"


def config(db: "Database") -> "Config":
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("path_separator", "os")
    made.attributes["engine"] = db.engine
    return made


def upgrade(db: "Database") -> None:
    """To the newest. Raises Invalid when the database was written by a newer version."""
    known = sorted(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))
    current = _current(db)
    if current == known[-1]:
        return
    if current is not None and current not in known:
        raise Invalid(
            "database",
            f"it was written by a newer Zafiro (schema {current}; this version knows up to "
            f"{known[-1]}); start that version, or restore a backup",
        )
    from alembic import command  # 0.2 s that an ordinary start is spared

    command.upgrade(config(db), "head")


def _current(db: "Database") -> str | None:
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
