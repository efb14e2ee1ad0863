"""Statements written by hand, where SQLAlchemy would take longer to build one than to run it.

They are written with ? whatever the database, and everything that comes from outside is a
parameter.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session


def rows(db: Session, statement: str, given: Sequence[Any] = ()) -> Sequence[Any]:
    connection = db.connection()
    if connection.dialect.name == "postgresql":
        statement = statement.replace("?", "%s")
    return connection.exec_driver_sql(statement, tuple(given)).all()


def many(db: Session, statement: str, given: list[tuple[Any, ...]]) -> int:
    """Runs it once for each; how many rows were written."""
    connection = db.connection()
    if connection.dialect.name == "postgresql":
        statement = statement.replace("?", "%s")
    return connection.exec_driver_sql(statement, given).rowcount


def among(db: Session, keys: Iterable[int]) -> tuple[str, Any]:
    """What follows a column that is to be one of `keys`, and its one parameter: a list of any
    length in a statement whose text stays the same."""
    if db.get_bind().dialect.name == "postgresql":
        return "= ANY(?)", list(keys)
    return "IN (SELECT value FROM json_each(?))", json.dumps(list(keys))
