"""Where the runner starts: who am I, what am I to do, do it, say how it ended.

`runner.pyz [--detach]`; everything else comes from the environment:
ZAFIRO_EXECUTION_URL, ZAFIRO_JOB_TOKEN, ZAFIRO_CA, ZAFIRO_WORK, ZAFIRO_JOB.
Exit status: 0 when the job is over (however it ended), 1 when the runner could not begin.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .api import Api
    from .stop import Events

RECORD, RESULT = "runner.json", "result.json"
_NEEDED = ("ZAFIRO_EXECUTION_URL", "ZAFIRO_JOB_TOKEN", "ZAFIRO_WORK", "ZAFIRO_JOB")
_LINGER_S = 60.0
_ALONE_S = 3600.0
_DESCRIPTION_WITHIN_S = 3600.0


def main(arguments: list[str]) -> int:
    variables = dict(os.environ)
    missing = [name for name in _NEEDED if not variables.get(name)]
    if missing:
        print(f"the runner needs {', '.join(missing)} in its environment", file=sys.stderr)
        return 1
    work = variables["ZAFIRO_WORK"]
    if "--detach" in arguments:
        _detach(work)
    elif not _register(work):
        print("another runner has this job already", file=sys.stderr)
        return 0
    return _run(work, variables)


def _detach(work: str) -> None:
    """Comes back in a process of nobody; the one that was started ends once that is on record.

    So the server never has children that must be waited for, and a launch that came back has
    left its record, whatever happens to the server next.
    """
    ready, tell = os.pipe()
    if os.fork():
        os.close(tell)
        os.read(ready, 1)
        os._exit(0)  # the launch waits for this
    os.close(ready)
    if not _register(work):
        os._exit(0)
    os.write(tell, b"1")
    os.close(tell)


def _register(work: str) -> bool:
    """Writes who runs this job; False when somebody does or did: a folder is for one run."""
    with open("/proc/self/stat", encoding="utf-8") as file:
        started = int(file.read().rpartition(")")[2].split()[19])
    with open("/proc/sys/kernel/random/boot_id", encoding="utf-8") as file:
        boot = file.read().strip()
    record, draft = os.path.join(work, RECORD), os.path.join(work, f".{RECORD}.{os.getpid()}")
    with open(draft, "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), "started": started, "boot": boot}, file)
    try:
        os.link(draft, record)
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    return True


def _run(work: str, variables: dict[str, str]) -> int:
    import threading

    from .api import Api
    from .reports import Reports
    from .stop import Events

    events = Events()
    # Whoever started us may have kept signals to itself.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD})
    signal.signal(signal.SIGTERM, lambda *_: events.stop("canceled by the compute"))
    signal.signal(signal.SIGINT, lambda *_: events.stop("canceled by the compute"))
    url, token = variables["ZAFIRO_EXECUTION_URL"], variables["ZAFIRO_JOB_TOKEN"]
    api = Api(url, token, variables.get("ZAFIRO_CA", ""))
    # Reading the authorities' certificates takes 20 ms without the interpreter's lock.
    imports = threading.Thread(target=_import_ahead, name="imports", daemon=True)
    imports.start()
    description = _describe(api, work, events)
    if description is None:
        return 0

    imports.join()  # before Python 3.10, a module in an archive can be seen half imported
    from .job import Job

    reports = Reports(api, events.stop, _log)
    job = Job(description, work, variables, events)
    result = job.run(reports)
    linger_s = float(variables.get("ZAFIRO_LINGER_S") or _LINGER_S)
    if not _write_result(work, result):
        _clean(work)
        if not _write_result(work, result):
            linger_s = max(linger_s, _ALONE_S)  # nobody else knows how it ended
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # from here on there is only the telling left
    if not reports.ended(result, patience_s=linger_s):
        _log(f"the server was not told the end within {linger_s:g} s; it is in {RESULT}")
    elif job.metrics is not None and not job.metrics.deliver(linger_s):
        _log("the last system metrics could not be sent")
    _clean(work)
    return 0


def _import_ahead() -> None:
    from . import environment, job  # type: ignore[attr-defined,unused-ignore]  # noqa: F401


def _describe(api: Api, work: str, events: Events) -> dict[str, Any] | None:
    """What is to be done; None when nobody wants it any more (the result says so)."""
    from .api import VERSION, Refused, Unreachable

    rest_s, end = 0.05, time.monotonic() + _DESCRIPTION_WITHIN_S
    why = "the server could not be reached"
    while time.monotonic() < end and not events.stopped():
        try:
            description = api.describe()
        except Unreachable as error:
            why = f"the server could not be reached: {error}"
            _log(why)
            time.sleep(rest_s)
            rest_s = min(5.0, rest_s * 2)
            continue
        except Refused as error:
            why = f"the server did not describe the job: {error}"
            break
        if description.get("version") == VERSION:
            return description
        why = f"the server describes jobs in version {description.get('version')}, not {VERSION}"
        break
    status = "Canceled" if events.stopped() else "Failed"
    failure = None if events.stopped() else {"code": "SystemError", "message": why, "tail": ""}
    _log(why)
    _write_result(
        work,
        {
            "phase": "ended",
            "at": time.time(),
            "exit_code": None,
            "status": status,
            "error": failure,
            "outputs": {},
        },
    )
    return None


def _write_result(work: str, result: dict[str, Any]) -> bool:
    """Whether it could be written: a disk may be full."""
    path = os.path.join(work, RESULT)
    try:
        with open(path + ".partial", "w", encoding="utf-8") as file:
            json.dump(result, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path + ".partial", path)
    except OSError as error:
        _log(f"{RESULT} could not be written: {error}")
        return False
    return True


def _clean(work: str) -> None:
    """Gives the disk back; what must stay (logs, outputs) is in the store."""
    import shutil

    for name in ("inputs", "outputs", "code", "env", "tmp"):
        shutil.rmtree(os.path.join(work, name), ignore_errors=True)


def _log(line: str) -> None:
    try:
        print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), line, file=sys.stderr, flush=True)
    except OSError:  # the disk with our own log is full: that must not be what ends us
        return
