"""The OData filters run history is asked with, as SQL.

    ParentRunId eq null and Status in ('Running','Queued')      (tags/k eq 'v' or not Hidden eq true)

What azureml-core 1.61 and azureml-mlflow 1.62 write: eq ne gt ge lt le in, and or not,
parentheses, over the names below and tags/{k}, properties/{k}. Values stand in single quotes, in
double quotes or bare, a time also as Python prints it, with a blank in it. `x ne null or x eq null`
is how azureml-core asks whether a run has a tag at all.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, exists, false, not_, or_

from zafiro.core.errors import Invalid, Unsupported
from zafiro.tracking.domain import AZURE_STATE, MLFLOW_STATUS
from zafiro.tracking.history_wire import ms
from zafiro.tracking.store import ExperimentRow, ExperimentTagRow, RunRow, TagRow

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^']|'')*'|"[^"]*")|(?P<mark>[(),])|(?P<word>[^\s(),'"]+))""",
    re.DOTALL,
)
_CLOCK = re.compile(r"\d\d:\d\d")
_COLUMNS: dict[str, Any] = {
    "runid": RunRow.run_id,
    "parentrunid": RunRow.parent,
    "rootrunid": RunRow.root,
    "runtype": RunRow.run_type,
    "target": RunRow.target,
    "displayname": RunRow.name,
    "name": RunRow.name,
    "userid": RunRow.user_name,
    "description": RunRow.description,
    "hidden": RunRow.hidden,
    "runnumber": RunRow.key,
    "experimentid": RunRow.experiment,
    "createdutc": RunRow.created_ms,
    "lastmodifiedutc": RunRow.modified_ms,
    "starttimeutc": RunRow.start_ms,
    "endtimeutc": RunRow.end_ms,
}
_EXPERIMENT_COLUMNS: dict[str, Any] = {
    "name": ExperimentRow.name,
    "experimentid": ExperimentRow.key,
    "description": ExperimentRow.description,
    "createdutc": ExperimentRow.created_ms,
    "lastmodifiedutc": ExperimentRow.modified_ms,
}
_TIMES = frozenset({"createdutc", "starttimeutc", "endtimeutc", "lastmodifiedutc"})
_NUMBERS = frozenset({"runnumber", "experimentid"})
_FLAGS = frozenset({"hidden"})
_DEEPEST = 50  # filters of clients are two or three deep
_OPERATORS = {name: getattr(operator, name) for name in ("eq", "gt", "ge", "lt", "le")}
_COMPARISONS = frozenset({*_OPERATORS, "ne"})

Made = TypeVar("Made")


@dataclass(frozen=True)
class Maker(Generic[Made]):
    """What a filter is made into: SQL, or a function of things in memory.

    compare  (name, comparison, literal as written, "null" for none)
    present  whether there is anything under that name
    """

    compare: Callable[[str, str, str], Made]
    present: Callable[[str], Made]
    either: Callable[[list[Made]], Made]
    both: Callable[[list[Made]], Made]
    negate: Callable[[Made], Made]


def condition(text: str) -> ColumnElement[bool]:
    """Of runs. Raises Invalid for what cannot be read, Unsupported for a name not known here."""
    return make(text, RUNS)


def experiment_condition(text: str) -> ColumnElement[bool]:
    return make(text, EXPERIMENTS)


def make(text: str, maker: Maker[Made]) -> Made:
    reader = _Reader(text, maker)
    made = reader.either()
    if reader.token:
        raise Invalid("filter", f"'{reader.token}' was not expected in {text!r}")
    return made


def order(text: str | list[str], *, experiments: bool = False) -> list[Any]:
    """`StartTimeUtc desc, RunId`. Raises Unsupported."""
    columns, made = _EXPERIMENT_COLUMNS if experiments else _COLUMNS, []
    said = text if isinstance(text, str) else ",".join(text)
    for part in filter(None, (part.strip() for part in said.split(","))):
        name, _, direction = part.partition(" ")
        column = columns.get(name.lower())
        if column is None:
            raise Unsupported(f"ordering {'experiments' if experiments else 'runs'} by {name}")
        made.append(column.desc() if direction.strip().lower() == "desc" else column.asc())
    return made


class _Reader(Generic[Made]):
    def __init__(self, text: str, maker: Maker[Made]) -> None:
        self.text, self.maker, self.at, self.token, self.depth = text, maker, 0, "", 0
        self.seen = 0  # comparisons
        self.nulls: list[tuple[str, str]] = []  # those with null, as they were read
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

    def either(self) -> Made:
        known, seen = len(self.nulls), self.seen
        parts = [self.both()]
        while self.token.lower() == "or":
            self.take()
            parts.append(self.both())
        nulls = self.nulls[known:]
        alone = len(parts) == len(nulls) == self.seen - seen == 2
        if alone and {op for _, op in nulls} == {"eq", "ne"} and len({n for n, _ in nulls}) == 1:
            return self.maker.present(nulls[0][0])
        return parts[0] if len(parts) == 1 else self.maker.either(parts)

    def both(self) -> Made:
        parts = [self.one()]
        while self.token.lower() == "and":
            self.take()
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else self.maker.both(parts)

    def one(self) -> Made:
        if self.token.lower() not in ("not", "("):
            return self.comparison()
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Invalid("filter", f"is nested deeper than {_DEEPEST}")
        if self.take().lower() == "not":
            made = self.maker.negate(self.one())
            self.seen += 1  # "not x" is more than a comparison alone
        else:
            made = self.either()
            self.expect(")")
        self.depth -= 1
        return made

    def comparison(self) -> Made:
        name, comparison = self.take(), self.take().lower()
        self.seen += 1
        if comparison == "in":
            self.expect("(")
            parts = []
            while self.token and self.token != ")":
                parts.append(self.maker.compare(name, "eq", self.take()))
                if self.token == ",":
                    self.take()
            self.expect(")")
            return self.maker.either(parts)
        if comparison not in _COMPARISONS:
            raise Invalid("filter", f"'{comparison}' is no comparison in {self.text!r}")
        value = self.take()
        if not value:
            raise Invalid("filter", f"a value is missing at the end of {self.text!r}")
        if name.lower() in _TIMES and _CLOCK.match(self.token):
            value = f"{value}T{self.take()}"
        if value == "null":
            self.nulls.append((name, comparison))
        return self.maker.compare(name, comparison, value)


