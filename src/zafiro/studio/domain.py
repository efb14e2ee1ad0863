"""Views: how somebody looks at a list, under a name."""

from dataclasses import dataclass
from datetime import datetime

from zafiro.core.errors import Invalid

# Of the one who made it; for everybody; what everybody's list begins with (one per list); found by
# its address only, for a view too long for one.
SCOPES = ("private", "shared", "default", "link")
LISTED = ("shared", "default")
LISTS = ("jobs",)
MOST_BYTES = 20_000  # of what a view says
MOST_NAME = 100


@dataclass(frozen=True)
class View:
    """id: in addresses. list: "jobs". state: {search parameter of the page: its text}. revision:
    from 1, one more with each change. owner: the object id of who made it; by: their name."""

    id: str
    list: str
    name: str
    scope: str
    owner: str
    by: str
    state: dict[str, str]
    revision: int
    modified_at: datetime

    def seen_by(self, oid: str) -> bool:
        """Whether its address opens it: a private one is its owner's."""
        return self.scope != "private" or self.owner == oid


def check(list: str, name: str, scope: str, state: dict[str, str]) -> None:
    """Raises Invalid, naming what a view cannot be."""
    if list not in LISTS:
        raise Invalid("list", f"'{list}' is none of {', '.join(LISTS)}")
    if scope not in SCOPES:
        raise Invalid("scope", f"'{scope}' is none of {', '.join(SCOPES)}")
    if scope != "link" and not name.strip():
        raise Invalid("name", "is missing: a saved view has one")
    if len(name) > MOST_NAME:
        raise Invalid("name", f"is longer than {MOST_NAME} characters")
    if sum(len(k.encode()) + len(v.encode()) for k, v in state.items()) > MOST_BYTES:
        raise Invalid("state", f"is longer than {MOST_BYTES} bytes")
