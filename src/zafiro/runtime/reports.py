"""Tells the server what happens, in the background: the job never waits for it."""

from __future__ import annotations

import threading
import time
from collections import deque

from .api import Api, Refused, Unreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ALIVE_S = 10.0
_LONGEST_REST_S = 5.0
_UNWANTED = (401, 403, 404, 409, 410)


class Reports:
    """Sends reports one after the other, each until the server has it.

    A report may arrive twice (the answer was lost): its `phase` and `at` tell that it is the same.
    `stop(why)` is called when the server asks for the end, or answers that nobody wants the job.
    """

    def __init__(self, api: Api, stop: Callable[[str], None], log: Callable[[str], None]) -> None:
        self._api, self._stop, self._log = api, stop, log
        self._waiting: deque[dict[str, Any]] = deque()
        self._changed = threading.Condition()
        self._unwanted, self._ended_at = False, 0.0
        self._thread = threading.Thread(target=self._send_all, name="reports", daemon=True)
        self._thread.start()

    def phase(self, name: str, reason: str | None = None) -> None:
        self._say({"phase": name, "at": time.time(), "reason": reason})

    def ended(self, report: dict[str, Any], *, patience_s: float) -> bool:
        """Says the last word; False when the server could not be told within `patience_s`."""
        self._say(report)
        self._thread.join(patience_s)
        return not self._thread.is_alive()

    def _say(self, report: dict[str, Any]) -> None:
        with self._changed:
            self._waiting.append(report)
            self._changed.notify()

    def _send_all(self) -> None:
        rest_s = 0.0
        while not self._unwanted:
            report = self._next()
            try:
                cancel = self._api.report(report)
            except Unreachable as error:
                rest_s = min(_LONGEST_REST_S, rest_s * 2 or 0.1)
                self._log(f"the server cannot be told ({error}); next try in {rest_s:.1f} s")
                time.sleep(rest_s)
                continue
            except Refused as error:
                cancel = False
                self._log(f"the server refused the report {report['phase']}: {error}")
                if error.status in _UNWANTED:
                    self._unwanted = True
                    self._stop("the server does not want this job any more")
            rest_s = 0.0
            if cancel:
                self._stop("canceled by the user")
            with self._changed:
                if self._waiting and self._waiting[0] is report:
                    self._waiting.popleft()
            if report["phase"] == "ended":
                return

    def _next(self) -> dict[str, Any]:
        """The oldest report not yet told; a sign of life when there was none for a while."""
        with self._changed:
            if not self._waiting:
                self._changed.wait(ALIVE_S)
            if self._waiting:
                return self._waiting[0]
        return {"phase": "alive", "at": time.time()}
