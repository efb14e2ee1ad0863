"""zafiro up, down, status."""

import gc
import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zafiro.cli.parser import Asked
from zafiro.cli.says import Said
from zafiro.cli.state import home_of, state
from zafiro.core.home import Home

if TYPE_CHECKING:
    from zafiro.core.settings import Settings


def settings_of(home: str | None, **given: Any) -> "Settings":
    """Settings from the command line over those of the environment. Raises Said naming
    those that make no sense."""
    from pydantic import ValidationError  # 0.1 s that `down` and `status` are spared

    from zafiro.core.settings import Settings

    asked = {k: v for k, v in {"home": home, **given}.items() if v is not None}
    try:
        made = Settings(**asked)
    except ValidationError as e:
        wrong = [
            f"{'.'.join(map(str, one['loc']))} is {one['input']!r}: {one['msg'].lower()}"
            for one in e.errors()
        ]
        raise Said("; ".join(wrong)) from e
    return made.model_copy(update={"home": made.home.expanduser().resolve()})


def up(asked: Asked) -> None:
    home, host, port = asked.get("home"), asked.get("host"), asked.get("port")
    storage_port, database = asked.get("storage_port"), asked.get("database")
    given = {
        "host": host,
        "port": port,
        "storage_port": storage_port,
        "studio_port": asked.get("studio_port"),
        "database": database,
    }
    if asked.detach:
        _detached(home_of(home), {k: v for k, v in given.items() if v is not None})
        return
    gc.disable()  # a fifth of the start went into looking for garbage among what is imported
    from zafiro.cli.server import serve
    from zafiro.core.errors import ZafiroError

    gc.freeze()
    gc.enable()
    settings = settings_of(home, **given)
    _log_to(settings)
    try:
        serve(settings)
    except ZafiroError as e:
        raise Said(str(e)) from e


def _log_to(settings: "Settings") -> None:
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    for noisy in ("alembic", "httpx", "_granian"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _detached(home: Home, given: dict[str, Any]) -> None:
    running = state(home)
    if running is not None:
        raise Said(f"a server runs on {home.root} already (pid {running['pid']}, {running['url']})")
    try:
        home.make()
        output = home.log.open("ab")
    except OSError as e:
        raise Said(f"{home.root} cannot be written: {e.strerror}") from e
    # By environment: a database URL may carry a password, and others can read command lines.
    child_env = {**os.environ, "ZAFIRO_HOME": str(home.root)}
    child_env |= {f"ZAFIRO_{name.upper()}": str(value) for name, value in given.items()}
    began = output.tell()
    child = subprocess.Popen(
        [sys.executable, "-m", "zafiro", "up"],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=child_env,
        start_new_session=True,
    )
    end = time.monotonic() + 60
    while (running := state(home)) is None:
        if child.poll() is not None or time.monotonic() > end:
            with home.log.open("rb") as log:
                log.seek(began)
                said = log.read().decode(errors="replace").strip()
            raise Said(
                (said.splitlines() or ["the server ended without a word"])[-1].removeprefix(
                    "Error: "
                )
            )
        time.sleep(0.01)
    print(f"Zafiro runs at {running['url']} (pid {running['pid']}, home {home.root})")
    print(f"Studio: {_studio(home, running)}")


def _studio(home: Home, running: dict[str, Any]) -> str:
    """The link that signs a browser in."""
    from zafiro.core.secrets import Secrets  # 0.1 s that `down` is spared
    from zafiro.studio.link import link

    return link(Secrets.at(home.master_key), str(running["studio_url"]))


def down(asked: Asked) -> None:
    place = home_of(asked.get("home"))
    running = state(place)
    if running is None:
        print(f"no server runs on {place.root}")
        return
    pid = int(running["pid"])
    os.kill(pid, signal.SIGTERM)
    for number, wait_s in ((signal.SIGKILL, 15.0), (0, 5.0)):
        end = time.monotonic() + wait_s
        while time.monotonic() < end:
            if state(place) is None and not _alive(pid):
                print("stopped")
                return
            time.sleep(0.02)
        if number:
            os.kill(pid, number)
    raise Said(f"process {pid} does not end")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return True


def status(asked: Asked) -> None:
    place = home_of(asked.get("home"))
    running = state(place)
    if asked.json:
        print(
            json.dumps({"home": str(place.root), "running": running is not None, **(running or {})})
        )
    elif running is None:
        print(f"no server runs on {place.root}; start one with `zafiro up --detach`")
    else:
        minutes = (time.time() - float(running["started"])) / 60
        print(f"Zafiro runs at {running['url']} for {minutes:.0f} min")
        print(
            f"  home     {place.root}\n  pid      {running['pid']}\n  storage  {running['storage_url']}"
        )
        print(f"  studio   {_studio(place, running)}")
    if running is None:
        sys.exit(3)
