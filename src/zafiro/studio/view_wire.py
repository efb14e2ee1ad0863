"""Shapes of saved views."""

from datetime import datetime

from pydantic import BaseModel, Field

from zafiro.studio import domain


class View(BaseModel):
    """scope: private, shared, default (what the list begins with), or link (too long for a URL).
    state: the search parameters of the page. mine: whether the asker may change it."""

    id: str
    list: str
    name: str
    scope: str
    by: str
    mine: bool
    state: dict[str, str]
    revision: int
    modified: datetime


class Views(BaseModel):
    views: list[View]


class NewView(BaseModel):
    """id: of a deleted one, to bring it back under its address."""

    list: str
    name: str = ""
    scope: str = "private"
    state: dict[str, str] = Field(max_length=50)
    id: str = ""


class ViewChange(BaseModel):
    """revision: of the view that was changed; another by now is a conflict (409)."""

    name: str
    scope: str
    state: dict[str, str] = Field(max_length=50)
    revision: int


def view(found: domain.View, asker: str) -> View:
    return View(
        id=found.id,
        list=found.list,
        name=found.name,
        scope=found.scope,
        by=found.by,
        mine=found.owner == asker,
        state=found.state,
        revision=found.revision,
        modified=found.modified_at,
    )
