"""zafiro job …"""

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click

from zafiro.cli.client import WORKSPACE, Client
from zafiro.cli.state import home_of, home_option
from zafiro.cli.tensorboard import tensorboard

_WIDTH = 40


@click.group()
def job_() -> None:
    """Look at jobs."""


@job_.command()
@home_option
@click.option("--name", "-n", help="The job; the newest one when not given.")
@click.option("--timeline", is_flag=True, help="Draw where the time went.")
def show(home: Path | None, name: str | None, timeline: bool) -> None:
    """Show a job as JSON, or where its time went.

    \b
    zafiro job show --name brave_apple_1 --timeline
    """
    client = Client(home_of(home))
    if name is None:
        newest = client.get(f"{WORKSPACE}/jobs", **{"$top": "1"})["value"]
        if not newest:
            raise click.ClickException("there is no job yet")
        name = str(newest[0]["name"])
    if not timeline:
        click.echo(json.dumps(client.get(f"{WORKSPACE}/jobs/{name}"), indent=2))
        return
    said = client.get(f"{WORKSPACE}/jobs/{name}/timeline")
    click.echo(f"{name}: {said['status']}")
    for line in drawn(said["steps"]):
        click.echo(line)


job_.add_command(tensorboard)


def drawn(steps: list[dict[str, Any]]) -> list[str]:
    """One line a step: its name, how long it took in seconds, a bar of its share, its reason."""
    now = datetime.now(timezone.utc)
    spans = [(s, (_at(s["ended"]) if s["ended"] else now) - _at(s["began"])) for s in steps]
    total = sum((span.total_seconds() for _, span in spans), 0.0) or 1.0
    lines = []
    for step, span in spans:
        seconds = span.total_seconds()
        bar = "█" * round(_WIDTH * seconds / total)
        reason = f"  {step['reason']}" if step.get("reason") else ""
        lines.append(f"  {step['name']:<12} {seconds:8.2f} s  {bar or '▏'}{reason}")
    lines.append(f"  {'total':<12} {total:8.2f} s")
    return lines


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
