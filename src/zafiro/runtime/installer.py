"""Runs uv (or, where there is none, venv and pip) and understands what it says."""

from __future__ import annotations

import importlib.util
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Log = Callable[[str], None]

_SECRET = re.compile(r"(://)[^/@\s]+@")
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_TAIL_LINES = 40
# What uv up to 0.8 drew around its errors.
_FRAME = " \u00d7\u2502\u2570\u2500\u25b6\u251c"


class Stopped(Exception):
    """`cancelled()` turned true while the installer ran; it was ended."""


class InstallFailed(Exception):
    """lines: everything the installer wrote."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines[-_TAIL_LINES:]))
        self.lines = lines


def uv() -> list[str] | None:
    """The command that is uv here: $ZAFIRO_UV, beside this Python, on the PATH, or a module."""
    beside = Path(sys.executable).parent / "uv"
    local = Path.home() / ".local" / "bin" / "uv"
    named = os.environ.get("ZAFIRO_UV")
    for file in (named, str(beside), shutil.which("uv"), str(local)):
        if file and os.access(file, os.X_OK):
            return [file]
    if importlib.util.find_spec("uv") is not None:
        return [sys.executable, "-m", "uv"]
    return None


def run(
    command: Sequence[str],
    log: Log,
    *,
    cwd: Path,
    cancelled: Callable[[], bool],
    hold: Sequence[int] = (),
    variables: Mapping[str, str] | None = None,
) -> list[str]:
    """Run to the end, each line to `log` as it comes. Returns the lines.

    `hold`: descriptors the command inherits, so that a lock outlives us for as long as it writes.
    Raises InstallFailed when it ends with another code than 0, Stopped when told to stop.
    """
    process = subprocess.Popen(
        list(command),
        cwd=cwd,
        env={**_variables(), **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        pass_fds=hold,
    )
    coming: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process, coming), daemon=True)
    reader.start()
    lines: list[str] = []
    try:
        while True:
            try:
                line = coming.get(timeout=0.1)
            except queue.Empty:
                line = ""
            if line is None:
                break
            if line:
                lines.append(line)
                log(line)
            if cancelled():
                raise Stopped
        if process.wait():
            raise InstallFailed(lines)
    finally:
        _end(process)
        reader.join(1)
    return lines


def _read(process: subprocess.Popen[str], coming: queue.SimpleQueue[str | None]) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        for line in output:
            coming.put(masked(line.rstrip()))
    coming.put(None)


def _end(process: subprocess.Popen[str], grace_s: float = 3.0) -> None:
    if process.poll() is not None:
        return
    for number, wait_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, grace_s)):
        try:
            os.killpg(process.pid, number)
            process.wait(wait_s)
            return
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _variables() -> dict[str, str]:
    """This process's environment without what would steer the installer elsewhere.

    UV_* and PIP_* stay: that is how an administrator names an index, a constraint or a proxy.
    A job's REQUESTS_CA_BUNDLE may know our own certificate only, so it must not decide which
    package index is trusted; it is used when nothing else names certificates.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON", "PIP_USER")
        and not name.startswith(("PYTHON", "CONDA_", "PIP_TARGET", "PIP_PREFIX"))
    }
    asked = kept.pop("REQUESTS_CA_BUNDLE", ""), kept.pop("CURL_CA_BUNDLE", "")
    ours = kept.get("ZAFIRO_CA", "")
    for file in (kept.pop("SSL_CERT_FILE", ""), kept.get("PIP_CERT", ""), *asked):
        if file and file != ours and os.path.isfile(file):
            kept["SSL_CERT_FILE"] = file
            kept.setdefault("PIP_CERT", file)
            break
    return {**kept, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def options_of_uv(pip_options: Sequence[str]) -> list[str]:
    """pip's options as uv spells them; those without a meaning for uv are left out.

    pip takes the best version of all indexes, uv of the first that has the package at all: an
    environment written for pip gets pip's rule.
    """
    turned: list[str] = []
    given = list(pip_options)
    while given:
        word = given.pop(0)
        name, equals, value = word.partition("=")
        if not equals and name in _WITH_VALUE and given:
            value = given.pop(0)
        if name in _SAME:
            turned += [_SAME[name], value]
        elif name == "--no-index":
            turned.append(name)
        elif name == "--pre":
            turned += ["--prerelease", "allow"]
        elif name in ("--no-binary", "--only-binary"):
            for package in filter(None, value.split(",")):
                turned += [name, package]
    if "--extra-index-url" in turned:
        turned += ["--index-strategy", "unsafe-best-match"]
    return turned


_SAME = {
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-f": "--find-links",
    "--find-links": "--find-links",
    "--trusted-host": "--allow-insecure-host",
}
_WITH_VALUE = {*_SAME, "--no-binary", "--only-binary"}


def masked(text: str) -> str:
    """The text without the user and password of a URL."""
    return _SECRET.sub(r"\1***@", text)


def cause(lines: Sequence[str], requirements: Sequence[str]) -> str:
    """One sentence that names the requirement at fault, from what uv or pip wrote."""
    text = re.sub(r"\s+", " ", " ".join(line.strip(_FRAME) for line in lines)).strip()
    if "Git operation failed" in text:
        which = [line for line in requirements if "git+" in line and line in text]
        why = next((line.strip() for line in reversed(lines) if "fatal: " in line), "")
        return f"{_list(which) if which else 'a Git repository'} cannot be fetched: {why[:200]}"
    if match := re.search(r"Failed to (?:download and )?build(?: distribution)? `([^`]+)`", text):
        why = next((line.strip() for line in reversed(lines) if _is_error(line)), "")
        built = match[1].split(" ")[0].split("==")[0]
        which = named(built, requirements) or [match[1]]
        return (
            f"{_list(which)} has no ready-made wheel for this Python, and building it from source "
            f"failed" + (f" ({why[:160]})" if why else "")
        )
    if re.search(r"dns error|onnect(?:ion)? (?:error|refused)|timed out|error sending|tcp", text):
        if match := re.search(r"(?:fetch|url)[: ]+[`(]?(\S+?)[`)]", text):
            return f"the package index did not answer ({match[1]})"
        return "the package index did not answer"
    if match := re.search(r"(?:No matching distribution found for|requirement) (\S+)", text):
        which = named(match[1], requirements) or [match[1]]
        return f"{_list(which)} cannot be satisfied: no such version can be installed here"
    if match := re.search(r"Because (.*?)(?: we can conclude|$)", text):
        asked = re.findall(r"you require (.*?),? we can conclude", text)
        which = named(" ".join(asked) or match[1], requirements)
        because = re.sub(r" and you require [^,]*$", "", match[1].rstrip(", "))
        if which and len(text) < 500:
            return f"{_list(which)} cannot be satisfied: {because}"
        if which:
            together = " together" if len(which) > 1 else ""
            return f"{_list(which)} cannot be satisfied{together}"
        return f"the requirements cannot be satisfied: {because[:300]}"
    errors = [line.strip() for line in lines if line.lower().startswith("error")]
    said = errors[-1] if errors else (lines[-1].strip() if lines else "the installer said nothing")
    which = named(said, requirements)
    return f"{_list(which)}: {said[:300]}" if which else said[:300]


def _is_error(line: str) -> bool:
    return bool(re.match(r"\s*(?:[A-Za-z]*(?:Error|Exception)|error|fatal error)\b.*: ", line))


def named(text: str, requirements: Sequence[str]) -> list[str]:
    """The requirements whose package the text mentions."""
    found = []
    for requirement in requirements:
        if match := _NAME.match(requirement):
            parts = [re.escape(part) for part in re.split(r"[-_.]+", match[1])]
            whole = rf"(?<![\w.-]){'[-_.]+'.join(parts)}(?![\w-])"
            if re.search(whole, text, re.IGNORECASE):
                found.append(requirement)
    return found


def _list(requirements: Sequence[str]) -> str:
    words = [f"'{requirement}'" for requirement in requirements]
    kind = "requirement" if len(words) == 1 else "requirements"
    return f"{kind} {' and '.join([', '.join(words[:-1]), words[-1]] if words[1:] else words)}"
