"""Alembic, driven from code: no ini file, the same on SQLite and PostgreSQL.

A new migration: `python -m zafiro.core.migrations "what changes"` writes it by comparison.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from zafiro.core.errors import Invalid

if TYPE_CHECKING:
    from zafiro.core.db import Database


def config(db: "Database") -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("path_separator", "os")
    made.attributes["engine"] = db.engine
    return made


def upgrade(db: "Database") -> None:
    """To the newest. Raises Invalid when the database was written by a newer version."""
    made = config(db)
    known = ScriptDirectory.from_config(made)
    with db.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == known.get_current_head():
        return
    if current is not None and current not in {s.revision for s in known.walk_revisions()}:
        raise Invalid(
            "database",
            f"it was written by a newer Zafiro (schema {current}; this version knows up to "
            f"{known.get_current_head()}); start that version, or restore a backup",
        )
    command.upgrade(made, "head")
