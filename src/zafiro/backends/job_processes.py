"""Finds processes on this machine: one by its identity, all of a job by their cookie (Linux)."""

import functools
import os
import signal
from pathlib import Path


@functools.cache
def boot() -> str:
    """Which boot of this machine: pids and start times mean nothing in another one."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def started(pid: int) -> int | None:
    """When a process started (clock ticks since boot); None when it is over, a zombie included.

    With the pid it is an identity: a pid is used again, the pair is not.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def of_job(name: str, directory: str) -> list[int]:
    """The pids of every process that inherited ZAFIRO_JOB and ZAFIRO_WORK from this run."""
    cookies = {f"ZAFIRO_JOB={name}".encode(), f"ZAFIRO_WORK={directory}".encode()}
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                if cookies.issubset(file.read().split(b"\0")):
                    found.append(int(entry))
        except OSError:  # over meanwhile, or somebody else's
            continue
    return found


def kill_job(name: str, directory: str) -> None:
    """Kills every process of the run, and what those start while they are being killed."""
    for _ in range(100):
        pids = [pid for pid in of_job(name, directory) if pid != os.getpid()]
        if not pids:
            return
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
