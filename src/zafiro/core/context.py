"""What the composition root hands to every face and loop."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from zafiro.core.db import Database
from zafiro.core.home import Home
from zafiro.core.secrets import Secrets
from zafiro.core.settings import Settings


class Wakes:
    """Lets a request wake a loop at once instead of at its next look. Thread-safe."""

    def __init__(self) -> None:
        self._events: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def event(self, loop: str) -> threading.Event:
        with self._lock:
            return self._events.setdefault(loop, threading.Event())

    def wake(self, loop: str) -> None:
        self.event(loop).set()


# (ctx, session, ARM id of a workspace)
WorkspaceHook = Callable[["Context", Session, str], None]


@dataclass(frozen=True)
class Context:
    """url           https://host:port of the API, without a trailing slash
    storage_url   the same for the storage listener
    furnish       what slices put into a workspace that was just made
    clear         what slices take away before a workspace goes
    studio_url    where browsers are sent: the studio on plain HTTP of this machine, or `url`
    stopping      what is called when the server begins to stop: open streams would wait for ever
    engines       backends by name, put in by the composition root (zafiro.computes.backend)
    """

    settings: Settings
    home: Home
    db: Database
    secrets: Secrets
    url: str
    storage_url: str
    wakes: Wakes = field(default_factory=Wakes)
    furnish: list[WorkspaceHook] = field(default_factory=list)
    clear: list[WorkspaceHook] = field(default_factory=list)
    engines: dict[str, Any] = field(default_factory=dict)
    studio_url: str = ""
    stopping: list[Callable[[], None]] = field(default_factory=list)
