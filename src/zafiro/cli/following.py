"""zafiro job stream: the phases of a job and its log while it runs, over dropped connections too.

The log goes to stdout, everything else to stderr: `zafiro job stream -n NAME > log.txt` is the log.
"""

import sys
import time
from typing import Any

from zafiro.cli import output
from zafiro.cli.changing import ENDED
from zafiro.cli.client import Client, client_of, workspace_of
from zafiro.cli.parser import Asked
from zafiro.cli.refusing import Gone, Refused
from zafiro.cli.says import Missing, Said
from zafiro.cli.timeline import at, exit_code

_LOG = "user_logs/std_log.txt"
_PATIENCE_S = 60.0


def stream(asked: Asked) -> None:
    """Raises Said, with the job's own error in front, when it did not complete."""
    follow(client_of(asked), workspace_of(asked), str(asked.name))


def follow(client: Client, workspace: str, name: str) -> None:
    client.get(f"{workspace}/jobs/{name}")  # raises Missing
    seen = _Seen(client, workspace, name)
    wait_s, gone_since = 0.1, None
    while True:
        try:
            moved, status = seen.look()
            gone_since = None
        except Gone as e:
            gone_since = gone_since or time.monotonic()
            if time.monotonic() - gone_since > _PATIENCE_S:
                raise
            seen.note(f"{e}; trying again")
            seen.again()
            time.sleep(1.0)
            continue
        if status in ENDED and not moved:
            break
        wait_s = 0.1 if moved else min(wait_s * 1.3, 1.0)
        if status not in ENDED:
            time.sleep(wait_s)
    seen.clear()
    if status == "Completed":
        print(f"{name} completed", file=sys.stderr)
        return
    raise Said(sentence(client, workspace, name, status, seen.exit_code))


def error_of(client: Client, workspace: str, name: str) -> dict[str, Any]:
    """What the job itself ended with: {code, message, log: [lines]}."""
    details = client.get(f"/history/v1.0{workspace}/runs/{name}/details")
    return ((details.get("error") or {}).get("error")) or {}


def sentence(client: Client, workspace: str, name: str, status: str, code: str) -> str:
    """The job's own error first; `code`: "exit code 3", or "" when its command never ended."""
    found = error_of(client, workspace, name)
    if status != "Failed" or not found:
        return f"{name} {status.lower()}"
    kind = ", ".join(filter(None, (found.get("code"), code)))
    return f"{found.get('message')} ({kind}; job {name} failed)"


def _over(steps: list[dict[str, Any]]) -> bool:
    return any(s["name"] == "finalizing" for s in steps)


class _Seen:
    """What of a job was shown already."""

    def __init__(self, client: Client, workspace: str, name: str) -> None:
        self._client = client
        self._workspace = workspace
        self._name = name
        self._shown = 0  # bytes of the log
        self._steps: list[tuple[str, str | None]] = []
        self._noted = ""
        self.exit_code = ""
        self._line = sys.stderr.isatty() and output.colours()

    def again(self) -> None:
        """A server that came back may listen elsewhere."""
        try:
            self._client = Client(self._client.home)
        except Gone:
            return

    def note(self, text: str) -> None:
        if text != self._noted:
            self.clear()
            print(text, file=sys.stderr)
            self._noted = text

    def look(self) -> tuple[bool, str]:
        """(whether anything new was shown, status)."""
        # Read before the phases are: what is in it was said in one of them.
        said_so_far = self._read()
        said = self._client.get(f"{self._workspace}/jobs/{self._name}/timeline")
        steps, status = said["steps"], str(said["status"])
        self.exit_code = exit_code(said)
        # What was said while it ran comes before the phases after that.
        after = [s["name"] for s in steps].index("finalizing") if _over(steps) else len(steps)
        self._phase(steps[:after])
        moved = self._show(said_so_far)
        if _over(steps) or status in ENDED:
            moved |= self._show(self._read())  # what it said between the two looks
        self._phase(steps)
        return moved, status

    def _phase(self, steps: list[dict[str, Any]]) -> None:
        if not steps:
            return
        for step in steps:
            now = (step["name"], step.get("reason"))
            if now in self._steps:
                continue
            self.clear()
            why = f": {step['reason']}" if step.get("reason") else ""
            print(f"[{step['name']}{why}]", file=sys.stderr)
            self._steps.append(now)
        last = steps[-1]
        if self._line and not last["ended"]:
            spent = time.time() - at(last["began"]).timestamp()
            drawn = " > ".join(s["name"] for s in steps)
            print(
                f"\r\033[2K\033[2m{drawn} {spent:.0f} s\033[0m", end="", file=sys.stderr, flush=True
            )

    def clear(self) -> None:
        if self._line:
            print("\r\033[2K", end="", file=sys.stderr, flush=True)

    def _read(self) -> bytes:
        """What the log says beyond what was shown."""
        details = self._client.get(f"/history/v1.0{self._workspace}/runs/{self._name}/details")
        url = (details.get("logFiles") or {}).get(_LOG)
        if not url:
            return b""
        path = url[url.index("/", len("https://")) :]
        try:
            _, got, _ = self._client.ask(
                "GET", path, raw=True, headers={"Range": f"bytes={self._shown}-"}, signed=False
            )
        except (Missing, Refused):  # not there yet, or nothing behind the offset
            return b""
        return bytes(got or b"")

    def _show(self, text: bytes) -> bool:
        if not text:
            return False
        self.clear()
        sys.stdout.flush()
        sys.stdout.buffer.write(text)
        sys.stdout.flush()
        self._shown += len(text)
        return True
