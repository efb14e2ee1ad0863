"""Saved views: the verbs, as functions of an open session."""

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.errors import Conflict, Denied, Invalid, NotFound
from zafiro.studio import store
from zafiro.studio.domain import View, check
from zafiro.workspaces import service as workspaces

_ID = re.compile(r"[0-9a-f]{12}")


def views(db: Session, guid: str, list: str, owner: str) -> Sequence[View]:
    """Those shared with the workspace and the owner's own, the workspace's default first."""
    check(list, "-", "private", {})
    return store.listed(db, guid, list, owner)


def view(db: Session, guid: str, id: str, owner: str) -> View:
    """Raises NotFound, for somebody else's private one as well."""
    found = store.find(db, guid, id)
    if found is None or not found.seen_by(owner):
        raise NotFound("view", id, "it is private, or was deleted")
    return found


def save(
    db: Session,
    guid: str,
    list: str,
    name: str,
    scope: str,
    state: dict[str, str],
    *,
    owner: str,
    by: str,
    id: str = "",
) -> View:
    """A new view. `id`: of one that was deleted, which comes back so; Conflict if it is there.

    A view of scope "link" is known by what it says: saved twice it is one.
    """
    check(list, name, scope, state)
    if id and not _ID.fullmatch(id):
        raise Invalid("id", "is twelve hexadecimal digits")
    if scope == "link":
        said = json.dumps([list, state], sort_keys=True)
        id = hashlib.sha256(said.encode()).hexdigest()[:12]
        if (same := store.find(db, guid, id)) is not None:
            return same
    made = View(
        id or uuid.uuid4().hex[:12], list, name.strip(), scope, owner, by, state, 1, clock.now()
    )
    if store.find(db, guid, made.id) is not None:
        raise Conflict(f"the view '{made.id}' is there already")
    _check_name(db, guid, made)
    store.insert(db, guid, made)
    if scope == "default":
        store.no_default(db, guid, list, made.id)
    return made


def change(
    db: Session,
    guid: str,
    id: str,
    *,
    name: str,
    scope: str,
    state: dict[str, str],
    revision: int,
    owner: str,
) -> View:
    """Raises Conflict when it is not at `revision` any more, Denied when it is somebody else's."""
    kept = view(db, guid, id, owner)
    check(kept.list, name, scope, state)
    if scope == "link" or kept.scope == "link":
        raise Invalid("scope", "a view that is a link stays as it is; save it under a name")
    if kept.owner != owner:
        raise Denied(f"the view '{kept.name}' is {kept.by}'s; save a copy of your own")
    after = replace(
        kept,
        name=name.strip(),
        scope=scope,
        state=state,
        revision=revision + 1,
        modified_at=clock.now(),
    )
    _check_name(db, guid, after)
    if not store.replace(db, guid, after):
        raise Conflict(
            f"the view '{kept.name}' was changed meanwhile (revision {kept.revision}, not "
            f"{revision}); load it again, or save yours under another name"
        )
    if scope == "default":
        store.no_default(db, guid, kept.list, id)
    return after


def remove(db: Session, guid: str, id: str, *, owner: str) -> None:
    kept = view(db, guid, id, owner)
    if kept.owner != owner:
        raise Denied(f"the view '{kept.name}' is {kept.by}'s; only they can delete it")
    store.remove(db, guid, id)


def furnish(ctx: Context, db: Session, workspace: str) -> None:
    """A new workspace has no views."""


def clear(ctx: Context, db: Session, workspace: str) -> None:
    """The views of a workspace go with it."""
    store.remove_all(db, workspaces.by_id(db, workspace).guid)


def _check_name(db: Session, guid: str, made: View) -> None:
    if made.scope == "link":
        return
    for other in store.listed(db, guid, made.list, made.owner):
        same = other.name.casefold() == made.name.casefold()
        if same and other.id != made.id and other.owner == made.owner:
            raise Conflict(f"a view '{other.name}' is there already; choose another name")
