"""Bad backends, for tests of what uses a backend. Each does one thing wrong, on purpose.

They keep what they must remember in the work's directory, as every backend does, and so survive
a restart of the server under test. None of them starts a process.
"""

from zafiro.computes.backend import Handle, LaunchFailed, Phase, Seen, Work


class _Counted:
    """Remembers launches, looks and stops as lines of a file in the work's directory."""

    def launch(self, work: Work) -> Handle:
        """The same handle however often it is called; the first call counts as the launch."""
        work.directory.mkdir(parents=True, exist_ok=True)
        handle: Handle = {"name": work.name, "directory": str(work.directory)}
        if not self.happened(handle, "launch"):
            self._note(handle, "launch")
        return handle

    def stop(self, handle: Handle, *, grace_s: float) -> None:
        self._note(handle, "stop")

    def happened(self, handle: Handle, what: str) -> int:
        """How often "launch", "look" or "stop" was called."""
        try:
            with open(f"{handle['directory']}/calls", encoding="utf-8") as file:
                return file.read().split().count(what)
        except FileNotFoundError:
            return 0

    def _note(self, handle: Handle, what: str) -> None:
        with open(f"{handle['directory']}/calls", "a", encoding="utf-8") as file:
            file.write(what + "\n")


class Never(_Counted):
    """Takes work and never starts it. Once stopped, it is over without an exit code."""

    def look(self, handle: Handle) -> Seen:
        self._note(handle, "look")
        if self.happened(handle, "stop"):
            return Seen(Phase.EXITED)
        return Seen(Phase.PENDING)


class Slow(_Counted):
    """Needs `looks` looks until work runs, as many again until it ends with exit code 0."""

    def __init__(self, looks: int = 3) -> None:
        self._looks = looks

    def look(self, handle: Handle) -> Seen:
        self._note(handle, "look")
        if self.happened(handle, "stop"):
            return Seen(Phase.EXITED, 143)
        seen = self.happened(handle, "look")
        if seen <= self._looks:
            return Seen(Phase.PENDING)
        return Seen(Phase.RUNNING) if seen <= 2 * self._looks else Seen(Phase.EXITED, 0)


class Lost(_Counted):
    """Runs work for `looks` looks, then does not know any more what became of it."""

    def __init__(self, looks: int = 1) -> None:
        self._looks = looks

    def look(self, handle: Handle) -> Seen:
        self._note(handle, "look")
        running = self.happened(handle, "look") <= self._looks
        return Seen(Phase.RUNNING if running else Phase.LOST)


class Deaf(_Counted):
    """Runs work for ever and ignores that it is to stop, `stops` times."""

    def __init__(self, stops: int = 3) -> None:
        self._stops = stops

    def look(self, handle: Handle) -> Seen:
        self._note(handle, "look")
        if self.happened(handle, "stop") > self._stops:
            return Seen(Phase.LOST)
        return Seen(Phase.RUNNING)


class Full(_Counted):
    """Cannot start work the first `times` times, and says so; then it is like Slow."""

    def __init__(self, times: int = 1) -> None:
        self._times, self._slow = times, Slow(1)

    def launch(self, work: Work) -> Handle:
        work.directory.mkdir(parents=True, exist_ok=True)
        handle: Handle = {"name": work.name, "directory": str(work.directory)}
        if self.happened(handle, "refusal") < self._times:
            self._note(handle, "refusal")
            raise LaunchFailed("no room for another job here")
        return super().launch(work)

    def look(self, handle: Handle) -> Seen:
        return self._slow.look(handle)
