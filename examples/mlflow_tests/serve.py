"""Zafiro instances over plain HTTP, one per request of the parent. Runs in Zafiro's own venv.

stdin:  {"op": "new", "port": 0, "env": {...}} | {"op": "close", "id": n}      one JSON a line
stdout: {"id", "url", "token", "home"}         | {"requests": [[method, path, status], ...]}
Each instance is a whole installation (zafiro.app.create) with its own home and SQLite file, made by
copying a migrated template. Ends with its stdin.
"""

import json
import logging
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

import uvicorn

logging.basicConfig(
    level="WARNING", stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
)
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
sys.stdout = sys.stderr

from zafiro import app as zafiro_app  # noqa: E402
from zafiro.core.settings import Settings  # noqa: E402
from zafiro.identity import service as identity  # noqa: E402

ROOT = Path(
    tempfile.mkdtemp(
        prefix="zafiro-conformance-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None
    )
)
TEMPLATE = ROOT / "template"


def create(home, url):
    settings = Settings(home=home, durable=False, url_mirror=str(ROOT / "mirror"))
    return zafiro_app.create(settings, url=url, storage_url=url)


class Counted:
    def __init__(self, app):
        self.app, self.seen = app, []

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        entry = [scope["method"], scope["path"], 0]
        self.seen.append(entry)

        async def noted(message):
            if message["type"] == "http.response.start":
                entry[2] = message["status"]
            await send(message)

        await self.app(scope, receive, noted)


class Instance:
    def __init__(self, number, port):
        self.home = ROOT / f"home{number}"
        shutil.copytree(TEMPLATE, self.home, symlinks=True)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", port))
        self.socket.listen(64)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        made = create(self.home, self.url)
        self.ctx = made.ctx
        self.token = identity.of(made.ctx).for_admin("https://ml.azure.com").token
        self.app = Counted(made.api)
        config = uvicorn.Config(
            self.app, log_level="error", lifespan="on", ws="none", timeout_graceful_shutdown=1
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True
        )
        self.thread.start()
        end = time.monotonic() + 20
        while not self.server.started and time.monotonic() < end:
            time.sleep(0.002)

    def artifacts(self):
        """Folder of the default workspace's artifact container."""
        from zafiro.core import names
        from zafiro.workspaces import service as workspaces

        with self.ctx.db.read() as db:
            found = workspaces.find(db, names.SUBSCRIPTION, names.GROUP, names.WORKSPACE)
        return str(self.home / "storage" / found.storage_account)

    def close(self):
        self.server.should_exit = True
        threading.Thread(target=self._end, daemon=True).start()

    def _end(self):
        self.thread.join(10)
        self.socket.close()
        shutil.rmtree(self.home, ignore_errors=True)


def main():
    create(TEMPLATE, "http://127.0.0.1:1").ctx.db.close()
    out.write(json.dumps({"ready": True}) + "\n")
    out.flush()
    running, number = {}, 0
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            if asked["op"] == "new":
                number += 1
                made = Instance(number, asked.get("port") or 0)
                running[number] = made
                answer = {
                    "id": number,
                    "url": made.url,
                    "token": made.token,
                    "home": str(made.home),
                    "storage": made.artifacts(),
                }
            else:
                made = running.pop(asked["id"])
                made.close()
                answer = {"requests": made.app.seen}
        except Exception as e:
            logging.exception("harness")
            answer = {"error": repr(e)}
        out.write(json.dumps(answer) + "\n")
        out.flush()


try:
    main()
finally:
    shutil.rmtree(ROOT, ignore_errors=True)
