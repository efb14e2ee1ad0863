"""The server process: two TLS listeners in one process, and a note of where they are."""

import asyncio
import contextlib
import logging
import os
import signal
import socket

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from zafiro import app
from zafiro.cli import tls
from zafiro.cli.state import note, state
from zafiro.core.errors import Invalid
from zafiro.core.home import Home
from zafiro.core.settings import Settings

log = logging.getLogger("zafiro")

_STUDIO_PORT = 8445


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. Raises Invalid with a sentence for what stands in the way."""
    home = Home(settings.home)
    _claim(home)
    try:
        host = settings.public_host or settings.host
        if host in ("0.0.0.0", "::"):
            host = socket.gethostname()
        tls.ensure(home.tls, sorted({host, settings.host, "127.0.0.1", "localhost"}))
        port = _free(settings.host, settings.port, "port")
        storage_port = _free(settings.host, settings.storage_port, "storage_port")
        studio_port = _studio_port(settings, {port, storage_port})
        urls = f"https://{host}:{port}", f"https://{host}:{storage_port}"
        made = _create(settings, *urls, f"http://127.0.0.1:{studio_port}")
        asyncio.run(_run(made, settings, port, storage_port, studio_port))
    finally:
        home.state.unlink(missing_ok=True)


def _create(settings: Settings, url: str, storage_url: str, studio_url: str) -> app.Zafiro:
    """Raises Invalid when the database cannot be used; its password is not in the message."""
    try:
        return app.create(settings, url=url, storage_url=storage_url, studio_url=studio_url)
    except (OperationalError, ModuleNotFoundError, ArgumentError) as e:
        match e:
            case OperationalError():
                why = str(e.orig).strip().splitlines()[0]
            case ModuleNotFoundError(name="psycopg"):
                why = "its driver is not installed; install zafiro[postgresql]"
            case ArgumentError():
                raise Invalid("database", "is no URL as SQLAlchemy spells them") from e
            case _:
                raise
        shown = make_url(settings.database_url).render_as_string(hide_password=True)
        raise Invalid("database", f"{shown} cannot be used: {why}") from e


async def _run(
    made: app.Zafiro, settings: Settings, port: int, storage_port: int, studio_port: int
) -> None:
    folder = made.ctx.home.tls
    listeners = [
        Server(
            target,
            address=settings.host,
            port=number,
            interface=Interfaces.ASGI,
            # HTTP/2 receives uploads in frames of 16 KiB: 5.1 s for a GiB against 0.8 s here.
            http=HTTPModes.http1,
            ssl_cert=folder / "server.pem",
            ssl_key=folder / "server.key",
            log_level=LogLevels.warning,
            websockets=False,
        )
        for target, number in ((made.api, port), (made.storage, storage_port))
    ]
    listeners.append(
        Server(  # browsers know no CA of ours; what stays on this machine needs none
            made.studio,
            address="127.0.0.1",
            port=studio_port,
            interface=Interfaces.ASGI,
            http=HTTPModes.http1,
            log_level=LogLevels.warning,
            websockets=False,
        )
    )
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    tasks = [loop.create_task(listener.serve()) for listener in listeners]
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    for task in tasks:
        task.add_done_callback(lambda _: ended.set())
    await _answering(settings.host, port)
    note(made.ctx.home, made.ctx.url, made.ctx.storage_url, made.ctx.studio_url)
    log.info("listening on %s", made.ctx.url)
    await ended.wait()
    for let_go in made.ctx.stopping:
        let_go()
    for listener in listeners:
        listener.stop()  # type: ignore[no-untyped-call]
    await asyncio.gather(*tasks, return_exceptions=True)


async def _answering(host: str, port: int) -> None:
    for _ in range(2000):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return
        await asyncio.sleep(0.005)
    raise Invalid("port", f"nothing answers on {host}:{port}")


def _claim(home: Home) -> None:
    """Raises Invalid when another server runs on this home, or it cannot be written."""
    try:
        home.make()
        (home.root / ".writable").touch()
        (home.root / ".writable").unlink()
    except OSError as e:
        raise Invalid(
            "home", f"{home.root} cannot be written: {e.strerror}; choose one with --home"
        ) from e
    running = state(home)
    if running is not None and running["pid"] != os.getpid():
        raise Invalid(
            "home",
            f"a server runs on {home.root} already (pid {running['pid']}, {running['url']}); "
            "stop it with `zafiro down`",
        )


def _studio_port(settings: Settings, taken: set[int]) -> int:
    """The port asked for; else the usual one, or a free one when something else has it."""
    if settings.studio_port is not None:
        return _free("127.0.0.1", settings.studio_port, "studio_port")
    if settings.port and _STUDIO_PORT not in taken:
        with contextlib.suppress(Invalid):
            return _free("127.0.0.1", _STUDIO_PORT, "studio_port")
    return _free("127.0.0.1", 0, "studio_port")


def _free(host: str, port: int, field: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as e:
            raise Invalid(
                field,
                f"{host}:{port} cannot be listened on: {e.strerror}; choose another with --{field.replace('_', '-')}",
            ) from e
        number: int = probe.getsockname()[1]
        return number
