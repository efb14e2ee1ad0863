"""The building of one environment: a Python is chosen, uv makes and fills it, a marker ends it."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from . import interpreters
from .chronicle import Chronicle, write
from .installer import InstallFailed, Stopped, cause, masked, named, options_of_uv, run, uv
from .prefix import LAYOUT, MARKER, Cancelled, EnvironmentFailed, built

if TYPE_CHECKING:
    from .installer import Log

# What an environment gets unless its recipe names it: pip and setuptools so that a job's own
# `pip install` works (setuptools 81 dropped pkg_resources, which older packages import).
_SEEDS = ("pip", "setuptools<81")


class Build:
    """One environment to be built in `root`. One at a time on a machine, and among machines
    that share the folder."""

    def __init__(
        self,
        recipe: Mapping[str, Any],
        root: Path,
        log: Log,
        cancelled: Callable[[], bool],
        *,
        small_torch: bool,
    ) -> None:
        self.recipe, self.root, self.aside = recipe, root, log
        self.story = Chronicle(root, self.name, log)
        self.cancelled, self.small_torch = cancelled, small_torch
        self.hold: list[int] = []

    def run(self) -> str:
        """Build it, unless somebody else has meanwhile; returns the Python version."""
        lock = self.root.with_name(f"{self.root.name}.lock")
        with _alone(lock, self.name, self.aside, self.cancelled) as held:
            self.hold = [held.fileno()]
            return built(self.root) or self._told()

    def _told(self) -> str:
        """Build, with a record of how it went."""
        self.story.begin()
        try:
            version = self._build()
        except Cancelled:
            self.story.end("canceled")
            raise
        except EnvironmentFailed as failed:
            self.story.end("failed", str(failed))
            raise
        except BaseException as failed:
            self.story.end("failed", f"{type(failed).__name__}: {failed}")
            raise
        self.story.end("built")
        return version

    def _build(self) -> str:
        started = time.monotonic()
        if self.root.exists():
            self.log(f"removing what an unfinished build left in {self.root}")
            shutil.rmtree(self.root)
        with self.story.step("python"):
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
        with self.story.step("protect"):
            for name in ("requirements", "constraints"):
                (self.root / f".zafiro-{name}.txt").unlink(missing_ok=True)
            _protect(self.root)
            built_s = time.monotonic() - started
            write(self.root / MARKER, {**self._about(python), "built_s": round(built_s, 3)})
        self.log(f"environment '{self.name}' built in {built_s:.1f} s")
        return str(python)

    def log(self, line: str) -> None:
        self.story.line(line)

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
            "layout": LAYOUT,
            "name": self.name,
            "asked": self.asked,
            "python": str(python),
            "requirements": [masked(line) for line in self.requirements],
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
        with self.story.step("venv"):
            made = ("venv", "--quiet", "--no-project", "--python", str(python.path))
            self._uv(*made, str(self.root))
        torch: dict[str, str] = {}
        if self.small_torch:
            with self.story.step("torch"):
                torch = self._torch_index()
        wanted = self.requirements
        soft = [*self.additions, *_missing(_SEEDS, wanted)]
        try:
            with self.story.step("packages"):
                self._uv_install([*wanted, *soft], torch)
        except InstallFailed as e:
            if not (wanted and _is_conflict(e.lines) and named(" ".join(e.lines), soft)):
                raise
            # What we add on our own account must never be why a user's environment fails.
            self.log(f"trying again without {', '.join(soft)}, which the definition does not name")
            with self.story.step("again"):
                self._uv_install(list(_SEEDS))
                self._uv_install(wanted, torch)

    def _torch_index(self) -> dict[str, str]:
        """What makes uv take PyTorch without CUDA, if the place it is published at answers."""
        chosen = {"UV_TORCH_BACKEND": "cpu"}
        python = str(self.root / "bin" / "python")
        try:
            self._uv(
                *(
                    "pip",
                    "install",
                    "--quiet",
                    "--dry-run",
                    "--no-deps",
                    "--python",
                    python,
                    "torch",
                ),
                variables={**chosen, "UV_HTTP_RETRIES": "0"},
            )
        except InstallFailed:
            self.log("PyTorch without CUDA is out of reach from here: taking the one with CUDA")
            return {}
        self.log("this machine has no GPU: taking PyTorch without CUDA")
        return chosen

    def _uv_install(
        self, requirements: list[str], variables: Mapping[str, str] | None = None
    ) -> None:
        self.log(masked(f"uv pip install: {', '.join(requirements)}"))
        command = ["pip", "install", "--python", str(self.root / "bin" / "python")]
        # A hard link would share its inode with uv's cache and with every other environment: a
        # job that edits an installed file in place would change all of them.
        command += ["--link-mode", "copy", "-r", self._file("requirements", requirements)]
        if limits := self.recipe.get("constraints"):
            command += ["-c", self._file("constraints", limits)]
        options = options_of_uv(self.recipe.get("pip_options") or ())
        self._uv(*command, *options, variables=variables)

    def _file(self, name: str, lines: Iterable[str]) -> str:
        """A URL may hold a password: the file is its owner's, and goes when it was used."""
        path = self.root / f".zafiro-{name}.txt"
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(f"{line}\n" for line in lines)
        return str(path)

    def _uv(self, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
        self._run([*(uv() or ()), *arguments], variables)

    def _install_with_pip(self, python: interpreters.Interpreter) -> None:
        self.log("uv was not found here: using venv and pip, which takes longer")
        with self.story.step("venv"):
            self._run([str(python.path), "-m", "venv", str(self.root)])
        pip = [str(self.root / "bin" / "python"), "-m", "pip", "install", "--progress-bar", "off"]
        wanted = [*self.requirements, *self.additions, *_missing(_SEEDS[1:], self.requirements)]
        options = list(self.recipe.get("pip_options") or ())
        if limits := self.recipe.get("constraints"):
            options += ["-c", self._file("constraints", limits)]
        with self.story.step("packages"):
            self._run([*pip, *options, "-r", self._file("requirements", wanted)])

    def _run(self, command: list[str], variables: Mapping[str, str] | None = None) -> None:
        run(
            command,
            self.log,
            cwd=self.root.parent,
            cancelled=self.cancelled,
            hold=self.hold,
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
