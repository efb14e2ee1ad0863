"""What Alembic runs for every command."""

from typing import Any

from alembic import context
from sqlalchemy import BigInteger

from zafiro.core.db import Document, Moment, Table


def render(kind: str, item: Any, autogen: Any) -> Any:
    """How our own column types are spelled in a migration."""
    if kind == "type":
        autogen.imports.add("from zafiro.core.db import Json, Moment, Serial")
        if isinstance(item, Moment):
            return "Moment()"
        if isinstance(item, Document):
            return "Json"
        if isinstance(item, BigInteger) and item._variant_mapping:
            return "Serial"
    return False


engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=engine.dialect.name == "sqlite",
        compare_type=False,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
