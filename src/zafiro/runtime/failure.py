"""Why a job ends without having done its work, in words for the person who sent it."""

from __future__ import annotations

import errno
import os

USER = "UserError"
ENVIRONMENT = "EnvironmentFailed"
INPUT = "InputUnavailable"
TIMEOUT = "Timeout"
SYSTEM = "SystemError"
FULL = (errno.ENOSPC, errno.EDQUOT)  # no space left, or none of the user's own


class JobFailed(Exception):
    """`message` is one sentence that names the cause; `tail` the lines that show it."""

    def __init__(self, code: str, message: str, tail: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.tail = code, message, tail


class Canceled(Exception):
    """Somebody asked for the end while the job was still being prepared."""


def of_system(error: OSError, doing: str) -> JobFailed:
    """The failure that an error of the operating system means, while `doing` something."""
    place = str(error.filename2 or error.filename or "")
    if error.errno in FULL:
        return JobFailed(SYSTEM, _full(error, place, doing))
    what = error.strerror or str(error)
    return JobFailed(SYSTEM, f"{doing} failed: {what}" + (f": {place}" if place else ""))


def _full(error: OSError, place: str, doing: str) -> str:
    cause = "the disk quota is used up" if error.errno == errno.EDQUOT else "the disk is full"
    folder = place
    while folder and not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    try:
        free = os.statvfs(folder or ".")
    except OSError:
        return f"{cause} ({place}), while {doing}; free some space and submit the job again"
    free_mb = free.f_bavail * free.f_frsize // 1_000_000
    return (
        f"{cause}: {place or 'unknown file'} ({free_mb} MB free there), while {doing}; "
        "free some space and submit the job again"
    )
