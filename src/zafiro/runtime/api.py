"""The server's APIs as the runner calls them: execution, version 1 (one GET, then reports)."""

from __future__ import annotations

import http.client
import json
import ssl
from urllib.parse import urlsplit

TYPE_CHECKING = False  # `typing` costs 3 ms of every job
if TYPE_CHECKING:
    from typing import Any

VERSION = 1
_TIMEOUT_S = 20.0


class Unreachable(Exception):
    """The server is down, restarting or overloaded: try again later."""


class Refused(Exception):
    """The server answered that it does not want this. `status` is the HTTP status."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"HTTP {status}: {said}" if said else f"HTTP {status}")
        self.status = status


class Api:
    """One kept-alive connection; not for two threads at once."""

    def __init__(self, url: str, token: str, ca: str) -> None:
        parts = urlsplit(url)
        self._tls, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._path, self._ca = parts.path.rstrip("/"), ca
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._connection: http.client.HTTPConnection | None = None

    def describe(self) -> dict[str, Any]:
        return self.call("GET", "", None)

    def report(self, body: dict[str, Any]) -> bool:
        """Says it; True when the server asks for the end of the job."""
        return bool(self.call("POST", "/reports", body).get("cancel"))

    def call(self, verb: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        """The JSON answer to one request below the URL. Raises Unreachable, Refused."""
        kept = self._connection is not None
        try:
            return self._once(verb, path, body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if not kept:
                raise Unreachable(str(error)) from error
        try:  # a kept connection may have been closed meanwhile; that says nothing
            return self._once(verb, path, body)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unreachable(str(error)) from error

    def _once(self, verb: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        connection = self._connection = self._connection or self._open()
        headers, payload = dict(self._headers), None
        if body is not None:
            payload = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection.request(verb, self._path + path, payload, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status == 429 or answer.status >= 500:
            raise Unreachable(f"HTTP {answer.status}")
        if answer.status >= 300:
            raise Refused(answer.status, text[:300].decode("utf-8", "replace"))
        try:
            said = json.loads(text or b"{}")
        except ValueError as error:  # something else listens there, perhaps a proxy
            raise Unreachable(f"no JSON came back: {error}") from error
        return said if isinstance(said, dict) else {}

    def _open(self) -> http.client.HTTPConnection:
        if not self._host:
            raise Unreachable("no host in the URL")
        if not self._tls:
            return http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_S)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=_TIMEOUT_S, context=self._trust()
        )

    def _trust(self) -> ssl.SSLContext:
        if not self._ca:
            return ssl.create_default_context()
        return ssl.create_default_context(cafile=self._ca)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
