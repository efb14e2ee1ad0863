"""The filter and ordering language of traces, read into clauses.

    status = 'OK' AND tags.team = 'red' AND metadata.`mlflow.trace.session` = 's1'
    timestamp_ms > 1700000000000     trace.text LIKE '%refund%'     prompt = 'greeting/3'
    span.name = 'retrieve' AND span.attributes.`llm.model` LIKE '%gpt%'
    feedback.correctness = 'yes'     expectation.score >= 0.5       issue.id = 'iss-1'

Kinds of key, aliases and what may be compared how: SearchTraceUtils, mlflow 3.17.
"""

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.filters import Clause, Order, Token, read_list, tokens, unquote
from zafiro.traces.domain import EXPECTATION, FEEDBACK, ISSUE

ATTRIBUTE, TAG, METADATA, SPAN = "attribute", "tag", "request_metadata", "span"
TEXT = "content"  # the key of a span clause that looks through all of it

_KINDS = {
    "attribute": ATTRIBUTE,
    "attributes": ATTRIBUTE,
    "trace": ATTRIBUTE,
    "tag": TAG,
    "tags": TAG,
    "request_metadata": METADATA,
    "metadata": METADATA,
    "span": SPAN,
    FEEDBACK: FEEDBACK,
    EXPECTATION: EXPECTATION,
    ISSUE: ISSUE,
}
_ALIASES = {
    "timestamp": "timestamp_ms",
    "execution_time": "execution_time_ms",
    "end_time": "end_time_ms",
}
_NUMBERS = frozenset({"timestamp_ms", "execution_time_ms", "end_time_ms"})
_TEXTS = frozenset({"request_id", "status", "client_request_id", "name", "run_id", "prompt"})
_ORDERABLE = (_NUMBERS | _TEXTS | {"experiment_id"}) - {"prompt", "client_request_id"}

_NULL = frozenset({"IS NULL", "IS NOT NULL"})
_LISTS = frozenset({"IN", "NOT IN"})
_COMPARED = frozenset({"=", "!=", "LIKE", "ILIKE", "RLIKE"})
_ORDERED = frozenset({"<", "<=", ">", ">="})
_ALLOWED = {
    TAG: _COMPARED | _NULL,
    METADATA: _COMPARED | _NULL,
    SPAN: _COMPARED | _LISTS,
    FEEDBACK: _COMPARED | _ORDERED | _NULL,
    EXPECTATION: _COMPARED | _ORDERED | _NULL,
    ISSUE: frozenset({"="}),
}


def parse(text: str) -> list[Clause]:
    """The clauses of a filter, all of which must hold. Raises Invalid, saying where."""
    found: list[Clause] = []
    given, at = tokens(text), 0
    while at < len(given):
        if found:
            if given[at].text.upper() != "AND":
                raise Invalid("", f"Invalid clause(s) in filter string: '{given[at].text}'")
            at += 1
        clause, at = _clause(text, given, at)
        found.append(clause)
    return found


def parse_order(text: str) -> Order:
    """One element of order_by. Raises Invalid."""
    given = tokens(text)
    if not given or len(given) > 2 or given[0].kind not in ("word", "string"):
        raise Invalid("", f"Invalid order_by clause '{text}'. Could not be parsed.")
    if len(given) == 2 and given[1].text.lower() not in ("asc", "desc"):
        raise Invalid("", f"Invalid ordering key in order_by clause '{text}'.")
    kind, key = _key(given[0].text)
    if kind == ATTRIBUTE and key not in _ORDERABLE:
        raise _unknown(key, _ORDERABLE)
    if kind not in (ATTRIBUTE, TAG, METADATA):
        raise Invalid("", f"Invalid order_by entity `{kind}` with key `{key}`")
    return Order(kind, key, len(given) == 1 or given[1].text.lower() == "asc")