def literal(said: str) -> Any:
    """The value as it was meant: text, True or False, None for null."""
    if said[:1] == "'":
        return said[1:-1].replace("''", "'")
    if said[:1] == '"':
        return said[1:-1]
    if said == "null":
        return None
    return said.lower() == "true" if said.lower() in ("true", "false") else said


def _of_run(name: str, comparison: str, said: str) -> ColumnElement[bool]:
    value = literal(said)
    bag, _, key = name.partition("/")
    if bag.lower() == "tags" and key:
        same = exists().where(TagRow.run == RunRow.key, TagRow.key == key)
        return _tagged(same, TagRow.value, comparison, value)
    if bag.lower() == "properties" and key:
        return _with(RunRow.properties[key].as_string(), comparison, _text(value))
    if bag.lower() == "runtypev2" and key:
        column: Any = RunRow.told["runTypeV2"]
        if key.lower() == "orchestrator":
            return _with(column["orchestrator"].as_string(), comparison, _text(value))
        if key.lower().startswith("traits/") and value is None:
            listed = column["traits"].as_string()
            has: ColumnElement[bool] = listed.contains(f'"{key[7:]}"', autoescape=True)
            return or_(~has, listed.is_(None)) if comparison == "eq" else has
    if name.lower() == "status":
        return _status(comparison, value)
    return _of_column(_COLUMNS, name, comparison, value, "runs")


def _run_has(name: str) -> ColumnElement[bool]:
    return _of_run(name, "ne", "null")


def _of_experiment(name: str, comparison: str, said: str) -> ColumnElement[bool]:
    value = literal(said)
    bag, _, key = name.partition("/")
    if bag.lower() == "tags" and key:
        tag = ExperimentTagRow
        same = exists().where(tag.experiment == ExperimentRow.key, tag.key == key)
        return _tagged(same, tag.value, comparison, value)
    return _of_column(_EXPERIMENT_COLUMNS, name, comparison, value, "experiments")


def _tagged(same: Any, column: Any, comparison: str, value: Any) -> ColumnElement[bool]:
    made: ColumnElement[bool]
    if value is None:
        made = ~same if comparison == "eq" else same
    else:
        made = same.where(_with(column, comparison, _text(value)))
    return made


def _of_column(
    columns: dict[str, Any], name: str, comparison: str, value: Any, what: str
) -> ColumnElement[bool]:
    column, known = columns.get(name.lower()), name.lower()
    if column is None:
        raise Unsupported(f"filtering {what} by {name}")
    if value is None:
        pass
    elif known in _TIMES:
        value = ms(str(value))
    elif known in _NUMBERS:
        if not str(value).isdecimal() or len(str(value)) > 18:
            raise Invalid("filter", f"{name} is a number, not {value}")
        value = int(value)
    elif known in _FLAGS:
        if not isinstance(value, bool) or comparison not in ("eq", "ne"):
            raise Invalid("filter", f"{name} is true or false, and eq or ne, not {value}")
    else:
        value = _text(value)
    return _with(column, comparison, value)


def _text(value: Any) -> str | None:
    return str(value).lower() if isinstance(value, bool) else None if value is None else str(value)


def _status(comparison: str, value: Any) -> ColumnElement[bool]:
    """As domain.Run.state tells it: a job's own word; else the word last said, as long as it does
    not contradict MLflow's status; else what follows from that."""
    value = _text(value)
    said = RunRow.state == value
    loose = []
    for status, word in AZURE_STATE.items():
        words = [one for one, of in MLFLOW_STATUS.items() if of == status]
        fits = RunRow.state.in_(words)
        if value in words:
            loose.append(and_(RunRow.status == status, said))
        if value == word:
            unsaid = or_(RunRow.state.is_(None), not_(fits))
            loose.append(and_(RunRow.status == status, unsaid))
    held = or_(and_(RunRow.owned, said), and_(not_(RunRow.owned), or_(false(), *loose)))
    if comparison not in ("eq", "ne"):
        raise Invalid("filter", f"a status is eq or ne another, not {comparison}")
    return not_(held) if comparison == "ne" else held


def _with(column: Any, comparison: str, value: Any) -> ColumnElement[bool]:
    made: ColumnElement[bool]
    if value is None:
        made = column.is_(None) if comparison == "eq" else column.is_not(None)
    elif comparison == "ne":
        made = or_(column != value, column.is_(None))
    else:
        made = _OPERATORS[comparison](column, value)
    return made


def _either(parts: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    return or_(false(), *parts)


def _both(parts: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    return and_(*parts)


RUNS: Maker[ColumnElement[bool]] = Maker(_of_run, _run_has, _either, _both, not_)
EXPERIMENTS: Maker[ColumnElement[bool]] = Maker(
    _of_experiment, lambda name: _of_experiment(name, "ne", "null"), _either, _both, not_
)
