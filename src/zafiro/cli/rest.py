"""zafiro rest: one request to the server, signed in, as `az rest` sends one to Azure."""

import json
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from zafiro.cli import configuring
from zafiro.cli.client import client_of
from zafiro.cli.parser import Asked
from zafiro.cli.says import Misused, Said
from zafiro.core import names

_AZURE = "management.azure.com"


def rest(asked: Asked) -> Any:
    """The JSON answer. Raises Said for another host: the credential is this server's alone."""
    client = client_of(asked)
    chosen = configuring.kept().get("subscription") or names.SUBSCRIPTION
    url = urlsplit(asked.url.replace("{subscriptionId}", chosen))
    if url.netloc.lower() not in ("", _AZURE, urlsplit(client.url).netloc.lower()):
        raise Said(f"{url.netloc} is not asked: only {_AZURE}, which stands for {client.url}, is")
    if not url.path.startswith("/"):
        raise Misused(f"--url: '{asked.url}' is neither a URL nor a path", "zafiro rest --help")
    query = parse_qsl(url.query, keep_blank_values=True)
    query += (asked.get("uri_parameters") or {}).items()
    path = url.path + (f"?{urlencode(query)}" if query else "")
    _, said, _ = client.ask(
        asked.method.upper(), path, _body(asked.get("body")), headers=asked.get("headers") or {}
    )
    if asked.get("output_file"):
        Path(asked.output_file).write_text(json.dumps(said, indent=2) + "\n")
        return None
    return said


def _body(given: str | None) -> Any:
    if given is None:
        return None
    try:
        if given.startswith("@"):
            given = sys.stdin.read() if given == "@-" else Path(given[1:]).read_text()
        return json.loads(given)
    except OSError as e:
        raise Said(f"{given[1:]}: {e.strerror}") from e
    except ValueError as e:
        raise Misused(f"--body: {e}: JSON, or @FILE with JSON, is needed") from e
