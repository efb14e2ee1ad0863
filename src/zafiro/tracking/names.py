"""Names of metrics and the numbers that stand for them in points."""

from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from zafiro.tracking import sql

MOST_KEPT = 100_000

# By database; holds only what is committed, and names are never deleted.
_known: WeakKeyDictionary[Any, dict[str, int]] = WeakKeyDictionary()


def numbers(db: Session, wanted: Iterable[str]) -> dict[str, int]:
    """The number of each name; a name nobody used before gets one."""
    engine = db.get_bind()
    assert isinstance(engine, Engine)
    known = _known.setdefault(engine, {})
    found: dict[str, int] = {}
    unknown: list[str] = []
    for name in wanted:
        number = known.get(name)
        if number is None:
            unknown.append(name)
        else:
            found[name] = number
    if not unknown:
        return found
    # In one order everywhere, so that two servers cannot wait for each other.
    rows = [(name,) for name in sorted(unknown)]
    sql.many(db, "INSERT INTO metric_names (name) {values} ON CONFLICT DO NOTHING", "text", rows)
    among, given = sql.among(db, unknown)
    query = f"SELECT name, key FROM metric_names WHERE name {among}"
    looked = {row.name: row.key for row in sql.rows(db, query, [given])}

    def committed(session: Session) -> None:
        if len(known) > MOST_KEPT:
            known.clear()
        known.update(looked)

    event.listen(db, "after_commit", committed, once=True)
    return found | looked