def _clause(text: str, given: list[Token], at: int) -> tuple[Clause, int]:
    def token(n: int) -> Token:
        return given[n] if n < len(given) else Token("end", "")

    if token(at).kind not in ("word", "string"):
        raise Invalid("", f"Invalid clause(s) in filter string: '{token(at).text or text}'")
    if token(at + 1).kind not in ("operator", "word"):
        raise Invalid("", f"Invalid clause(s) in filter string: '{token(at).text}'")
    kind, key = _key(token(at).text)
    at += 1
    comparator = "!=" if token(at).text == "<>" else token(at).text.upper()
    words = [token(at + n).text.upper() for n in range(3)]
    if words[:2] in (["NOT", "IN"], ["IS", "NULL"]):
        comparator, at = " ".join(words[:2]), at + 1
    elif words == ["IS", "NOT", "NULL"]:
        comparator, at = " ".join(words), at + 2
    at += 1
    if kind == ATTRIBUTE and key == "text":
        kind, key = SPAN, TEXT
    _check(kind, key, comparator)
    if comparator in _NULL:
        return Clause(kind, key, comparator, None), at
    if comparator in _LISTS:
        values, at = read_list(given, at)
        return Clause(kind, key, comparator, values), at
    value = token(at)
    wants_number = key in _NUMBERS if kind == ATTRIBUTE else comparator in _ORDERED
    if wants_number:
        if value.kind != "number":
            raise Invalid(
                "", f"Expected a numeric value for {kind} '{key}'. Got value {value.text}"
            )
        return Clause(kind, key, comparator, float(value.text)), at + 1
    if value.kind != "string":
        raise Invalid(
            "",
            f"Expected a quoted string value for {kind} (e.g. 'my-value'). Got value {value.text}",
        )
    return Clause(kind, key, comparator, unquote(value.text)), at + 1


def _check(kind: str, key: str, comparator: str) -> None:
    """Raises Invalid for a key there is not, or one that is not compared so."""
    allowed = _ALLOWED.get(kind)
    if kind == ATTRIBUTE:
        if key not in _NUMBERS | _TEXTS:
            raise _unknown(key, _NUMBERS | _TEXTS | {"text"})
        allowed = _COMPARED | _LISTS
        if key in _NUMBERS:
            allowed = _ORDERED | {"=", "!="}
        elif key == "prompt":
            allowed = _COMPARED  # search says what is wrong with all but =
    elif kind == SPAN:
        plain = ("name", "type", "status", TEXT)
        if key == TEXT:
            allowed = frozenset({"LIKE", "ILIKE"})
        elif key not in plain and not key.startswith("attributes."):
            raise Invalid(
                "",
                f"Invalid span attribute '{key}'. Supported attributes: name, status, type, "
                "attributes.<attribute_name>.",
            )
        elif key == "attributes.":
            raise Invalid("", "Span attribute name cannot be empty after 'attributes.'")
    elif kind == ISSUE and key != "id":
        raise Invalid("", f"Invalid issue attribute '{key}'. Supported attributes: id")
    if allowed is None or comparator not in allowed:
        what = f"span.{key} comparator" if kind == SPAN else "Invalid comparator"
        raise Invalid("", f"{what} '{comparator}' not one of '{sorted(allowed or ())}'")


def _key(text: str) -> tuple[str, str]:
    if text[0] in "'\"`" and "." not in text.split(text[0])[-1]:
        return _attribute(unquote(text))
    entity, dot, key = text.partition(".")
    if not dot:
        return _attribute(text)
    kind = _KINDS.get(unquote(entity))
    if kind is None:
        raise Invalid("", f"Invalid entity type '{entity}'. Valid values are {sorted(_KINDS)}")
    if kind == SPAN and key.startswith("attributes."):
        return kind, "attributes." + unquote(key[len("attributes.") :])
    key = unquote(key)
    return _attribute(key) if kind == ATTRIBUTE else (kind, key)


def _attribute(key: str) -> tuple[str, str]:
    return ATTRIBUTE, _ALIASES.get(key, key)


def _unknown(key: str, valid: frozenset[str]) -> Invalid:
    return Invalid("", f"Invalid attribute key '{key}' specified. Valid keys are '{sorted(valid)}'")
