"""The steps of a job: environment, inputs, code, command, outputs. Every ending is a report."""

from __future__ import annotations

import os
import time
from pathlib import Path

from . import distribution, expressions, files, inputs, logs, outputs
from .api import Api
from .command import CANCELED, TIMEOUT, Command, shell
from .failure import ENVIRONMENT, SYSTEM, USER, Canceled, JobFailed, of_system
from .failure import TIMEOUT as TIMED_OUT
from .metrics import Metrics, wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .reports import Reports
    from .stop import Events

GRACE_S = 10.0
_DOING = {
    "environment": "preparing the environment",
    "inputs": "preparing the inputs and outputs",
    "running": "running the command",
    "finalizing": "bringing the outputs to the store",
}
STOP = "stop"
_OURS = ("ZAFIRO_EXECUTION_URL", "ZAFIRO_JOB_TOKEN", "ZAFIRO_CA", "ZAFIRO_LINGER_S")


class Job:
    """One job on this node. `work` is its own folder; `variables` the environment given to us."""

    def __init__(
        self, description: dict[str, Any], work: str, variables: dict[str, str], events: Events
    ) -> None:
        self._told, self._work, self._given = description, work, variables
        self._events, self._artifacts = events, description["artifacts"]
        self._exit_code: int | None = None
        self.metrics: Metrics | None = None
        self._doing = "preparing the job"

    def run(self, reports: Reports) -> dict[str, Any]:
        """Runs it to its end; the last report, which says what became of it. Never raises."""
        status, error = "Completed", None
        try:
            self._open_logs()
            self._steps(reports)
        except JobFailed as failed:
            status, error = "Failed", failed
        except Canceled:
            status = "Canceled"
            self._system(f"stopped: {self._events.stopping}")
        except OSError as failed:
            status, error = "Failed", of_system(failed, self._doing)
        except Exception as failed:  # noqa: BLE001 - the edge of the runner: it must report
            status, error = "Failed", JobFailed(SYSTEM, _bug(failed), _traceback())
        if error is not None:
            self._system(f"{error.code}: {error.message}")
            if self._exit_code is None:  # the command's own last words say it better
                self._tell(f"{error.code}: {error.message}")
        self._system(f"ended: {status}")
        return {
            "phase": "ended",
            "at": time.time(),
            "exit_code": self._exit_code,
            "status": status,
            "error": error and {"code": error.code, "message": error.message, "tail": error.tail},
            "outputs": outputs.present(self._told.get("outputs") or {}),
        }

    def _open_logs(self) -> None:
        self._doing = "opening the logs"
        self._user_log = logs.Log(os.path.join(self._artifacts, "user_logs", "std_log.txt"))
        self._system_log = logs.Log(os.path.join(self._artifacts, "system_logs", "lifecycle.log"))

    def _tell(self, line: str) -> None:
        """Says it in the log that users read."""
        log = getattr(self, "_user_log", None)
        if log is not None:
            log(line)

    def _system(self, line: str) -> None:
        log = getattr(self, "_system_log", None)
        if log is not None:
            log.timed(line)

    def _phase(self, reports: Reports, name: str, reason: str | None = None) -> None:
        if name != "finalizing" and self._events.stopped():
            raise Canceled
        self._doing = _DOING[name]
        self._system(f"{name}: {reason}" if reason else name)
        reports.phase(name, reason)

    def _steps(self, reports: Reports) -> None:
        told = self._told
        variables = self._environment(reports)

        given, wanted = told.get("inputs") or {}, told.get("outputs") or {}
        self._phase(reports, "inputs", f"{len(given)} input(s)" if given else None)
        ins, outs = os.path.join(self._work, "inputs"), os.path.join(self._work, "outputs")
        for folder in (ins, outs):
            os.makedirs(folder, exist_ok=True)
        read = inputs.prepare(given, ins, self._given.get("ZAFIRO_CA", ""), self._events.stopped)
        written = outputs.prepare(wanted, outs)
        code = self._code()
        command = expressions.fill(told["command"], read, written)
        own_path = variables["PATH"]
        variables.update(
            {
                name: expressions.fill(str(value), read, written)
                for name, value in (told.get("variables") or {}).items()
            }
        )
        if variables["PATH"] != own_path:  # the environment's programs stay the first
            variables["PATH"] = own_path.split(os.pathsep)[0] + os.pathsep + variables["PATH"]
        for prefix, values in (
            ("AZURE_ML_INPUT_", read),
            ("AZURE_ML_OUTPUT_", written),
            ("AZUREML_PARAMETER_", _literals(given)),
        ):
            variables.update({prefix + name: value for name, value in values.items()})

        self._phase(reports, "running")
        try:
            self._command(command, variables, code)
        except (JobFailed, Canceled):
            self._phase(reports, "finalizing")
            try:
                outputs.deliver(wanted, written)
            except OSError as error:  # why the command failed says more
                self._system(f"outputs could not be delivered: {error}")
            raise
        self._phase(reports, "finalizing")
        outputs.deliver(wanted, written)

    def _environment(self, reports: Reports) -> dict[str, str]:
        """The environment variables of the command, as far as they come from the environment."""
        from .environment import (  # type: ignore[import-untyped,unused-ignore]
            EnvironmentFailed,
            overlay,
            prepare,
        )

        recipe, cache = self._told.get("environment"), Path(self._told["environments"])
        self._phase(reports, "environment", (recipe or {}).get("name"))
        build = logs.Log(os.path.join(self._artifacts, "system_logs", "environment.log"))

        def log(line: str) -> None:
            build(line)
            if not line.startswith((" + ", " - ", " ~ ")):  # each package: in the build's own log
                self._user_log(line)

        try:
            prefix = prepare(recipe, cache, log, cancelled=self._events.stopped)
            prefix = overlay(prefix, Path(self._work, "env"))
        except EnvironmentFailed as failed:
            if self._events.stopped():
                raise Canceled from failed
            raise JobFailed(ENVIRONMENT, str(failed), failed.tail) from failed
        variables = {name: v for name, v in self._given.items() if name not in _OURS}
        temporary = os.path.join(self._work, "tmp")
        os.makedirs(temporary, exist_ok=True)
        variables.update(PYTHONUNBUFFERED="1", TMPDIR=temporary)
        variables.update(prefix.variables)
        path = variables.get("PATH") or os.defpath
        if path.split(os.pathsep)[0] != str(prefix.bin):
            variables["PATH"] = str(prefix.bin) + os.pathsep + path
        return variables

    def _code(self) -> str:
        """The working directory of the command: a copy of the code, if there is any."""
        self._doing = "copying the code"
        folder = os.path.join(self._work, "code")
        told = self._told.get("code")
        code = os.path.realpath(told["path"]) if told else None
        if code and not os.path.isdir(code):
            raise JobFailed(SYSTEM, f"the job's code is not there: {code}")
        outputs.keep(folder, self._artifacts, code, self._told.get("kept") or ())
        if code:
            files.copy(code, folder, self._events.stopped)
        return folder

    def _log_of_rank(self, rank: int, ranks: int) -> logs.Log:
        """Named as Azure ML names it, where the client looks (azure-ai-ml 1.35, constants/job)."""
        if ranks == 1:
            return self._user_log
        name = f"std_log_process_{rank}.txt"
        return logs.Log(os.path.join(self._artifacts, "user_logs", name))

    def _grace_s(self) -> float:
        """How long the command may take to end by itself: who stops us says it, or the job."""
        try:
            with open(os.path.join(self._work, STOP), encoding="utf-8") as file:
                return float(file.read())
        except (OSError, ValueError):
            return float(self._told.get("grace_s", GRACE_S))

    def _measure(self, variables: dict[str, str]) -> Metrics | None:
        """Has begun to log how busy the machine and the job are, unless the job says no."""
        told = self._told.get("tracking")
        if not told or not wanted(variables):
            return None
        api = Api(told["url"], self._given["ZAFIRO_JOB_TOKEN"], self._given.get("ZAFIRO_CA", ""))
        cookie = self._given["ZAFIRO_JOB"]
        self.metrics = Metrics(api, told["run"], cookie, variables, self._system)
        self.metrics.start()
        return self.metrics

    def _command(self, command: str, variables: dict[str, str], code: str) -> None:
        running = Command(self._events, self._given["ZAFIRO_JOB"], self._system)
        argv = shell(command, variables["PATH"], self._work)
        ranks = distribution.ranks(
            int(self._told.get("processes") or 1), self._told.get("distribution")
        )
        written = [self._log_of_rank(rank, len(ranks)) for rank in range(len(ranks))]
        starts = [log.size() for log in written]
        try:
            for rank, log in enumerate(written):
                running.start(argv, {**variables, **ranks[rank]}, code, log.descriptor)
        except OSError:
            running.abandon()
            raise
        limit_s = self._told.get("timeout_s")
        measured = self._measure(variables)
        outcome, exit_code, rank = running.wait(timeout_s=limit_s, grace=self._grace_s)
        if measured is not None:
            measured.finish()
        if outcome == CANCELED:
            raise Canceled
        lines = logs.last_lines(written[rank].path, starts[rank])
        if outcome == TIMEOUT:
            message = f"the job ran longer than its limit of {limit_s:.10g} s"
            raise JobFailed(TIMED_OUT, message, "\n".join(lines[-40:]))
        self._exit_code = exit_code
        self._system(f"the command ended with exit code {exit_code}")
        if exit_code:
            raise JobFailed(USER, *logs.cause(lines, exit_code))


def _literals(given: dict[str, Any]) -> dict[str, str]:
    return {
        name: str(entry["value"])
        for name, entry in given.items()
        if entry["type"] == inputs.LITERAL and entry.get("value") is not None
    }


def _bug(error: Exception) -> str:
    return f"the runner broke ({type(error).__name__}: {error}); this is a defect of Zafiro"


def _traceback() -> str:
    import traceback

    return traceback.format_exc()
