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


def many(db: Session, statement: str, types: str, given: Sequence[tuple[Any, ...]]) -> int:
    """Runs an INSERT of {values} for each of `given`, in that order; how many rows were written.

    types   of the columns, by PostgreSQL's names: it takes all rows in one statement, as arrays
    """
    if not given:
        return 0
    connection = db.connection()
    names = types.split()
    if connection.dialect.name == "postgresql":
        values = "SELECT * FROM unnest(" + ", ".join(f"%s::{name}[]" for name in names) + ")"
        columns = tuple(list(column) for column in zip(*given, strict=True))
        return connection.exec_driver_sql(statement.format(values=values), columns).rowcount
    values = f"VALUES ({', '.join('?' * len(names))})"
    return connection.exec_driver_sql(statement.format(values=values), list(given)).rowcount


def among(db: Session, keys: Iterable[Any]) -> tuple[str, Any]:
    """What follows a column that is to be one of `keys`, numbers or texts, and its one parameter: a list of any
    length in a statement whose text stays the same."""
    if db.get_bind().dialect.name == "postgresql":
        return "= ANY(?)", list(keys)
    return "IN (SELECT value FROM json_each(?))", json.dumps(list(keys))


def pairs(db: Session, given: Iterable[tuple[int, str]]) -> tuple[str, list[Any]]:
    """A source `j` with columns a and b, of any length, and its parameters."""
    known = list(given)
    if db.get_bind().dialect.name == "postgresql":
        return "unnest(?::int8[], ?::text[]) AS j(a, b)", [
            [a for a, _ in known],
            [b for _, b in known],
        ]
    one = "(SELECT json_extract(value, '$[0]') AS a, json_extract(value, '$[1]') AS b"
    return f"{one} FROM json_each(?)) AS j", [json.dumps(known)]
