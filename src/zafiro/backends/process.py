"""Runs work as processes of this machine.

The runner detaches itself, writes who it is to {directory}/runner.json and how it ended to
{directory}/result.json: the server may be killed at any time and knows all when it comes back.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zafiro.backends import job_processes
from zafiro.computes.backend import Handle, LaunchFailed, Phase, Seen, Work

log = logging.getLogger(__name__)

RECORD, RESULT, LOG, STOP = "runner.json", "result.json", "runner.log", "stop"
_START_WITHIN_S = 30.0
_INSIST_AFTER_S = 30.0  # beyond the grace, for the runner to bring outputs home
# What a job may see of the server's own environment: the machine's ways, none of our secrets.
_MACHINE = {
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ"),
    *("LD_LIBRARY_PATH", "CUDA_HOME", "PYENV_ROOT", "XDG_DATA_HOME", "XDG_CACHE_HOME"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "NODE_EXTRA_CA_CERTS"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy"),
}
_MACHINE_PREFIXES = ("LC_", "PIP_", "UV_", "CONDA_PKGS_", "NVIDIA_", "CUDA_VISIBLE_")


def of_machine(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that says how this machine works."""
    return {
        name: value
        for name, value in environment.items()
        if name in _MACHINE or name.startswith(_MACHINE_PREFIXES)
    }


class ProcessBackend:
    """`archive` is the runner (see runner_archive); `python` the interpreter that runs it.

    `machine` is the environment every job starts from; by default what `of_machine` takes from
    the server's. Implements Backend and Results.
    """

    def __init__(
        self,
        archive: Path,
        *,
        python: str = sys.executable,
        machine: Mapping[str, str] | None = None,
    ) -> None:
        self._argv = (python, "-I", "-S", "-X", "utf8", str(archive), "--detach")
        self._machine = of_machine(os.environ) if machine is None else dict(machine)

    def launch(self, work: Work) -> Handle:
        record = work.directory / RECORD
        if not record.exists():
            self._start(work)
        try:
            told = json.loads(record.read_text())
        except FileNotFoundError as error:
            raise LaunchFailed(
                f"the runner did not start: {_end_of(work.directory / LOG)}"
            ) from error
        return {**told, "name": work.name, "directory": str(work.directory)}

    def _start(self, work: Work) -> None:
        directory = work.directory
        variables = {
            **self._machine,
            **work.variables,
            "ZAFIRO_JOB": work.name,
            "ZAFIRO_WORK": str(directory),
        }
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with open(directory / LOG, "ab") as log:
                # Comes back when its second self has written the record, so that no launch
                # that was begun is ever unknown; a second runner for the folder gives up.
                subprocess.run(
                    self._argv,
                    cwd=directory,
                    env=variables,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    timeout=_START_WITHIN_S,
                    check=False,
                )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise LaunchFailed(f"the runner could not be started: {error}") from error

    def look(self, handle: Handle) -> Seen:
        if (result := self.result(handle)) is not None:
            return Seen(Phase.EXITED, result.get("exit_code"))
        if _alive(handle):
            return Seen(Phase.RUNNING)
        if (result := self.result(handle)) is not None:  # written between the two looks
            return Seen(Phase.EXITED, result.get("exit_code"))
        return Seen(Phase.LOST)

    def result(self, handle: Handle) -> dict[str, Any] | None:
        try:
            with open(f"{handle['directory']}/{RESULT}", "rb") as file:
                result = json.load(file)
        except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
            return None
        return result if isinstance(result, dict) else None

    def stop(self, handle: Handle, *, grace_s: float) -> None:
        """The runner keeps the grace; it is killed with all its own when it outstays it."""
        name, directory = str(handle["name"]), str(handle["directory"])
        if not _alive(handle):
            job_processes.kill_job(name, directory)
            return
        if self.result(handle) is not None:
            return  # it only has to tell the server
        insist = _asked_s_ago(Path(directory) / STOP, grace_s) > grace_s + _INSIST_AFTER_S
        try:
            os.kill(int(handle["pid"]), signal.SIGKILL if insist else signal.SIGTERM)
        except ProcessLookupError:
            insist = True
        if insist:
            job_processes.kill_job(name, directory)


def _asked_s_ago(note: Path, grace_s: float) -> float:
    """Since when the runner is asked to end; the note that says it is also how it knows the grace."""
    try:
        return time.time() - note.stat().st_mtime
    except FileNotFoundError:
        draft = note.with_suffix(".draft")
    try:
        draft.write_text(f"{grace_s:g}")
        os.replace(draft, note)
    except OSError:  # a full disk: the runner takes its own grace
        log.warning("%s cannot be written", note)
    return 0.0


def _alive(handle: Handle) -> bool:
    return (
        handle["boot"] == job_processes.boot()
        and job_processes.started(int(handle["pid"])) == handle["started"]
    )


def _end_of(log: Path) -> str:
    try:
        text = log.read_text(errors="replace").strip()
    except OSError:
        text = ""
    return text.splitlines()[-1] if text else "it said nothing"
