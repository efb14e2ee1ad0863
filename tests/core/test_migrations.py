import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from zafiro.core import documents  # noqa: F401 - declares a table
from zafiro.core.db import Database, Table
from zafiro.core.errors import Invalid


def test_the_migrations_make_the_tables_the_code_declares(database_url: str) -> None:
    made = Database(database_url)
    made.migrate()
    made.migrate()  # twice is once
    with made.engine.connect() as connection:
        # SQLite has no types worth comparing: what it reflects differs by its version.
        types = connection.dialect.name != "sqlite"
        context = MigrationContext.configure(connection, opts={"compare_type": types})
        assert compare_metadata(context, Table.metadata) == []
    made.close()


def test_a_newer_database_is_refused_with_a_sentence(database_url: str) -> None:
    made = Database(database_url)
    made.migrate()
    with made.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Invalid, match="newer Zafiro"):
        made.migrate()
    made.close()
