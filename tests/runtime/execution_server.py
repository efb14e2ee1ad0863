"""The other side of the runner's wire: serves one description, keeps the reports."""

import json
import ssl
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

TOKEN = "token-of-the-job"


class ExecutionServer:
    """`status` and `cancel` are what reports are answered from now on; `files` what GET /files/x
    gives. Reports with the same phase and time are one."""

    def __init__(self, tls: tuple[Path, Path] | None = None) -> None:
        self.description: dict[str, Any] = {}
        self.reports: list[dict[str, Any]] = []
        self.status, self.cancel = 200, False
        self.description_status = 200
        self.files: dict[str, bytes] = {}
        self.failures_left = 0
        self.seen_headers: list[dict[str, str]] = []
        self._changed = threading.Condition()
        self._tls = tls
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self.up()

    def up(self) -> None:
        """Starts to listen; after `down`, at the same port."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        if self._tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def origin(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return self.origin + "/execution/v1/workspaces/w/jobs/j"

    @property
    def phases(self) -> list[str]:
        return [report["phase"] for report in self.reports if report["phase"] != "alive"]

    def wait(self, true: Callable[[], bool], within_s: float = 20) -> None:
        with self._changed:
            assert self._changed.wait_for(true, within_s), f"reports: {self.reports}"

    def wait_for(self, phase: str, within_s: float = 20) -> dict[str, Any]:
        self.wait(lambda: phase in self.phases, within_s)
        return next(report for report in self.reports if report["phase"] == phase)

    def _take(self, report: dict[str, Any]) -> None:
        with self._changed:
            if not any(
                old["phase"] == report["phase"] and old["at"] == report["at"]
                for old in self.reports
            ):
                report["received"] = time.time()
                self.reports.append(report)
            self._changed.notify_all()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                if self.path.startswith("/files/"):
                    server.seen_headers.append(dict(self.headers))
                    body = server.files.get(self.path.split("?")[0][len("/files/") :])
                    if server.failures_left:
                        server.failures_left -= 1
                        return self.answer(503, b"")
                    return self.answer(404 if body is None else 200, body or b"")
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    return self.answer(401, b"{}")
                body = json.dumps(server.description).encode()
                return self.answer(server.description_status, body)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert self.path.endswith("/reports")
                if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                    return self.answer(401, b"{}")
                if server.status == 200:
                    server._take(body)
                return self.answer(server.status, json.dumps({"cancel": server.cancel}).encode())

            def answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler
