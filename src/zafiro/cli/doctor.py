"""zafiro doctor: looks at this machine and the server, and says how to mend what is wrong."""

import contextlib
import importlib.util
import json
import os
import shutil
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from zafiro.cli.client import Client, elsewhere
from zafiro.cli.parser import Asked
from zafiro.cli.refusing import secret_of
from zafiro.cli.says import Said
from zafiro.cli.state import home_of, state
from zafiro.core import clock
from zafiro.core.home import Home

_GIB = 1 << 30
OK, NOTE, BAD = "ok", "note", "bad"


def doctor(asked: Asked) -> None:
    """Exit status 1 when something is wrong; notes are no harm."""
    home = home_of(asked.get("home"))
    found = [
        {"what": what, "state": state, "is": text, "mend": mend}
        for check in CHECKS
        for what, state, text, mend in check(home)
    ]
    if asked.json:
        print(json.dumps(found, indent=1))
    else:
        for one in found:
            print(f"{one['state']:<5} {one['what']:<14} {one['is']}")
            if one["mend"]:
                print(f"{'':<20} → {one['mend']}")
    wrong = sum(one["state"] == BAD for one in found)
    if wrong:
        raise Said(f"{wrong} {'thing is' if wrong == 1 else 'things are'} wrong")


Row = tuple[str, str, str, str]


def _python(home: Home) -> Iterator[Row]:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 10)
    yield "python", OK if good else BAD, version, "" if good else "install Python 3.10 or newer"


def _home(home: Home) -> Iterator[Row]:
    if not home.root.exists():
        yield "home", NOTE, f"{home.root} is not there yet", "`zafiro up --detach` makes it"
        return
    if not home.root.is_dir():
        yield (
            "home",
            BAD,
            f"{home.root} is a file, not a folder",
            "zafiro up --detach --home ANOTHER, or `export ZAFIRO_HOME=ANOTHER`",
        )
        return
    if not os.access(home.root, os.W_OK):
        yield (
            "home",
            BAD,
            f"{home.root} cannot be written",
            f"sudo chown -R $(id -u) {home.root}, or choose another with --home",
        )
        return
    yield "home", OK, str(home.root), ""
    for folder in ("keys", "tls"):
        path = home.root / folder
        for file in sorted(path.glob("*.key")) + ([home.admin] if folder == "keys" else []):
            if file.exists() and file.stat().st_mode & 0o077:
                yield "secrets", BAD, f"{file} is readable by others", f"chmod 600 {file}"


def _disk(home: Home) -> Iterator[Row]:
    place = home.root
    while not place.exists():
        place = place.parent
    yield disk_row(home, shutil.disk_usage(place).free / _GIB, place)


def disk_row(home: Home, free: float, place: Path) -> Row:
    """`free`: GiB, where `place` is."""
    text = f"{free:.1f} GiB free at {place}"
    if free < 1:
        mend = f"zafiro gc; while no job runs, rm -r {home.environments} (what can be built again)"
        return "disk", BAD, text, mend
    if free < 5:
        return "disk", NOTE, text, "environments with PyTorch take 1 GiB each; `zafiro gc` frees"
    return "disk", OK, text, ""


def _server(home: Home) -> Iterator[Row]:
    running = state(home)
    if running is None and not elsewhere(home):
        yield "server", BAD, f"none runs on {home.root}", "zafiro up --detach"
        yield from _ports()
        return
    try:
        client = Client(home)
        began = time.perf_counter()
        client.get("/subscriptions")
        took_ms = (time.perf_counter() - began) * 1000
        which = f"pid {running['pid']}" if running else "of another home or machine"
        yield "server", OK, f"{client.url} answers in {took_ms:.0f} ms ({which})", ""
    except Said as e:
        log = home.log if home.log.exists() else "its terminal"
        mend = f"zafiro down && zafiro up --detach; its last words are in {log}"
        yield "server", BAD, str(e), mend if running else 'eval "$(zafiro env)", from where it runs'


# Settings that name a port, what they are when not set, and the option that sets them.
_PORTS = (
    ("ZAFIRO_PORT", "8443", "port"),
    ("ZAFIRO_STORAGE_PORT", "8444", "storage-port"),
    ("ZAFIRO_STUDIO_PORT", "", "studio-port"),  # takes a free one where nothing is asked for
)


def _ports() -> Iterator[Row]:
    for variable, otherwise, option in _PORTS:
        asked = os.environ.get(variable) or otherwise
        if not asked.isdigit() or asked == "0":
            continue
        port = int(asked)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((os.environ.get("ZAFIRO_HOST") or "127.0.0.1", port))
                yield "port", OK, f"{port} is free", ""
            except (OSError, OverflowError) as e:
                why = getattr(e, "strerror", None) or "there is no such port"
                mend = f"zafiro up --detach --{option} {port % 60000 + 1000}"
                yield "port", BAD, f"{port} cannot be listened on: {why}", mend


