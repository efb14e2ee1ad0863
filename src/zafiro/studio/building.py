"""Environments as they are built: what is to be installed, how the last build went, and what
changed since one that worked."""

import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from zafiro.assets import service as assets
from zafiro.assets.domain import Asset, Container, section, text
from zafiro.core.context import Context
from zafiro.core.errors import NotFound, ZafiroError
from zafiro.environments import overview as builds
from zafiro.environments import service as environments
from zafiro.environments.domain import name_of
from zafiro.jobs import service as jobs
from zafiro.studio import asset_wire as wire
from zafiro.workspaces.domain import Workspace

EXPERIMENT = "environment-builds"
_LISTED = 200  # environments of a list that are told how their build went
_LOOKED = 20  # versions among which the last good one is looked for

_recipes: dict[tuple[str, str, str, str], dict[str, Any]] = {}


def recipe(ctx: Context, db: Session, workspace: Workspace, found: Asset) -> dict[str, Any]:
    """What the runner is given. It is kept for as long as the version is as it was written: one
    that was deleted may come back with another definition."""
    key = (workspace.guid, found.name.lower(), found.version.lower(), found.etag)
    if key not in _recipes:
        if len(_recipes) > 2000:
            _recipes.clear()
        folder = _context(ctx, db, workspace, found)

        def read(relative: str) -> str | None:
            if folder is None:
                return None
            path = (folder / relative).resolve()
            inside = path.is_relative_to(folder.resolve())
            return path.read_text(errors="replace") if inside and path.is_file() else None

        made = environments.resolve(
            found.properties, settings=ctx.settings, name=found.name, read=read
        )
        if section(found.properties, "build") and folder is None:
            return made  # its context may come yet
        _recipes[key] = made
    return _recipes[key]


def states(
    ctx: Context, db: Session, workspace: Workspace, among: Sequence[Container]
) -> dict[str, wire.BuildState]:
    """How the newest version of each was built, by name."""
    found = {}
    for one in among[:_LISTED]:
        try:
            latest = assets.latest(db, workspace, "environments", one.name)
        except NotFound:
            continue
        last = _last(ctx, db, workspace, latest)
        found[one.name] = wire.BuildState(
            state=last.state if last else "none",
            took_s=last.took_s if last else None,
            ended=last.ended if last else None,
        )
    return found


def build(ctx: Context, db: Session, workspace: Workspace, found: Asset) -> wire.Build:
    """Of one version of an environment."""
    asked = recipe(ctx, db, workspace, found)
    last = _last(ctx, db, workspace, found)
    return wire.Build(
        state=last.state if last else "none",
        began=last.began if last else None,
        ended=last.ended if last else None,
        took_s=last.took_s if last else None,
        job=last.job if last else None,
        cause=last.cause if last else None,
        failure=asked.get("failure"),
        steps=[
            wire.BuildStep(name=s.name, began=s.began, ended=s.ended, failed=s.failed)
            for s in (last.steps if last else ())
        ],
        log=bool(last and last.log),
        python=asked.get("python"),
        requirements=sorted(map(_bare, asked["requirements"]), key=str.lower),
        constraints=list(asked["constraints"]),
        added=list(asked["additions"]),
        notes=list(asked["notes"]),
        changed=_changed(ctx, db, workspace, found, asked),
    )


def log(ctx: Context, db: Session, workspace: Workspace, found: Asset) -> Path:
    """Raises NotFound when no build of it left one."""
    last = _last(ctx, db, workspace, found)
    if last is None or last.log is None:
        raise NotFound("log of the build of", f"{found.name}:{found.version}")
    return last.log


def send(ctx: Context, db: Session, workspace: Workspace, found: Asset, *, by: str) -> str:
    """Have it built by a job that does nothing else; its name."""
    name = f"build-{uuid.uuid4().hex[:12]}"
    properties = {
        "jobType": "Command",
        "command": "python --version",
        "displayName": f"build {found.name} {found.version}",
        "experimentName": EXPERIMENT,
        "environmentId": found.id,
    }
    return jobs.submit(ctx, db, workspace, name, {"properties": properties}, by=by).job.name


def _last(ctx: Context, db: Session, workspace: Workspace, found: Asset) -> builds.Build | None:
    asked = recipe(ctx, db, workspace, found)
    return None if asked.get("failure") else builds.last_build(ctx.home, asked["hash"])


def _context(ctx: Context, db: Session, workspace: Workspace, found: Asset) -> Path | None:
    uri = text(section(found.properties, "build"), "contextUri")
    try:
        return assets.look(ctx, db, workspace)(uri) if uri else None
    except ZafiroError:
        return None


def _changed(
    ctx: Context, db: Session, workspace: Workspace, found: Asset, asked: dict[str, Any]
) -> wire.Changed | None:
    """Against the newest older version that was built, else against the one before."""
    others, _ = assets.versions(
        db, workspace, "environments", found.name, archived=None, limit=_LOOKED * 10
    )
    at = next((n for n, one in enumerate(others) if one.version == found.version), None)
    older = others[at + 1 : at + 1 + _LOOKED] if at is not None else []
    if not older:
        return None
    good = None
    for one in older:
        last = _last(ctx, db, workspace, one)
        if last is not None and last.state == "built":
            good = one
            break
    against = good or older[0]
    before, after = _lines(recipe(ctx, db, workspace, against)), _lines(asked)
    return wire.Changed(
        version=against.version,
        good=good is not None,
        packages=[
            wire.Package(name=name, before=before.get(name), after=after.get(name))
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        ],
    )


def _lines(asked: dict[str, Any]) -> dict[str, str]:
    """{what it is about: how it is asked for}."""
    found: dict[str, str] = {}
    if asked.get("python"):
        found["python"] = f"python {asked['python']}"
    for line in (*asked["requirements"], *(f"limit {c}" for c in asked["constraints"])):
        limit = "limit " if line.startswith("limit ") else ""
        name, said = limit + name_of(line.removeprefix(limit)), _bare(line)
        found[name] = f"{found[name]}, {said}" if name in found else said
    if asked["pip_options"]:
        found["pip options"] = " ".join(map(_bare, asked["pip_options"]))
    return found


def _bare(word: str) -> str:
    """Without the password that an address may hold."""
    return re.sub(r"(://)[^/@\s]+@", r"\1***@", word)
