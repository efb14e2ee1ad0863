"""Every process of a job, wherever it hid, and how to end them all (Linux).

The runner makes itself the subreaper: what loses its parent becomes a child of the runner, so
"no child left" proves that nothing of the job is left. The cookie ZAFIRO_JOB in the environment
finds the same processes without that, for a backend whose runner was killed.
"""

from __future__ import annotations

import os
import signal

_PR_SET_CHILD_SUBREAPER = 36


def adopt() -> bool:
    """Makes this process the parent of orphaned descendants. False where that is impossible."""
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def members(cookie: str) -> set[int]:
    """All descendants of this process and all that carry the cookie, without itself."""
    parents, carriers, wanted = {}, set(), f"ZAFIRO_JOB={cookie}".encode()
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if not entry.isdigit():
            continue
        pid = int(entry)
        try:
            with open(f"/proc/{entry}/stat", "rb") as file:
                state, parent = file.read().rpartition(b")")[2].split()[:2]
            if state in (b"Z", b"X"):
                continue
            parents[pid] = int(parent)
            with open(f"/proc/{entry}/environ", "rb") as file:
                if wanted in file.read().split(b"\0"):
                    carriers.add(pid)
        except (OSError, ValueError):  # over meanwhile, or somebody else's
            continue
    me = os.getpid()
    found = set(carriers)
    for pid in parents:
        line, above = [], pid
        while above in parents and above not in line:
            line.append(above)
            above = parents[above]
            if above == me:
                found.update(line)
                break
    found.discard(me)
    return found


def send(pids: set[int], number: signal.Signals) -> int:
    """Sends a signal to each; how many got it."""
    told = 0
    for pid in pids:
        try:
            os.kill(pid, number)
            told += 1
        except OSError:  # over meanwhile
            continue
    return told
