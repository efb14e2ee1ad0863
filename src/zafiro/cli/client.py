"""One HTTPS request after the other to a server; standard library only, for speed."""

import base64
import http.client
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from zafiro.cli import configuring, refusing
from zafiro.cli.parser import Asked
from zafiro.cli.refusing import Gone, Refused
from zafiro.cli.state import home_of, state
from zafiro.core import names
from zafiro.core.home import Home

API = "2025-01-01"


class Client:
    """Signed in as the administrator of the home, or as the variables of `zafiro env` say.

    Raises Gone when no server runs or answers; Missing and Refused with the server's own sentence.
    """

    def __init__(self, home: Home, *, debug: bool = False) -> None:
        self.home = home
        self._debug = debug or bool(os.environ.get("ZAFIRO_DEBUG"))
        self._connection: http.client.HTTPSConnection | None = None
        running = state(home)
        if running is not None:
            self.url = str(running["url"])
            self.ca = str(home.tls / "ca.pem")
            self._keys: Path | None = home.admin
            user, secret = "admin", refusing.secret_of(home, "client_secret")
        else:
            self._keys = None
            found = elsewhere(home)
            if found is None:
                raise Gone(f"no server runs on {home.root}; start one with `zafiro up --detach`")
            self.url, self.ca, user, secret = found
        self._auth = "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()

    def get(self, path: str, **query: str) -> Any:
        """The JSON answer; `path` may be a whole URL of this server, as in nextLink."""
        return self.ask("GET", path, query=query)[1]

    def pages(
        self, path: str, at_most: int | None = None, **query: str
    ) -> Iterator[dict[str, Any]]:
        """The items of a list, page after page."""
        seen, answer = 0, self.get(path, **query)
        while True:
            for item in answer.get("value", []):
                if at_most is not None and seen >= at_most:
                    return
                seen += 1
                yield item
            if not answer.get("nextLink"):
                return
            answer = self.get(answer["nextLink"])

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: dict[str, str] | None = None,
        raw: bool = False,
        headers: dict[str, str] | None = None,
        signed: bool = True,
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        """Status, JSON (or bytes if `raw`), headers. Not `signed`: the URL carries a signature."""
        parts = urlsplit(path)
        asked = parts.query or urlencode({"api-version": API, **(query or {})})
        target = quote(parts.path, safe="/%:@!$&'()*+,;=~") + (f"?{asked}" if asked else "")
        sent = None if body is None else json.dumps(body).encode()
        all_headers = ({"Authorization": self._auth} if signed else {}) | (headers or {})
        if sent is not None:
            all_headers["Content-Type"] = "application/json"
        began = time.monotonic()
        answer, got = self._exchange(method, target, sent, all_headers)
        if self._debug:
            _shown(method, target, body, answer.status, time.monotonic() - began, got)
        if answer.status >= 400:
            raise refusing.refusal(answer.status, got, self.url, self._keys)
        if raw:
            return answer.status, got, answer.headers
        try:
            return answer.status, json.loads(got or b"null"), answer.headers
        except ValueError as e:
            raise refusing.other_program(self.url) from e

    def done(self, answer: tuple[int, Any, http.client.HTTPMessage]) -> None:
        """Waits until a long-running operation has ended. Raises Refused with its error."""
        where = answer[2].get("Azure-AsyncOperation") or answer[2].get("Location")
        wait_s = 0.05
        while where:
            status, said, _ = self.ask("GET", where)
            ended = (said or {}).get("status")
            if ended in ("Failed", "Canceled"):
                raise Refused(str((said.get("error") or {}).get("message") or ended), 500)
            if status != 202 and ended not in ("InProgress", "Running", "Accepted"):
                return
            time.sleep(wait_s)
            wait_s = min(wait_s * 1.5, 2.0)

    def _exchange(
        self, method: str, target: str, sent: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        fresh = self._connection is None
        try:
            if self._connection is None:
                self._connection = self._connected()
            self._connection.request(method, target, sent, headers)
            answer = self._connection.getresponse()
            return answer, answer.read()
        except (OSError, http.client.HTTPException) as e:
            self._connection = None
            if not fresh and method == "GET":  # the server closed a connection that was idle
                return self._exchange(method, target, sent, headers)
            raise refusing.unreachable(e, self.url, self._keys is not None) from e

    def _connected(self) -> http.client.HTTPSConnection:
        parts = urlsplit(self.url)
        trust = refusing.trusted(self.ca)
        return http.client.HTTPSConnection(
            parts.hostname or "", parts.port, context=trust, timeout=60
        )


def elsewhere(home: Home) -> tuple[str, str, str, str] | None:
    """(URL, bundle, user, secret) of a server of another home or machine, by the variables that
    `zafiro env` printed there; None when the home has keys, or variables, of its own."""
    said = urlsplit(os.environ.get("ARM_CLOUD_METADATA_URL", ""))
    user = os.environ.get("MLFLOW_TRACKING_USERNAME")
    secret = os.environ.get("MLFLOW_TRACKING_PASSWORD")
    there = os.environ.get("ZAFIRO_HOME")
    same = there is not None and Path(there).expanduser().resolve() == home.root
    if not (said.netloc and user and secret and same) or (home.root / "keys").exists():
        return None
    return f"{said.scheme}://{said.netloc}", os.environ.get("SSL_CERT_FILE", ""), user, secret


_MASKED = ("secret", "password", "key", "token", "sas", "credential", "pat")


def masked(said: Any) -> Any:
    """The same with the values of what sounds like a secret replaced."""
    if isinstance(said, dict):
        return {
            k: "***" if isinstance(v, str) and any(m in k.lower() for m in _MASKED) else masked(v)
            for k, v in said.items()
        }
    if isinstance(said, list):
        return [masked(one) for one in said]
    return said


def masked_url(url: str) -> str:
    path, mark, query = url.partition("?")
    pairs = [
        f"{k}=***"
        if k.lower() == "sig" or any(m in k.lower() for m in ("secret", "token"))
        else f"{k}{e}{v}"
        for k, e, v in (pair.partition("=") for pair in query.split("&"))
    ]
    return path + mark + "&".join(pairs)


def _shown(method: str, target: str, body: Any, status: int, took_s: float, got: bytes) -> None:
    print(f"> {method} {masked_url(target)}", file=sys.stderr)
    if body is not None:
        print(f"> {json.dumps(masked(body))}", file=sys.stderr)
    print(f"< {status} in {took_s:.3f} s, {len(got)} bytes", file=sys.stderr)
    try:
        print(f"< {json.dumps(masked(json.loads(got)))[:4000]}", file=sys.stderr)
    except ValueError:
        return


def client_of(asked: Asked) -> Client:
    return Client(home_of(asked.get("home")), debug=bool(asked.get("debug")))


def group_of(asked: Asked) -> str:
    """Resource ID of the resource group asked for."""
    kept = configuring.kept()
    subscription = asked.get("subscription") or kept.get("subscription") or names.SUBSCRIPTION
    group = asked.get("resource_group") or kept.get("group") or names.GROUP
    return f"/subscriptions/{subscription}/resourceGroups/{group}"


def workspace_of(asked: Asked, name: str | None = None) -> str:
    """Resource ID of the workspace asked for."""
    found = (
        name
        or asked.get("workspace_name")
        or configuring.kept().get("workspace")
        or names.WORKSPACE
    )
    return f"{group_of(asked)}/providers/{names.ML}/workspaces/{found}"