def _certificate(home: Home) -> Iterator[Row]:
    noted = home.tls / "server.json"
    if not noted.exists():
        return
    try:
        until = datetime.fromisoformat(json.loads(noted.read_text())["until"])
        days = (until - clock.now()).total_seconds() / 86400
    except (OSError, ValueError, KeyError) as e:
        yield (
            "certificate",
            BAD,
            f"{noted}: {e}",
            f"rm {noted} && zafiro down && zafiro up --detach",
        )
        return
    text = f"good for {days:.0f} days, authority {home.tls / 'ca.pem'}"
    if days < 0:
        yield (
            "certificate",
            BAD,
            f"ended {-days:.0f} days ago",
            "zafiro down && zafiro up --detach makes it anew",
        )
    elif days < 30:
        yield "certificate", NOTE, text, "zafiro down && zafiro up --detach makes it anew"
    else:
        yield "certificate", OK, text, ""


def _authority(home: Home) -> Iterator[Row]:
    """What clients are told to trust."""
    if not (home.tls / "server.json").exists():
        return
    for file in (home.tls / "ca.pem", home.tls / "bundle.pem"):
        try:
            ssl.create_default_context(cafile=file)
        except (OSError, ssl.SSLError) as e:
            why = "holds no certificate" if isinstance(e, ssl.SSLError) else e.strerror
            mend = f"rm -f {file} && zafiro down && zafiro up --detach, which makes it anew"
            yield "authority", BAD, f"{file}: {why}", mend


# Variables of `zafiro env`, and where the server keeps what they should be.
_SECRETS = {"MSI_SECRET": "msi_secret", "MLFLOW_TRACKING_PASSWORD": "client_secret"}


def _shell_wrong(home: Home, running: "dict[str, str | int] | None") -> Iterator[str]:
    """What this shell tells Microsoft's clients that is not so."""
    there = os.environ["ARM_CLOUD_METADATA_URL"]
    if running is not None and not there.startswith(str(running["url"])):
        yield f"points clients at {there.split('/metadata')[0]}"
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        file = os.environ.get(name)
        if file and not Path(file).exists():
            yield f"names {file} in {name}, which is not there"
    if running is not None:
        for name, key in _SECRETS.items():
            with contextlib.suppress(Said):
                if os.environ.get(name) not in (None, secret_of(home, key)):
                    yield f"has another server's {name}"


def _environment(home: Home) -> Iterator[Row]:
    there = os.environ.get("ARM_CLOUD_METADATA_URL")
    running = state(home)
    if not there:
        yield (
            "environment",
            NOTE,
            "this shell does not point Microsoft's clients here",
            'eval "$(zafiro env)"',
        )
    elif wrong := list(_shell_wrong(home, running)):
        yield (
            "environment",
            BAD,
            f"this shell {' and '.join(wrong)}",
            'eval "$(zafiro env)"',
        )
    else:
        yield "environment", OK, "this shell points Microsoft's clients at the server", ""


def _pythons(home: Home) -> Iterator[Row]:
    found = sorted(_versions())
    if found:
        yield "pythons", OK, ", ".join(found) + " for environments", ""
    else:
        yield (
            "pythons",
            NOTE,
            "none besides this one",
            "environments that ask for another Python need it installed (pyenv, apt)",
        )


def _versions() -> set[str]:
    found = set()
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    if root.is_dir():
        found |= {p.name for p in root.iterdir() if (p / "bin" / "python").exists()}
    for minor in range(7, 15):
        if shutil.which(f"python3.{minor}"):
            found.add(f"3.{minor}")
    return found


def _tools(home: Home) -> Iterator[Row]:
    engines = [name for name in ("podman", "docker", "sbatch") if shutil.which(name)]
    yield (
        "engines",
        OK if engines else NOTE,
        ", ".join(engines) or "no container engine, no Slurm",
        ("" if engines else "jobs run as processes; nothing to mend unless you want containers"),
    )
    beside = Path(sys.executable).with_name("uv")
    uv = shutil.which("uv") or (str(beside) if beside.exists() else None)
    if uv:
        yield "uv", OK, str(uv), ""
    else:
        yield (
            "uv",
            BAD,
            "is not there; environments cannot be built",
            f"{sys.executable} -m pip install uv",
        )
    if not shutil.which("git"):
        yield "git", NOTE, "is not there", "jobs will not know their commit"


def _client(home: Home) -> Iterator[Row]:
    from importlib.metadata import PackageNotFoundError, version

    for name, needed in (("azure-ai-ml", True), ("azure-identity", False), ("mlflow", False)):
        try:
            yield name, OK, version(name), ""
        except PackageNotFoundError:
            state, why = (
                (BAD, "`job create` needs it") if needed else (NOTE, "your own scripts may need it")
            )
            yield (
                name,
                state,
                "is not installed here",
                f"{sys.executable} -m pip install {name}  ({why})",
            )


def _compiled(home: Home) -> Iterator[Row]:
    """Python compiles what it imports once, unless told not to, or not installed by pip."""
    found = importlib.util.find_spec("azure.ai.ml") if importlib.util.find_spec("azure") else None
    if found is None or found.origin is None or not sys.dont_write_bytecode:
        return
    if not Path(importlib.util.cache_from_source(found.origin)).exists():
        yield (
            "azure-ai-ml",
            NOTE,
            "is compiled anew by every command that loads YAML, which doubles its time: "
            "PYTHONDONTWRITEBYTECODE is set",
            f"{sys.executable} -m compileall -q {Path(found.origin).parents[3]}",
        )


CHECKS: tuple[Callable[[Home], Iterator[Row]], ...] = (
    _python,
    _home,
    _disk,
    _server,
    _certificate,
    _authority,
    _environment,
    _pythons,
    _tools,
    _client,
    _compiled,
)
