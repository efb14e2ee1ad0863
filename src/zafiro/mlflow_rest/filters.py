"""MLflow's filter and ordering language, read into values.

    metrics.acc > 0.9 AND params."batch size" = '32' and tags.`mlflow.source.name` LIKE '%.py'
    attributes.run_id IN ('a', 'b')      tags.note IS NOT NULL      metrics.`val loss` DESC

Grammar, key aliases and messages: mlflow/utils/search_utils.py, mlflow 3.17 (which reads it with
sqlparse; a language of one clause joined by AND needs no SQL parser).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from zafiro.core.errors import Invalid

_TOKEN = re.compile(
    r"""\s+
    | (?P<string>'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*")
    | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    | (?P<operator><=|>=|!=|<>|=|<|>)
    | (?P<punctuation>[(),])
    | (?P<word>[^\s'"`<>=!(),.]+(?:\.(?:`[^`]*`|"[^"]*"|'[^']*'|attributes\.`[^`]*`
                                             |[^\s'"`<>=!(),]+))?
              | `[^`]*`(?:\.(?:`[^`]*`|"[^"]*"|[^\s'"`<>=!(),]+))?)
    """,
    re.VERBOSE,
)

_TEXT = frozenset({"=", "!=", "LIKE", "ILIKE"})
_NULL = frozenset({"IS NULL", "IS NOT NULL"})
_LIST = frozenset({"IN", "NOT IN"})
_NUMBER = frozenset({"=", "!=", "<", "<=", ">", ">="})
_KINDS = {
    name: kind
    for kind, names in {
        "metric": ("metric", "metrics"),
        "param": ("parameter", "parameters", "param", "params"),
        "tag": ("tag", "tags"),
        "attribute": ("attribute", "attributes", "attr", "run"),
        "dataset": ("dataset", "datasets"),
    }.items()
    for name in names
}
ALIASES = {
    "created": "start_time",
    "Created": "start_time",
    "run name": "run_name",
    "Run name": "run_name",
    "Run Name": "run_name",
}


@dataclass(frozen=True)
class Clause:
    """kind metric | param | tag | attribute | dataset; comparator in capitals.
    value: float for numbers, str, a tuple for IN, None for IS NULL."""

    kind: str
    key: str
    comparator: str
    value: float | str | tuple[str, ...] | None


@dataclass(frozen=True)
class Order:
    kind: str
    key: str
    ascending: bool


@dataclass(frozen=True)
class Token:
    kind: str
    text: str


def parse(
    text: str,
    attributes: Mapping[str, type],
    *,
    kinds: frozenset[str] = frozenset({"metric", "param", "tag", "attribute", "dataset"}),
    lists: frozenset[str] | None = frozenset({"run_id"}),
) -> list[Clause]:
    """The clauses of a filter, all of which must hold.

    attributes  name → float or str: what a bare or `attributes.` key may be
    kinds       the kinds of key allowed
    lists       the attributes IN may be asked of; None for all

    Raises Invalid, saying where.
    """
    tokens = _tokens(text)
    found: list[Clause] = []
    at = 0
    while at < len(tokens):
        if found:
            if tokens[at].text.upper() != "AND":
                raise Invalid("", f"Invalid clause(s) in filter string: '{tokens[at].text}'")
            at += 1
        clause, at = _clause(text, tokens, at, attributes, kinds, lists)
        found.append(clause)
    return found


def parse_order(
    text: str,
    attributes: frozenset[str],
    *,
    kinds: frozenset[str] = frozenset({"metric", "param", "tag", "attribute"}),
) -> Order:
    """One element of order_by: a key, perhaps ASC or DESC. Raises Invalid."""
    tokens = _tokens(text)
    if not tokens or len(tokens) > 2 or tokens[0].kind not in ("word", "string"):
        raise Invalid("", f"Invalid order_by clause '{text}'. Could not be parsed.")
    if len(tokens) == 2 and tokens[1].text.lower() not in ("asc", "desc"):
        raise Invalid("", f"Invalid ordering key in order_by clause '{text}'.")
    kind, key = _key(tokens[0].text)
    if kind not in kinds:
        raise Invalid("", f"Invalid order_by entity type '{kind}' in '{text}'")
    if kind == "attribute":
        key = ALIASES.get(key, key)
        if key not in attributes:
            raise _unknown(key, attributes)
    return Order(kind, key, len(tokens) == 1 or tokens[1].text.lower() == "asc")


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Invalid("", f"Invalid filter '{text}'. Could not be parsed at '{text[at:]}'.")
        if match.lastgroup:
            found.append(Token(match.lastgroup, match.group().strip()))
        at = match.end()
    return found


def _clause(
    text: str,
    tokens: list[Token],
    at: int,
    attributes: Mapping[str, type],
    kinds: frozenset[str],
    lists: frozenset[str] | None,
) -> tuple[Clause, int]:
    def token(n: int) -> Token:
        return tokens[n] if n < len(tokens) else Token("end", "")

    if token(at).kind not in ("word", "string"):
        raise Invalid("", f"Invalid clause(s) in filter string: '{token(at).text or text}'")
    kind, key = _key(token(at).text)
    if kind not in kinds:
        raise Invalid("", f"Invalid entity type '{kind}'. Valid values are {sorted(kinds)}")
    at += 1
    comparator = "!=" if token(at).text == "<>" else token(at).text.upper()
    if comparator in ("NOT", "IS"):
        words = [token(at + n).text.upper() for n in range(3)]
        if words[:2] == ["NOT", "IN"] or words[:2] == ["IS", "NULL"]:
            comparator, at = " ".join(words[:2]), at + 1
        elif words == ["IS", "NOT", "NULL"]:
            comparator, at = " ".join(words), at + 2
    at += 1
    if kind == "attribute":
        key = ALIASES.get(key, key)
        if key not in attributes:
            raise _unknown(key, frozenset(attributes))
    numeric = kind == "metric" or (kind == "attribute" and attributes[key] is float)
    if kind == "dataset" and key not in ("name", "digest", "context"):
        raise _unknown(key, frozenset({"name", "digest", "context"}), "dataset")
    if numeric:
        allowed = _NUMBER
    elif kind in ("param", "tag"):
        allowed = _TEXT | _NULL
    else:
        allowed = _TEXT | _LIST
    if comparator in _NULL and comparator not in allowed:
        raise Invalid(
            "", f"IS NULL / IS NOT NULL is only supported for tags and params, not {kind}"
        )
    if comparator not in allowed:
        raise Invalid("", f"Invalid comparator '{comparator}' not one of '{sorted(allowed)}'")
    if comparator in _NULL:
        return Clause(kind, key, comparator, None), at
    if comparator in _LIST:
        if kind == "attribute" and lists is not None and key not in lists:
            raise Invalid(
                "",
                f"Only {sorted(lists)} attributes support comparison with a list of quoted "
                "string values.",
            )
        values, at = _list(tokens, at)
        return Clause(kind, key, comparator, values), at
    given = token(at)
    if numeric:
        if given.kind != "number":
            what = "metric" if kind == "metric" else f"numeric attribute: {key}"
            raise Invalid("", f"Expected numeric value type for {what}. Found {given.text}")
        return Clause(kind, key, comparator, float(given.text)), at + 1
    if given.kind != "string":
        raise Invalid(
            "",
            f"Expected a quoted string value for {kind} (e.g. 'my-value'). Got value {given.text}",
        )
    return Clause(kind, key, comparator, _unquote(given.text)), at + 1


def _list(tokens: list[Token], at: int) -> tuple[tuple[str, ...], int]:
    ill = Invalid(
        "",
        "While parsing a list in the query, expected a non-empty list of string values, but got "
        "ill-formed list.",
    )
    if at >= len(tokens) or tokens[at].text != "(":
        raise ill
    values: list[str] = []
    at += 1
    while at < len(tokens) and tokens[at].text != ")":
        if tokens[at].kind != "string":
            raise ill
        values.append(_unquote(tokens[at].text))
        at += 1
        if at < len(tokens) and tokens[at].text == ",":
            at += 1
    if at >= len(tokens) or not values:
        raise ill
    return tuple(values), at + 1


def _key(text: str) -> tuple[str, str]:
    if (
        text[0] in "'\""
        or "." not in text
        or (text[0] == "`" and text.endswith("`") and "`." not in text)
    ):
        return "attribute", _unquote(text)
    entity, key = text.split(".", 1)
    kind = _KINDS.get(_unquote(entity))
    if kind is None:
        raise Invalid(
            "",
            f"Invalid entity type '{entity}'. Valid values are "
            "['metric', 'parameter', 'tag', 'attribute', 'dataset']",
        )
    return kind, _unquote(key)


def _unquote(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"`" else text


def _unknown(key: str, valid: frozenset[str], what: str = "attribute") -> Invalid:
    return Invalid("", f"Invalid {what} key '{key}' specified. Valid keys are '{sorted(valid)}'")


# For the grammars of other nouns.
tokens, read_list, unquote = _tokens, _list, _unquote
