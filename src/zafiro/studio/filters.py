"""The filter of lists: MLflow's language, and short forms for what is asked most.

    status:failed age<7d user:me experiment:fraud "brave cedar" metrics.auc > 0.9

Short forms are `name:value` (value quoted where it has blanks), repeated for "or"; anything else
that is no comparison is looked for in names.
"""

import re
from datetime import datetime, timedelta

from zafiro.core.errors import Invalid
from zafiro.tracking.overview import STATES, Wanted

_VALUE = r"""(?:"(?P<{0}d>[^"]*)"|'(?P<{0}s>[^']*)'|(?P<{0}p>[^\s"']+))"""
_SHORT = re.compile(r"(?<!\S)(?P<name>[a-z]+):" + _VALUE.format("v") + r"(?!\S)", re.IGNORECASE)
_AGE = re.compile(r"(?<!\S)age\s*(?P<sign>[<>])\s*(?P<n>\d{1,6})(?P<unit>[smhdw])(?!\S)", re.I)
_COMPARES = re.compile(r"[<>=]|\b(?:like|ilike|in|is)\b", re.IGNORECASE)
_WORD = re.compile(_VALUE.format("w"))
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_NAMES = ("status", "user", "experiment", "compute", "type", "view", "children", "name")
_VIEWS = ("active", "archived", "all", "deleted")
_STATES = {state.lower(): state for state in STATES}
_GROUPS = {
    "ended": ("Completed", "Failed", "Canceled"),
    "active": tuple(s for s in STATES if s not in ("Completed", "Failed", "Canceled")),
    "cancelled": ("Canceled",),
    "waiting": ("NotStarted", "Queued", "Starting", "Provisioning"),
}


def parse(text: str, *, me: str, now: datetime) -> Wanted:
    """Raises Invalid, saying what is not understood and what would be."""
    given: dict[str, list[str]] = {name: [] for name in _NAMES}
    bounds: dict[str, int] = {}

    def short(match: "re.Match[str]") -> str:
        name = match["name"].lower()
        if name not in given:
            raise Invalid(
                "filter", f"'{match['name']}:' is none of {', '.join(f'{n}:' for n in _NAMES)}"
            )
        given[name].append(_value(match, "v"))
        return " "

    def age(match: "re.Match[str]") -> str:
        ago = now - timedelta(**{_UNITS[match["unit"].lower()]: int(match["n"])})
        bounds["from_ms" if match["sign"] == "<" else "to_ms"] = int(ago.timestamp() * 1000)
        return " "

    try:
        rest = _AGE.sub(age, _SHORT.sub(short, text))
    except OverflowError as e:
        raise Invalid("filter", "'age' lies before all time") from e
    rest = re.sub(r"^(?:\s*and\b)+|(?:\band\s*)+$", "", rest.strip(), flags=re.I).strip()
    rest = re.sub(r"\band(?:\s+and\b)+", "AND", rest, flags=re.I)
    compares = bool(_COMPARES.search(rest))
    words = [] if compares else [_value(m, "w") for m in _WORD.finditer(rest)]
    view = (given["view"] or ["active"])[-1].lower()
    if view not in _VIEWS:
        known = ", ".join(f"view:{one}" for one in _VIEWS)
        raise Invalid("filter", f"view:{view} is none of {known}")
    return Wanted(
        words=tuple(words + given["name"]),
        states=tuple(s for one in given["status"] for s in _states(one)),
        users=tuple(me if one.lower() == "me" else one for one in given["user"]),
        experiments=tuple(given["experiment"]),
        computes=tuple(given["compute"]),
        types=tuple(given["type"]),
        from_ms=bounds.get("from_ms"),
        to_ms=bounds.get("to_ms"),
        mlflow=rest if compares else "",
        view=view,
        children=(given["children"] or ["no"])[-1].lower() in ("yes", "true", "1"),
    )


def _states(word: str) -> tuple[str, ...]:
    lower = word.lower()
    if lower in _GROUPS:
        return _GROUPS[lower]
    if lower not in _STATES:
        known = ", ".join([*_STATES, *_GROUPS])
        raise Invalid("filter", f"status:{word} is none of {known}")
    return (_STATES[lower],)


def _value(match: "re.Match[str]", prefix: str) -> str:
    return next(v for k in "dsp" if (v := match[prefix + k]) is not None)
