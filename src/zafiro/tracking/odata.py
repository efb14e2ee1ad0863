"""The OData filters run history is asked with, as SQL.

    ParentRunId eq null and Status in ('Running','Queued')      (tags/k eq 'v' or not Hidden eq true)

Only what azureml-core 1.61 and azureml-mlflow 1.62 write: eq ne gt ge lt le in, and or not,
parentheses, over the names below and tags/{k}, properties/{k}.
"""

import re
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_

from zafiro.core.errors import Invalid, Unsupported
from zafiro.tracking.domain import MLFLOW_STATUS
from zafiro.tracking.history_wire import ms
from zafiro.tracking.store import RunRow, TagRow

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<mark>[(),])|(?P<word>[^\s(),']+))", re.DOTALL
)
_COLUMNS: dict[str, Any] = {
    "runid": RunRow.run_id,
    "parentrunid": RunRow.parent,
    "rootrunid": RunRow.root,
    "runtype": RunRow.run_type,
    "target": RunRow.target,
    "displayname": RunRow.name,
    "name": RunRow.name,
    "hidden": RunRow.hidden,
    "createdutc": RunRow.created_ms,
    "starttimeutc": RunRow.start_ms,
    "endtimeutc": RunRow.end_ms,
}
_TIMES = frozenset({"createdutc", "starttimeutc", "endtimeutc"})
_TEXTS = frozenset(
    {"runid", "parentrunid", "rootrunid", "runtype", "target", "displayname", "name"}
)
_DEEPEST = 50  # filters of clients are two or three deep
_COMPARISONS = frozenset({"eq", "ne", "gt", "ge", "lt", "le"})


def condition(text: str) -> ColumnElement[bool]:
    """Raises Invalid for what cannot be read, Unsupported for a name not known here."""
    reader = _Reader(text)
    made = reader.either()
    if reader.token:
        raise Invalid("filter", f"'{reader.token}' was not expected in {text!r}")
    return made


def order(text: str) -> list[Any]:
    """`StartTimeUtc desc, RunId`. Raises Unsupported."""
    made = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, direction = part.partition(" ")
        column = _COLUMNS.get(name.lower())
        if column is None:
            raise Unsupported(f"ordering runs by {name}")
        made.append(column.desc() if direction.strip().lower() == "desc" else column.asc())
    return made


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.token, self.depth = text, 0, "", 0
        self.take()

    def take(self) -> str:
        """The token we stand on; moves to the next, "" at the end."""
        before, match = self.token, _TOKEN.match(self.text, self.at)
        self.token = match[0].strip() if match else ""
        self.at = match.end() if match else self.at
        if match is None and self.text[self.at :].strip():
            raise Invalid("filter", f"cannot be read from {self.text[self.at :]!r} on")
        return before

    def expect(self, mark: str) -> None:
        if self.take() != mark:
            raise Invalid("filter", f"'{mark}' is missing in {self.text!r}")

    def either(self) -> ColumnElement[bool]:
        parts = [self.both()]
        while self.token.lower() == "or":
            self.take()
            parts.append(self.both())
        return or_(*parts)

    def both(self) -> ColumnElement[bool]:
        parts = [self.one()]
        while self.token.lower() == "and":
            self.take()
            parts.append(self.one())
        return and_(*parts)

    def one(self) -> ColumnElement[bool]:
        if self.token.lower() not in ("not", "("):
            return self.comparison()
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Invalid("filter", f"is nested deeper than {_DEEPEST}")
        if self.take().lower() == "not":
            made = not_(self.one())
        else:
            made = self.either()
            self.expect(")")
        self.depth -= 1
        return made

    def comparison(self) -> ColumnElement[bool]:
        name, comparison = self.take(), self.take().lower()
        if comparison == "in":
            self.expect("(")
            parts = []
            while self.token and self.token != ")":
                parts.append(_compare(name, "eq", self.take()))
                if self.token == ",":
                    self.take()
            self.expect(")")
            return or_(false(), *parts)
        if comparison not in _COMPARISONS:
            raise Invalid("filter", f"'{comparison}' is no comparison in {self.text!r}")
        return _compare(name, comparison, self.take())


def _compare(name: str, comparison: str, said: str) -> ColumnElement[bool]:
    value: Any = None if said == "null" else _value(said)
    bag, _, key = name.partition("/")
    if bag.lower() == "tags" and key:
        same = exists().where(TagRow.run == RunRow.key, TagRow.key == key)
        if value is None:
            return ~same if comparison == "eq" else same
        return same.where(_with(TagRow.value, comparison, str(value)))
    if bag.lower() == "properties" and key:
        text = None if value is None else str(value)
        return _with(RunRow.properties[key].as_string(), comparison, text)
    if name.lower() == "status":
        return _status(comparison, value)
    column = _COLUMNS.get(name.lower())
    if column is None:
        raise Unsupported(f"filtering runs by {name}")
    if value is not None and name.lower() in _TIMES:
        value = ms(str(value))
    elif value is not None and name.lower() in _TEXTS:
        value = str(value)
    elif value is not None and not isinstance(value, bool):
        raise Invalid("filter", f"{name} is true or false, not {said}")
    return _with(column, comparison, value)


def _status(comparison: str, value: Any) -> ColumnElement[bool]:
    """A run without a job has MLflow's status only; Azure's words for it follow from that."""
    value = None if value is None else str(value)
    by_status = RunRow.status == MLFLOW_STATUS.get(str(value), "")
    held = or_(RunRow.state == value, and_(RunRow.state.is_(None), by_status))
    return not_(held) if comparison == "ne" else held


def _with(column: Any, comparison: str, value: Any) -> ColumnElement[bool]:
    made: ColumnElement[bool]
    if value is None:
        made = column.is_(None) if comparison == "eq" else column.is_not(None)
    else:
        made = {
            "eq": column == value,
            "ne": or_(column != value, column.is_(None)),
            "gt": column > value,
            "ge": column >= value,
            "lt": column < value,
            "le": column <= value,
        }[comparison]
    return made


def _value(said: str) -> Any:
    if said[:1] == "'":
        return said[1:-1].replace("''", "'")
    if said.lower() in ("true", "false"):
        return said.lower() == "true"
    return said
