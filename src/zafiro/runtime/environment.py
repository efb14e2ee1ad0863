"""Builds the Python environment a recipe describes, once per machine and recipe.

An environment lies in `cache/{hash}` and is shared by every job with that recipe; each job gets
an overlay of its own on it (`overlay`). It counts as built only when its marker file is
there, which is written last; what a killed build left is wiped. Builds of one recipe exclude each
other by a lock file beside the folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from . import interpreters
from .installer import InstallFailed, Stopped, cause, masked, named, options_of_uv, run, uv
from .overlay import lay

if TYPE_CHECKING:
    from .installer import Log

__all__ = ["Cancelled", "EnvironmentFailed", "Prefix", "overlay", "prepare"]

_MARKER = ".zafiro.json"
_LAYOUT = 1  # count up when a folder built by an older version must not be used any more
# What an environment gets unless its recipe names it: pip and setuptools so that a job's own
# `pip install` works (setuptools 81 dropped pkg_resources, which older packages import).
_SEEDS = ("pip", "setuptools<81")
_PLAIN: dict[str, Any] = {"name": "plain", "requirements": [], "additions": ["mlflow-skinny<3"]}


class EnvironmentFailed(Exception):
    """The message is one sentence for people; `tail` the last lines of the build."""

    def __init__(self, message: str, tail: str = "") -> None:
        super().__init__(message)
        self.tail = tail


class Cancelled(EnvironmentFailed):
    """Somebody asked for the end while the environment was being built."""

    def __init__(self) -> None:
        super().__init__("cancelled while the environment was being built")


@dataclass(frozen=True)
class Prefix:
    """A Python environment ready to be used.

    version    "3.10.13"
    variables  for the process that runs in it: PATH, VIRTUAL_ENV and those of the recipe
    """

    root: Path
    version: str
    variables: Mapping[str, str]

    @property
    def bin(self) -> Path:
        return self.root / "bin"

    @property
    def python(self) -> Path:
        return self.root / "bin" / "python"


def overlay(prefix: Prefix, folder: Path) -> Prefix:
    """An environment on top of `prefix`, in `folder`: what is installed goes there, never below.

    `folder` is made; what a killed attempt left in it is used again.
    """
    lay(prefix.root, folder)
    return _prefix(folder.absolute(), prefix.version, prefix.variables)


def prepare(
    recipe: Mapping[str, Any] | None,
    cache: Path,
    log: Log,
    *,
    cancelled: Callable[[], bool] = lambda: False,
) -> Prefix:
    """The environment of the recipe: found in `cache`, else built there. None is a plain one.

    `log` gets the recipe's notes and every line of the build. Raises EnvironmentFailed, or
    Cancelled soon after `cancelled()` turns true.
    """
    recipe = _PLAIN if recipe is None else recipe
    name = recipe.get("name") or "environment"
    for note in recipe.get("notes") or ():
        log(f"note: {note}")
    if recipe.get("failure"):
        raise EnvironmentFailed(str(recipe["failure"]))
    cache.mkdir(parents=True, exist_ok=True)
    root = cache.resolve() / _key(recipe)
    version = _built(root)
    if version is None:
        with _alone(root.with_name(f"{root.name}.lock"), name, log, cancelled) as lock:
            version = _built(root)
            if version is None:
                version = _Build(recipe, root, log, cancelled, lock.fileno()).run()
    return _prefix(root, version, recipe.get("variables") or {})


def _key(recipe: Mapping[str, Any]) -> str:
    given = recipe.get("hash")
    if given is None:
        said = json.dumps({k: v for k, v in recipe.items() if k != "notes"}, sort_keys=True)
        given = hashlib.sha256(said.encode()).hexdigest()
    if not re.fullmatch(r"[0-9a-f]{16,128}", str(given)):
        raise EnvironmentFailed(f"the hash of the environment recipe is not a hash: {given!r}")
    return str(given)


def _built(root: Path) -> str | None:
    """The Python version of the finished environment, or None."""
    try:
        marker = json.loads((root / _MARKER).read_bytes())
        # Follows the link: the Python it was made from may have been removed since.
        os.stat(root / "bin" / "python")
    except (OSError, ValueError):
        return None
    return str(marker["python"]) if marker.get("layout") == _LAYOUT else None


def _prefix(root: Path, version: str, variables: Mapping[str, str]) -> Prefix:
    own = {
        "PATH": f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(root),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }
    return Prefix(root, version, {**variables, **own})


@contextmanager
def _alone(path: Path, name: str, log: Log, cancelled: Callable[[], bool]) -> Iterator[IO[str]]:
    """Hold the lock file. The holder's name stands in it, so that those who wait can say for whom.

    The file stays: removing it while somebody waits on it would let two builds run.
    """
    with open(path, "a+", encoding="utf-8") as lock:
        said, started = "", time.monotonic()
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                lock.seek(0)
                holder = lock.read().strip() or "another job"
                if holder != said:
                    log(f"waiting for {holder}, which is building environment '{name}'")
                    said = holder
                if cancelled():
                    raise Cancelled from None
                time.sleep(0.05)
        if said:
            log(f"waited {time.monotonic() - started:.1f} s")
        lock.seek(0)
        lock.truncate()
        lock.write(f"job {os.environ.get('ZAFIRO_JOB', '?').rpartition('/')[2]} ({os.getpid()})")
        lock.flush()
        yield lock


@dataclass(frozen=True)
class _Build:
    recipe: Mapping[str, Any]
    root: Path
    log: Log
    cancelled: Callable[[], bool]
    lock: int

    def run(self) -> str:
        """Build into `root`; returns the Python version."""
        started = time.monotonic()
        if self.root.exists():
            self.log(f"removing what an unfinished build left in {self.root}")
            shutil.rmtree(self.root)
        python = self._python()
        self.log(f"building environment '{self.name}' with Python {python}")
        try:
            self._install(python)
        except Stopped:
            raise Cancelled from None
        except InstallFailed as e:
            why = cause(e.lines, self.requirements + self.additions)
            raise EnvironmentFailed(
                f"environment '{self.name}' cannot be built: {why}{self._stand_in(python)}", str(e)
            ) from e
        _protect(self.root)
        built_s = time.monotonic() - started
        _write(self.root / _MARKER, {**self._about(python), "built_s": round(built_s, 3)})
        self.log(f"environment '{self.name}' built in {built_s:.1f} s")
        return str(python)

    @property
    def name(self) -> str:
        return self.recipe.get("name") or "environment"

    @property
    def asked(self) -> str | None:
        return self.recipe.get("python")

    @property
    def requirements(self) -> list[str]:
        return list(self.recipe.get("requirements") or ())

    @property
    def additions(self) -> list[str]:
        return list(self.recipe.get("additions") or ())

    def _about(self, python: interpreters.Interpreter) -> dict[str, Any]:
        return {
            "layout": _LAYOUT,
            "name": self.name,
            "asked": self.asked,
            "python": str(python),
            "requirements": self.requirements,
        }

    def _python(self) -> interpreters.Interpreter:
        found = interpreters.choose(self.asked)
        if self.asked and (found is None or found.minor != self.asked) and uv():
            self._download(self.asked)
            found = interpreters.choose(self.asked)
        if found is None:
            raise EnvironmentFailed(
                f"environment '{self.name}' needs a Python, and this machine has none that works"
            )
        if self.asked and found.minor != self.asked:
            self.log(
                f"asked for Python {self.asked}, which this machine does not have; "
                f"Python {found} is the nearest it has"
            )
        return found

    def _download(self, minor: str) -> None:
        """uv can fetch Pythons where the machine may reach the place they are published at."""
        if os.environ.get("UV_PYTHON_DOWNLOADS") == "never" or os.environ.get("UV_OFFLINE"):
            return
        self.log(f"this machine has no Python {minor}; trying to download one")
        try:
            # Without this, uv repeats for 7 s where no name can be looked up.
            self._uv("python", "install", "--quiet", minor, variables={"UV_HTTP_RETRIES": "0"})
        except InstallFailed:
            self.log(f"Python {minor} cannot be downloaded from here")

    def _stand_in(self, python: interpreters.Interpreter) -> str:
        if not self.asked or python.minor == self.asked:
            return ""
        return f" (Python {self.asked} was asked for; this machine has {python})"

    def _install(self, python: interpreters.Interpreter) -> None:
        if uv() is None:
            self._install_with_pip(python)
            return
        self._uv("venv", "--quiet", "--no-project", "--python", str(python.path), str(self.root))
        wanted = self.requirements
        soft = [*self.additions, *_missing(_SEEDS, wanted)]
        try:
            self._uv_install([*wanted, *soft])
        except InstallFailed as e:
            if not (wanted and _is_conflict(e.lines) and named(" ".join(e.lines), soft)):
                raise
            # What we add on our own account must never be why a user's environment fails.
            self.log(f"trying again without {', '.join(soft)}, which the definition does not name")
            self._uv_install(list(_SEEDS))
            self._uv_install(wanted)

    def _uv_install(self, requirements: list[str]) -> None:
        self.log(masked(f"uv pip install: {', '.join(requirements)}"))
        file = self.root / ".zafiro-requirements.txt"
        file.write_text("".join(f"{line}\n" for line in requirements), encoding="utf-8")
        command = ["pip", "install", "--python", str(self.root / "bin" / "python")]
        # A hard link would share its inode with uv's cache and with every other environment: a
        # job that edits an installed file in place would change all of them.
        command += ["--link-mode", "copy", "-r", str(file)]
        if constraints := self.recipe.get("constraints"):
            limits = self.root / ".zafiro-constraints.txt"
            limits.write_text("".join(f"{line}\n" for line in constraints), encoding="utf-8")
            command += ["-c", str(limits)]
        self._uv(*command, *options_of_uv(self.recipe.get("pip_options") or ()))

    def _uv(self, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
        self._run([*(uv() or ()), *arguments], variables)

    def _install_with_pip(self, python: interpreters.Interpreter) -> None:
        self.log("uv was not found here: using venv and pip, which takes longer")
        self._run([str(python.path), "-m", "venv", str(self.root)])
        pip = [str(self.root / "bin" / "python"), "-m", "pip", "install", "--progress-bar", "off"]
        wanted = [*self.requirements, *self.additions, *_missing(_SEEDS[1:], self.requirements)]
        file = self.root / ".zafiro-requirements.txt"
        file.write_text("".join(f"{line}\n" for line in wanted), encoding="utf-8")
        options = list(self.recipe.get("pip_options") or ())
        if constraints := self.recipe.get("constraints"):
            limits = self.root / ".zafiro-constraints.txt"
            limits.write_text("".join(f"{line}\n" for line in constraints), encoding="utf-8")
            options += ["-c", str(limits)]
        self._run([*pip, *options, "-r", str(file)])

    def _run(self, command: list[str], variables: Mapping[str, str] | None = None) -> None:
        run(
            command,
            self.log,
            cwd=self.root.parent,
            cancelled=self.cancelled,
            hold=[self.lock],
            variables=variables,
        )


def _missing(seeds: tuple[str, ...], requirements: list[str]) -> list[str]:
    named = {
        re.split(r"[^A-Za-z0-9_.-]", line.strip(), maxsplit=1)[0].lower() for line in requirements
    }
    return [seed for seed in seeds if seed.partition("<")[0] not in named]


def _is_conflict(lines: list[str]) -> bool:
    return any("No solution found" in line for line in lines)


def _protect(root: Path) -> None:
    """Take the right to write from the installed files (not from the folders: Python puts its
    .pyc files there), so that a job which opens one to change it is told so."""
    for folder, _, files in os.walk(root / "lib"):
        for file in files:
            path = os.path.join(folder, file)
            if not os.path.islink(path):
                os.chmod(path, os.stat(path).st_mode & 0o555)


def _write(path: Path, value: Mapping[str, Any]) -> None:
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    with open(aside, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)
