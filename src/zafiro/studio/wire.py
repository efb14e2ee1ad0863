"""The shapes of the studio's own API that several pages share; `*_wire.py` beside it hold those of
one kind of page. Times are ISO 8601 in UTC; a number that is none (NaN) or endless is null, since
JSON has no word for it."""

from datetime import datetime

from pydantic import BaseModel


class WorkspaceRef(BaseModel):
    """path: how it is called in URLs: its name, or sub~group~name when that is not enough."""

    id: str
    name: str
    group: str
    path: str


class Session(BaseModel):
    user: str
    version: str
    workspaces: list[WorkspaceRef]


class SignIn(BaseModel):
    token: str


class Why(BaseModel):
    """code: for machines. text: one sentence. log, line: where it can be seen (line from 1)."""

    code: str
    text: str
    log: str | None = None
    line: int | None = None


class Row(BaseModel):
    """A run in a list. type: "command", or "run" for one that plain MLflow code made."""

    name: str
    display_name: str
    state: str
    why: Why | None
    experiment: str
    type: str
    compute: str | None
    user: str
    created: datetime
    began: datetime | None
    ended: datetime | None
    archived: bool
    values: dict[str, float | str | None]


class Copy(BaseModel):
    """One way to reach or repeat an object. language: python, bash or yaml."""

    id: str
    language: str
    text: str


class Copies(BaseModel):
    copies: list[Copy]


class Found(BaseModel):
    kind: str
    name: str
    text: str


class Search(BaseModel):
    found: list[Found]


class Problem(BaseModel):
    """What went wrong, for a person. code as ARM spells it; id: to find it in the server's log."""

    code: str
    message: str
    id: str
