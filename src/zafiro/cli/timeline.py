"""Where the time of a job went, drawn."""

from datetime import datetime, timezone
from typing import Any

_WIDTH = 40


def show(name: str, said: dict[str, Any]) -> None:
    code = exit_code(said)
    print(f"{name}: {said['status']}{f' ({code})' if code else ''}")
    for line in drawn(said["steps"]):
        print(line)


def exit_code(said: dict[str, Any]) -> str:
    """What the user's command ended with, where that is news; "" where it never ran or was fine."""
    return f"exit code {said['exitCode']}" if said.get("exitCode") else ""


def drawn(steps: list[dict[str, Any]]) -> list[str]:
    """One line a step: its name, how long it took in seconds, a bar of its share, its reason."""
    now = datetime.now(timezone.utc)
    spans = [(s, (at(s["ended"]) if s["ended"] else now) - at(s["began"])) for s in steps]
    total = sum((span.total_seconds() for _, span in spans), 0.0) or 1.0
    lines = []
    for step, span in spans:
        seconds = span.total_seconds()
        bar = "█" * round(_WIDTH * seconds / total)
        reason = f"  {step['reason']}" if step.get("reason") else ""
        lines.append(f"  {step['name']:<12} {seconds:8.2f} s  {bar or '▏'}{reason}")
    lines.append(f"  {'total':<12} {total:8.2f} s")
    return lines


def at(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
