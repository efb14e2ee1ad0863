"""How the building of an environment went, as its runner wrote it down beside the environment
(zafiro/runtime/chronicle.py). Reads only. Public to other slices (docs/decisions/0008)."""

import fcntl
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from zafiro.core.home import Home

_MARKER = ".zafiro.json"
# Builds for machines without a GPU leave CUDA out, under a name of their own.
_VARIANTS = ("", "-cpu")


@dataclass(frozen=True)
class Step:
    """name: python, venv, torch, packages, again (without what we add ourselves), protect."""

    name: str
    began: datetime
    ended: datetime | None
    failed: bool


@dataclass(frozen=True)
class Build:
    """The last build of a recipe on this machine. state: building, built, failed or canceled.

    cause: one sentence, of a failed one. log: where its lines are, None when it kept none.
    """

    state: str
    began: datetime | None
    ended: datetime | None
    took_s: float | None
    job: str | None
    cause: str | None
    steps: tuple[Step, ...]
    log: Path | None


def last_build(home: Home, hash: str) -> Build | None:
    """Of the recipe with that hash; None when nothing is known of any."""
    found = [
        one for variant in _VARIANTS if (one := _build(home.environments / f"{hash}{variant}"))
    ]
    oldest = datetime.min.replace(tzinfo=timezone.utc)
    return max(found, key=lambda one: one.began or oldest, default=None)


def _build(root: Path) -> Build | None:
    said = _read(root.with_name(f"{root.name}.json"))
    marker = _read(root / _MARKER)
    if not said and not marker:
        return None
    if not said:  # built by a version that kept no record
        at = datetime.fromtimestamp((root / _MARKER).stat().st_mtime, timezone.utc)
        return Build("built", None, at, marker.get("built_s"), None, None, (), None)
    state, cause, ended = str(said["state"]), said.get("cause"), _at(said.get("ended"))
    if state == "built" and not marker:
        return None  # it was removed since
    if state == "building" and not _held(root.with_name(f"{root.name}.lock")):
        state, cause = "failed", "the build was interrupted; the next job begins it anew"
    began = _at(said.get("began"))
    log = root.with_name(f"{root.name}.log")
    return Build(
        state=state,
        began=began,
        ended=ended,
        took_s=(ended - began).total_seconds() if began and ended else None,
        job=said.get("job") or None,
        cause=cause,
        steps=tuple(
            Step(str(s["name"]), _at(s["began"]) or began, _at(s["ended"]), bool(s["failed"]))  # type: ignore[arg-type]
            for s in said.get("steps") or ()
        ),
        log=log if log.is_file() else None,
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _at(epoch_s: Any) -> datetime | None:
    if not isinstance(epoch_s, (int, float)):
        return None
    return datetime.fromtimestamp(epoch_s, timezone.utc)


def _held(lock: Path) -> bool:
    """Whether a build holds its lock: it goes with whoever held it."""
    try:
        with open(lock, encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
