"""One HTTPS request after the other to the server of a home; standard library only, for speed."""

import base64
import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

import click

from zafiro.cli.state import state
from zafiro.core import names
from zafiro.core.home import Home

WORKSPACE = (
    f"/subscriptions/{names.SUBSCRIPTION}/resourceGroups/{names.GROUP}"
    f"/providers/{names.ML}/workspaces/{names.WORKSPACE}"
)


class Client:
    """Signed in as the administrator of the home. Raises ClickException when no server runs."""

    def __init__(self, home: Home) -> None:
        running = state(home)
        if running is None:
            raise click.ClickException(
                f"no server runs on {home.root}; start one with `zafiro up --detach`"
            )
        parts = urlsplit(str(running["url"]))
        trust = ssl.create_default_context(cafile=str(home.tls / "ca.pem"))
        self._connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port, context=trust, timeout=60
        )
        secret = json.loads(home.admin.read_text())["client_secret"]
        self._auth = "Basic " + base64.b64encode(f"admin:{secret}".encode()).decode()

    def get(self, path: str, **query: str) -> Any:
        """The JSON answer. Raises ClickException with the server's own sentence."""
        asked = "&".join(f"{k}={v}" for k, v in {"api-version": "2025-01-01", **query}.items())
        return self._send("GET", f"{path}?{asked}", None)

    def post(self, path: str, body: Any) -> Any:
        """The same, with JSON in both directions."""
        return self._send("POST", path, json.dumps(body))

    def _send(self, method: str, path: str, body: str | None) -> Any:
        headers = {"Authorization": self._auth, "Content-Type": "application/json"}
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            said = json.loads(answer.read() or b"{}")
        except (OSError, ValueError, http.client.HTTPException) as e:
            raise click.ClickException(f"the server does not answer: {e}") from e
        if answer.status >= 400:
            raise click.ClickException(said.get("error", {}).get("message") or str(said))
        return said
