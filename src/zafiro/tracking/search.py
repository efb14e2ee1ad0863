"""Searching runs: MLflow's filter and order, compiled to SQL.

Cost must not grow with runs that do not match, so a search follows an index:

- Where few runs satisfy one clause (`params.lr = '0.1'`), it begins with those. How many there are
  is asked first, and counted no further than it matters.
- Else it goes through the runs in the order asked for, until the page is full: the default (start
  time) by runs_recent, the order by a metric by metric_latest_search. That goes in stages: runs
  whose value is a number, those where it is NaN, those without the metric, which is the order
  MLflow gives them. A page token says in which stage the next page begins.

The SQL is put together by hand: SQLAlchemy takes 2 ms to build what SQLite answers in one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import TextClause
from sqlalchemy import text as text_of
from sqlalchemy.orm import Session

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.conditions import glob
from zafiro.mlflow_rest.filters import Clause, Order, parse, parse_order
from zafiro.mlflow_rest.paging import read_token, write_token
from zafiro.tracking import experiments as of_experiments
from zafiro.tracking import sql
from zafiro.tracking.artifacts import SCHEME, run_folder
from zafiro.tracking.domain import ACTIVE, DELETED, NOTE, PARENT_RUN, RUN_NAME, Head

ATTRIBUTES: dict[str, type] = {
    "run_id": str,
    "run_name": str,
    "status": str,
    "user_id": str,
    "artifact_uri": str,
    "start_time": float,
    "end_time": float,
}
VIEWS = {"ACTIVE_ONLY": (ACTIVE,), "DELETED_ONLY": (DELETED,), "ALL": (ACTIVE, DELETED)}
FEW = 1000  # runs that are sorted rather than found in order

# A Head, column by column; its place is its experiment's.
_HEAD = (
    "r.key, r.run_id, r.name, r.experiment, r.user_name, r.status, r.lifecycle, r.start_ms,"
    " r.end_ms, r.parent, r.description, r.owned"
)
_COLUMNS = {
    "run_id": "r.run_id",
    "run_name": "r.name",
    "status": "r.status",
    "user_id": "r.user_name",
    "artifact_uri": f"('{SCHEME + run_folder('')}' || r.run_id)",
    "start_time": "r.start_ms",
    "end_time": "r.end_ms",
}
_MIRRORS = {RUN_NAME: "r.name", PARENT_RUN: "r.parent", NOTE: "r.description"}
_TABLES = {"metric": "metric_latest", "param": "run_params", "tag": "run_tags"}
_PREFIX = 64  # characters of a value in its index, see store.py
_NUMBERS, _NANS, _WITHOUT = 0, 1, 2


def search_runs(
    db: Session,
    experiments: Sequence[int],
    *,
    text: str = "",
    view: str = "ACTIVE_ONLY",
    order_by: Sequence[str] = (),
    limit: int = 1000,
    token: str | None = None,
) -> tuple[list[Head], str | None]:
    """One page of runs of experiments of one workspace, and the token of the next page, None at
    the end.

    Ordered as asked, then newest first, then by id. Raises Invalid.
    Source: mlflow/store/tracking/sqlalchemy_store.py _search_runs, mlflow 3.17.
    """
    clauses = parse(text, ATTRIBUTES) if text.strip() else []
    orders = [parse_order(order, frozenset(ATTRIBUTES)) for order in order_by]
    if len({(order.kind, order.key) for order in orders}) < len(orders):
        raise Invalid("", f"`order_by` contains duplicate fields: {list(order_by)}")
    stage, offset = read_token(token)
    if not experiments:
        return [], None
    search = _Search(db, experiments, clauses, orders, VIEWS[view])
    staged = bool(orders) and orders[0].kind == "metric"
    last = _NUMBERS if not staged or _needs(clauses, orders[0].key) else _WITHOUT
    places = of_experiments.places(db, experiments)
    found: list[Head] = []
    while stage <= last and len(found) <= limit:
        wanted = limit + 1 - len(found)
        statement = search.statement(stage if staged else None)
        statement.last.append("LIMIT ? OFFSET ?", wanted, offset)
        got = [Head._make((*row, places.get(row[3]))) for row in sql.rows(db, *statement.whole())]
        if len(found) + len(got) > limit:
            kept = limit - len(found)
            return found + got[:kept], write_token(stage, offset + kept)
        found, stage, offset = found + got, stage + 1, 0
    return found, None


def _needs(clauses: Sequence[Clause], metric: str) -> bool:
    """Whether only runs match whose metric is a number."""
    return any(c.kind == "metric" and c.key == metric and c.comparator != "!=" for c in clauses)


@dataclass
class _Part:
    """Pieces of SQL and their parameters, in order."""

    pieces: list[str] = field(default_factory=list)
    given: list[Any] = field(default_factory=list)

    def append(self, piece: str, *given: Any) -> None:
        self.pieces.append(piece)
        self.given += given


@dataclass
class _Statement:
    sources: _Part = field(default_factory=_Part)
    where: _Part = field(default_factory=_Part)
    order: _Part = field(default_factory=_Part)
    last: _Part = field(default_factory=_Part)

    def whole(self) -> tuple[str, list[Any]]:
        said = (
            f"SELECT {_HEAD}"
            f" FROM {' '.join(self.sources.pieces)}"
            f" WHERE {' AND '.join(self.where.pieces)}"
            f" ORDER BY {', '.join(self.order.pieces)} {' '.join(self.last.pieces)}"
        )
        parts = (self.sources, self.where, self.order, self.last)
        return said, [one for part in parts for one in part.given]


class _Search:
    """Joins are CROSS JOINs, which SQLite does in the order they are written; PostgreSQL, which
    knows how many rows to expect, orders them itself."""

    def __init__(
        self,
        db: Session,
        experiments: Sequence[int],
        clauses: Sequence[Clause],
        orders: Sequence[Order],
        lifecycles: Sequence[str],
    ) -> None:
        self._db, self._experiments = db, list(experiments)
        self._sqlite = db.get_bind().dialect.name == "sqlite"
        self._clauses, self._orders, self._lifecycles = list(clauses), list(orders), lifecycles
        self._start = self._smallest()

    def statement(self, stage: int | None) -> _Statement:
        made = _Statement()
        clauses, orders = self._clauses, self._orders
        if self._start is not None:
            said, given = self._start
            made.sources.append(f"({said}) d CROSS JOIN runs r", *given)
            made.where.append("r.key = d.run")
        if stage in (_NUMBERS, _NANS):
            if self._start is None:
                made.sources.append("metric_latest o CROSS JOIN runs r")
                made.where.append(f"o.experiment {self._of()}", *self._experiments)
            else:
                made.sources.append("CROSS JOIN metric_latest o")
            truth = "TRUE" if stage == _NANS else "FALSE"
            made.where.append(f"o.run = r.key AND o.key = ? AND o.nan = {truth}", orders[0].key)
            if stage == _NUMBERS:
                made.order.append(f"o.value {_way(orders[0])}")
                same = [c for c in clauses if c.kind == "metric" and c.key == orders[0].key]
                for clause in same:
                    made.where.append(*self._compare("o.value", clause))
                clauses = [c for c in clauses if c not in same]
        elif self._start is None:
            made.sources.append("runs r")
        made.where.append(f"r.experiment {self._of()}", *self._experiments)
        if stage == _WITHOUT:
            made.where.append(*_has("metric_latest", orders[0].key, negated=True))
        made.where.append(f"r.lifecycle {_list(self._lifecycles)}", *self._lifecycles)
        for clause in clauses:
            made.where.append(*self.condition(clause))
        for n, order in enumerate(orders if stage is None else orders[1:]):
            _ordered(made, order, f"o{n}")
        if not any(order.kind == "attribute" and order.key == "start_time" for order in orders):
            made.order.append("r.start_ms DESC")
        made.order.append("r.run_id")
        return made

    def _smallest(self) -> tuple[str, list[Any]] | None:
        """The runs, not more than FEW, that satisfy one of the clauses."""
        best, fewest = None, FEW + 1
        for said, given in self._starts():
            count = f"SELECT count(*) FROM ({said} LIMIT {fewest}) n"
            number = sql.rows(self._db, count, given)[0][0]
            if number < fewest:
                best, fewest = (said, given), number
        return best

    def _starts(self) -> Iterator[tuple[str, list[Any]]]:
        """What could be begun with: (a query of run keys, its parameters), each by an index. May
        give more runs than satisfy the clause, never fewer."""
        of, experiments = self._of(), self._experiments
        workspace = "(SELECT workspace FROM experiments WHERE key = ?)"
        for clause in self._clauses:
            value = clause.value
            column = _MIRRORS.get(clause.key) if clause.kind == "tag" else None
            if clause.kind == "attribute" and clause.key in ("run_id", "run_name"):
                column = _COLUMNS[clause.key]
            if clause.kind == "metric" and clause.comparator != "!=":
                holds, *given = self._compare("value", clause)
                yield (
                    f"SELECT run FROM metric_latest WHERE experiment {of} AND key = ?"
                    f" AND nan = FALSE AND {holds}",
                    [*experiments, clause.key, *given],
                )
            elif column in ("r.parent", "r.run_id") and clause.comparator in ("=", "IN"):
                values = list(value) if isinstance(value, tuple) else [value]
                yield (
                    f"SELECT key AS run FROM runs WHERE workspace = {workspace}"
                    f" AND {column[2:]} {_list(values)}",
                    [experiments[0], *values],
                )
            elif column == "r.name" and clause.comparator == "=":
                yield (
                    f"SELECT key AS run FROM runs WHERE experiment {of} AND name = ?",
                    [*experiments, value],
                )
            elif clause.kind in ("param", "tag") and column is None and clause.comparator == "=":
                # Not also `value = ?`, which the statement has anyway: SQLite would put that value
                # into substr() and not see the index any more.
                yield (
                    f"SELECT run FROM {_TABLES[clause.kind]} WHERE experiment {of} AND key = ?"
                    f" AND substr(value, 1, {_PREFIX}) = ?",
                    [*experiments, clause.key, str(value)[:_PREFIX]],
                )

    def _of(self) -> str:
        return _list(self._experiments)

    def condition(self, clause: Clause) -> tuple[Any, ...]:
        if clause.kind == "attribute":
            return self._compare(_COLUMNS[clause.key], clause)
        if clause.kind == "dataset":
            column = "i.context" if clause.key == "context" else f"d.{clause.key}"
            holds, *given = self._compare(column, clause)
            return (
                "EXISTS (SELECT 1 FROM run_inputs i JOIN run_datasets d ON d.key = i.dataset"
                f" WHERE i.run = r.key AND {holds})",
                *given,
            )
        if clause.kind == "tag" and clause.key in _MIRRORS:
            return self._compare(_MIRRORS[clause.key], clause)
        table = _TABLES[clause.kind]
        if clause.value is None:
            return _has(table, clause.key, negated=clause.comparator == "IS NULL")
        holds, *given = self._compare("c.value", clause)
        if clause.kind == "metric":
            # NaN differs from every number, and nothing else is true of it.
            other = "OR c.nan = TRUE" if clause.comparator == "!=" else "AND c.nan = FALSE"
            holds = f"({holds} {other})"
        return _has(table, clause.key, holds, *given)

    def _compare(self, column: str, clause: Clause) -> tuple[Any, ...]:
        """(condition, its parameters …). LIKE minds case, ILIKE does not, on either database."""
        value, comparator = clause.value, clause.comparator
        if isinstance(value, tuple):
            return f"{column} {comparator} ({', '.join('?' * len(value))})", *value
        if value is None:
            return (f"{column} {comparator}",)
        if comparator == "ILIKE":
            return f"lower({column}) LIKE lower(?)", value
        if comparator == "LIKE" and self._sqlite:  # whose LIKE ignores case; GLOB does not
            return f"{column} GLOB ?", glob(str(value))
        return f"{column} {comparator} ?", value


def condition(db: Session, clause: Clause, name: str) -> TextClause:
    """A clause as a part of a SQLAlchemy query over RunRow. `name`: of its parameters, another for
    each clause."""
    said, *given = _Search(db, (), (), (), ()).condition(clause)
    said = re.sub(r"\br\.", "runs.", said)
    pieces = said.split("?")
    named = "".join(f"{piece}:{name}_{n}" for n, piece in enumerate(pieces[:-1])) + pieces[-1]
    return text_of(named).bindparams(**{f"{name}_{n}": one for n, one in enumerate(given)})


def _list(values: Sequence[Any]) -> str:
    return "= ?" if len(values) == 1 else f"IN ({', '.join('?' * len(values))})"


def _has(
    table: str, key: str, holds: str = "", *given: Any, negated: bool = False
) -> tuple[Any, ...]:
    found = f"EXISTS (SELECT 1 FROM {table} c WHERE c.run = r.key AND c.key = ?"
    found += f" AND {holds})" if holds else ")"
    return f"NOT {found}" if negated else found, key, *given


def _way(order: Order) -> str:
    return "ASC" if order.ascending else "DESC"


def _ordered(made: _Statement, order: Order, name: str) -> None:
    """What has no value comes last, NaN just before, whichever the direction."""
    column = _COLUMNS[order.key] if order.kind == "attribute" else _MIRRORS.get(order.key)
    if order.kind == "attribute" or (order.kind == "tag" and column is not None):
        if order.kind == "tag" or order.key == "end_time":
            made.order.append(f"CASE WHEN {column} IS NULL THEN 1 ELSE 0 END")
        made.order.append(f"{column} {_way(order)}")
        return
    table = _TABLES[order.kind]
    made.sources.append(
        f"LEFT JOIN {table} {name} ON {name}.run = r.key AND {name}.key = ?", order.key
    )
    nan = f"WHEN {name}.nan THEN 1 " if order.kind == "metric" else ""
    made.order.append(f"CASE {nan}WHEN {name}.value IS NULL THEN 2 ELSE 0 END")
    made.order.append(f"{name}.value {_way(order)}")
