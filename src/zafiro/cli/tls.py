"""The certificates of a home: made on first start, and anew before they end.

Azure's clients refuse to send bearer tokens over plain HTTP (azure-core 1.41), so there is no way
around TLS. The authority signs nothing but this server, lies in the home, and is trusted only by
processes that `zafiro env` or `zafiro exec` points at it.
"""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import certifi

from zafiro.core import clock

_AHEAD = timedelta(days=30)


def ensure(folder: Path, hosts: list[str]) -> None:
    """Make what is missing in `folder`: ca.pem, ca.key, server.pem, server.key, bundle.pem.

    The server's certificate is made anew when it ends within 30 days or lacks one of `hosts`;
    server.json beside it says both.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not _good(folder, hosts):
        from zafiro.cli import certificates  # 60 ms that an ordinary start is spared

        until = certificates.make(folder, hosts)
        (folder / "server.json").write_text(
            json.dumps({"hosts": hosts, "until": until.isoformat()})
        )
    bundle = (folder / "ca.pem").read_text() + _system()
    if not (folder / "bundle.pem").exists() or (folder / "bundle.pem").read_text() != bundle:
        (folder / "bundle.pem").write_text(bundle)


def _good(folder: Path, hosts: list[str]) -> bool:
    if not all((folder / name).exists() for name in ("ca.pem", "server.pem", "server.key")):
        return False
    try:
        said = json.loads((folder / "server.json").read_text())
        until = datetime.fromisoformat(said["until"])
    except (OSError, ValueError, KeyError):
        return False
    return set(hosts) <= set(said["hosts"]) and until > clock.now() + _AHEAD


def _system() -> str:
    """The certificates this machine trusts already: jobs and clients still reach the Internet."""
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        path = Path(os.environ.get(name) or "/nonexistent")
        if path.is_file() and path.name != "bundle.pem":
            return path.read_text()
    return Path(certifi.where()).read_text()
