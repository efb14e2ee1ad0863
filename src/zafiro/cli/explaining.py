"""zafiro job why: what a job waits for, or what it failed of, in sentences."""

import time
from typing import Any

from zafiro.cli.client import client_of, workspace_of
from zafiro.cli.following import error_of
from zafiro.cli.parser import Asked
from zafiro.cli.reading import job_name
from zafiro.cli.timeline import at, exit_code

_DOING = {
    "queued": "waits for a place to run",
    "starting": "waits for its process to start",
    "environment": "prepares its environment",
    "inputs": "fetches its inputs",
    "running": "runs",
    "finalizing": "uploads what it left",
}
_LAST = 15


def why(asked: Asked) -> None:
    client, workspace = client_of(asked), workspace_of(asked)
    name = job_name(asked, client)
    said = client.get(f"{workspace}/jobs/{name}/timeline")
    status, steps = str(said["status"]), said["steps"]
    if status == "Failed":
        code = exit_code(said)
        print(f"{name} failed{f' with {code}' if code else _during(steps)}.")
        _failure(error_of(client, workspace, name))
    elif status == "Canceled":
        print(f"{name} was canceled.")
    elif status == "Completed":
        print(f"{name} completed; nothing is wrong. See `zafiro job show -n {name} --timeline`.")
    elif not steps:
        print(f"{name} is {status}; the server has not looked at it yet.")
    else:
        last = steps[-1]
        spent = time.time() - at(last["began"]).timestamp()
        reason = f": {last['reason']}" if last.get("reason") else ""
        print(f"{name} {_DOING.get(last['name'], last['name'])}, for {spent:.0f} s{reason}.")
        print(f"Follow it with `zafiro job stream -n {name}`.")


def _during(steps: list[dict[str, Any]]) -> str:
    """Every job that ran ends by uploading what it left, so that says nothing."""
    if not steps or steps[-1]["name"] == "finalizing":
        return ""
    return f" while it was {_gerund(steps[-1]['name'])}"


def _gerund(step: str) -> str:
    return {
        "environment": "preparing its environment",
        "inputs": "fetching its inputs",
    }.get(step, step)


def _failure(error: dict[str, Any]) -> None:
    if not error:
        print("It said nothing about why.")
        return
    print(f"{error.get('message')} ({error.get('code')})")
    log = [line for line in error.get("log") or [] if line.strip()]
    if log:
        print("The end of its log:")
        for line in log[-_LAST:]:
            print(f"  {line}")
