"""A clause of a filter as SQL."""

from typing import Any

from sqlalchemy import ColumnElement, Exists, func
from sqlalchemy.orm import Session

from zafiro.mlflow_rest.filters import Clause


def compare(db: Session, column: Any, clause: Clause) -> ColumnElement[bool]:
    """The condition as SQL. LIKE minds case, ILIKE does not, on either database."""
    value = clause.value
    made: ColumnElement[bool]
    if clause.comparator == "IN":
        made = column.in_(value)
    elif clause.comparator == "NOT IN":
        made = column.not_in(value)
    elif clause.comparator == "IS NULL":
        made = column.is_(None)
    elif clause.comparator == "IS NOT NULL":
        made = column.is_not(None)
    elif clause.comparator == "ILIKE":
        made = func.lower(column).like(str(value).lower())
    elif clause.comparator == "LIKE":
        if db.get_bind().dialect.name == "sqlite":  # whose LIKE ignores case; GLOB does not
            made = column.op("GLOB", is_comparison=True)(glob(str(value)))
        else:
            made = column.like(value)
    else:
        made = {
            "=": column == value,
            "!=": column != value,
            "<": column < value,
            "<=": column <= value,
            ">": column > value,
            ">=": column >= value,
        }[clause.comparator]
    return made


def having(db: Session, same: Exists, value: Any, clause: Clause) -> ColumnElement[bool]:
    """Whether a pair of that key is there, and its value as the clause wants it. `same`: that the
    pair is there, `value`: the column of its value."""
    if clause.comparator == "IS NULL":
        return ~same
    if clause.comparator == "IS NOT NULL":
        return same
    return same.where(compare(db, value, clause))


def glob(pattern: str) -> str:
    """A LIKE pattern as SQLite's GLOB, which minds case."""
    special = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
    return "".join(special.get(c, c) for c in pattern)
