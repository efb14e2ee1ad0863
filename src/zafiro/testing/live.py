"""A real server in a process of its own, on free ports, in a folder of the caller's."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Variables of the caller's that would lead a client past the server.
_MISLEADING = ("AZURE_", "AZUREML_", "MLFLOW_", "ZAFIRO_", "IDENTITY_", "MSI_")


@dataclass(frozen=True)
class Live:
    """url: of the API. variables: what a client needs in its environment."""

    home: Path
    pid: int
    url: str
    storage_url: str
    variables: dict[str, str]

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)


def up(
    home: Path,
    *options: str,
    port: int = 0,
    storage_port: int = 0,
    settings: Mapping[str, str] | None = None,
) -> Live:
    """Start one; returns as soon as it answers. `settings` by name, beyond those that have an
    option. Raises RuntimeError with its output."""
    ports = ("--port", str(port), "--storage-port", str(storage_port))
    given = {f"ZAFIRO_{name.upper()}": value for name, value in (settings or {}).items()}
    _zafiro("up", "--home", str(home), "--detach", *ports, *options, variables=given)
    said = json.loads(_zafiro("status", "--home", str(home), "--json"))
    variables = json.loads(_zafiro("env", "--home", str(home), "--json"))
    return Live(home, said["pid"], said["url"], said["storage_url"], variables)


def down(home: Path) -> None:
    _zafiro("down", "--home", str(home))


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what would lead a client elsewhere."""
    return {k: v for k, v in environment.items() if not k.startswith(_MISLEADING)}


def _zafiro(*arguments: str, variables: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "zafiro", *arguments],
        capture_output=True,
        text=True,
        env={**clean(os.environ), **(variables or {})},
    )
    if done.returncode:
        raise RuntimeError(f"zafiro {' '.join(arguments)}: {done.stdout}{done.stderr}")
    return done.stdout
