"""delete, detach, cancel, start, stop, restart: one request each, and the wait for its end."""

import sys
import time

from zafiro.cli.client import client_of, workspace_of
from zafiro.cli.parser import Asked
from zafiro.cli.reading import kind
from zafiro.cli.says import Said

ENDED = ("Completed", "Failed", "Canceled", "NotResponding")


def sure(asked: Asked) -> None:
    """Raises Said unless --yes, or the person at the terminal, says so."""
    if asked.get("yes"):
        return
    assert asked.noun is not None
    what = f"{asked.verb.name} {asked.noun.name} '{asked.get('name')}'"
    if not sys.stdin.isatty():
        raise Said(f"{what}: nobody is here to be asked; say --yes")
    print(f"{what}? (y/n): ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Said("nothing was done")


def delete(asked: Asked, **query: str) -> None:
    sure(asked)
    client = client_of(asked)
    where = f"{workspace_of(asked)}/{kind(asked.noun)}/{asked.name}"
    if asked.noun is not None and asked.noun.name == "compute":
        query = {"underlyingResourceAction": "Delete", **query}
    client.get(where)  # raises Missing: what is not there cannot be deleted
    answer = client.ask("DELETE", where, query=query)
    if not asked.get("no_wait"):
        client.done(answer)


def detach(asked: Asked) -> None:
    delete(asked, underlyingResourceAction="Detach")


def act(asked: Asked) -> None:
    client = client_of(asked)
    where = f"{workspace_of(asked)}/{kind(asked.noun)}/{asked.name}/{asked.verb.name}"
    answer = client.ask("POST", where)
    if not asked.get("no_wait"):
        client.done(answer)


def cancel_job(asked: Asked) -> None:
    client = client_of(asked)
    where = f"{workspace_of(asked)}/jobs/{asked.name}"
    client.ask("POST", f"{where}/cancel")
    wait_s = 0.05
    while not asked.no_wait and client.get(where)["properties"].get("status") not in ENDED:
        time.sleep(wait_s)
        wait_s = min(wait_s * 1.5, 1.0)
