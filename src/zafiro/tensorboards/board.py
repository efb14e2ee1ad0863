"""TensorBoard's own server on a socket of the file system. Runs in TensorBoard's environment.

    python board.py FOLDER      shows FOLDER/shown, listens at FOLDER/socket

The socket lies in a folder of the server's user: unlike a port of the machine, nobody else can
connect to it. It ends when its standard input ends, so a server that is killed leaves none behind.
Plugins: those TensorBoard itself brings, without the embedding projector, which opens whatever
file a run's configuration names (TensorBoard 2.21, default.get_static_plugins).
"""

import os
import shutil
import sys
import threading
from typing import Any

from tensorboard import (  # type: ignore[import-not-found,unused-ignore]
    default,
    main_lib,
    program,
)
from werkzeug.serving import make_server  # type: ignore[import-not-found,unused-ignore]

_RELOAD_S = "2"  # how soon what a running job writes is seen


class OnSocket(program.TensorBoardServer):  # type: ignore[misc,unused-ignore]
    def __init__(self, wsgi_app: Any, flags: Any) -> None:
        self._server = make_server(f"unix://{flags.host}", 0, wsgi_app, threaded=True)

    def serve_forever(self) -> None:
        self._server.serve_forever()

    def get_url(self) -> str:
        return "http://localhost:0/"

    def print_serving_message(self) -> None:
        print("ready", flush=True)


def _end_with_the_server(folder: str) -> None:
    while sys.stdin.buffer.read(1):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def main(folder: str) -> None:
    threading.Thread(target=_end_with_the_server, args=(folder,), daemon=True).start()
    main_lib.global_init()
    board = program.TensorBoard(plugins=default.get_static_plugins(), server_class=OnSocket)
    shown, socket = os.path.join(folder, "shown"), os.path.join(folder, "socket")
    board.configure(argv=("", "--logdir", shown, "--host", socket, "--reload_interval", _RELOAD_S))
    board.main()


if __name__ == "__main__":
    main(sys.argv[1])
