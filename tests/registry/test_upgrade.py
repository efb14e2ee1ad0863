"""Versions that were there before the registry are counted when the database is upgraded."""

from alembic import command
from sqlalchemy import text

from zafiro.core.db import Database
from zafiro.core.migrations import config

_TEXTS = ("workspace", "kind", "key", "name", "type", "uri", "hash", "stage", "source", "run_id")


def test_versions_made_before_are_counted(database_url: str) -> None:
    db = Database(database_url, durable=False)
    command.upgrade(config(db), "0001")
    columns = (*_TEXTS, "etag", "created_by")
    names, values = ", ".join(columns), ", ".join("'x'" for _ in columns)
    with db.engine.begin() as connection:
        for version in ("7", "beta", "1a", "12345678901234567890", ""):
            connection.execute(
                text(
                    f"INSERT INTO asset_versions ({names}, version, version_key, body, "
                    "is_archived, is_anonymous, created_at, modified_at) "
                    f"VALUES ({values}, :version, :version, '{{}}', false, false, 0, 0)"
                ),
                {"version": version},
            )
    db.migrate()
    with db.engine.connect() as connection:
        found = connection.execute(text("SELECT version, counted FROM asset_versions"))
        assert {row.version: row.counted for row in found} == {
            "7": 7,
            "beta": 0,
            "1a": 0,
            "12345678901234567890": 0,
            "": 0,
        }
    db.close()
