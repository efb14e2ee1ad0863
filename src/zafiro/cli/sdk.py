"""azure-ai-ml, pointed at the server: for what loads YAML or uploads. Two seconds to import, so
imported by the functions that need it, and by nothing else.
"""

import io
import logging
import os
import re
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

from zafiro.cli import yaml_errors
from zafiro.cli.client import Client, client_of, masked_url, workspace_of
from zafiro.cli.parser import Asked
from zafiro.cli.refusing import secret_of
from zafiro.cli.says import Missing, Said
from zafiro.cli.shapes import part


class Credential:
    """Bearer tokens from the server's own endpoint, as a managed identity gets them."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def get_token(self, *scopes: str, **_: Any) -> Any:
        from azure.core.credentials import AccessToken

        token, expires = bearer(self._client, scopes[0] if scopes else "")
        return AccessToken(token, expires)


def bearer(client: Client, resource: str) -> tuple[str, int]:
    """(a token, its end in epoch seconds)."""
    secret = os.environ.get("MSI_SECRET", "")
    if client.home.admin.exists():
        secret = secret_of(client.home, "msi_secret")
    query = {"resource": resource.removesuffix("/.default"), "api-version": "2017-09-01"}
    _, said, _ = client.ask("GET", "/token", query=query, headers={"secret": secret}, signed=False)
    return str(said["access_token"]), int(said.get("expires_on") or time.time() + 3600)


def ml_of(asked: Asked, workspace: str | None = None) -> Any:
    """An MLClient on the workspace (or registry) asked for."""
    client = client_of(asked)
    from azure.ai.ml import MLClient

    if asked.get("debug"):
        _show_requests()
    id = workspace_of(asked, workspace or asked.given.get("feature_store_name"))
    registry = asked.given.get("registry_name")
    if registry:
        return MLClient(Credential(client), registry_name=registry)
    return MLClient(
        Credential(client),
        part(id, "subscriptions"),
        part(id, "resourceGroups"),
        part(id, "workspaces"),
    )


def _point(client: Client) -> None:
    """What azure-ai-ml and requests read from the environment, of this process only."""
    os.environ["ARM_CLOUD_METADATA_URL"] = f"{client.url}/metadata/endpoints?api-version=2022-09-01"
    bundle = client.home.tls / "bundle.pem"
    trusted = str(bundle) if bundle.exists() else client.ca
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
        os.environ[name] = trusted


def _quiet(asked: Asked) -> None:
    if not (asked.get("verbose") or asked.get("debug")):
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)  # six lines on experimental classes, for every job


class _Requests(logging.Filter):
    """azure-core logs URLs; signatures in them are secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = re.sub(r"https?://[^\s'\"]+", lambda m: masked_url(m[0]), record.getMessage())
        record.msg = re.sub(r"(?i)('?(?:authorization|secret)'?: )\S+", r"\1'***'", record.msg)
        record.args = ()
        return True


def _show_requests() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Requests())
    policy = logging.getLogger("azure.core.pipeline.policies.http_logging_policy")
    policy.addHandler(handler)
    policy.setLevel(logging.INFO)
    logging.getLogger("azure").setLevel(logging.WARNING)


class _Lines(io.StringIO):
    """Whole lines to a file or pipe, without colours, bars that move, and lines with nothing in
    them: azure-ai-ml prints all three at every upload."""

    def __init__(self, to: TextIO) -> None:
        super().__init__()
        self._to = to

    def write(self, text: str) -> int:
        *whole, rest = (self.getvalue() + text).split("\n")
        self.seek(0)
        self.truncate()
        super().write(rest)
        for line in map(_plain, whole):
            if line.strip() and "\r" not in line.rstrip("\r"):
                print(line, file=self._to)
        return len(text)


@contextmanager
def spoken(asked: Asked) -> Iterator[None]:
    """Its errors as sentences; what it prints goes to stderr, so that stdout is the answer."""
    _readable(asked)
    client = client_of(asked)
    _point(client)
    bearer(client, client.url)  # no seconds of imports to hear that no server runs, or says no
    _quiet(asked)
    to = sys.stderr if sys.stderr.isatty() else _Lines(sys.stderr)
    try:
        with redirect_stdout(to), redirect_stderr(to):
            yield
            print()  # ends a last line that has no end
    except (Said, KeyboardInterrupt):
        raise
    except Exception as e:  # whatever the client raises is told
        raise _translated(e, asked) from e


def _readable(asked: Asked) -> None:
    """Raises Said for a file that cannot be read, before anything is imported for it."""
    for name in ("file", "request_file", "conda_file"):
        given = asked.given.get(name)
        path = Path(given or ".")
        if given and path.is_dir():
            raise Said(f"{given}: is a folder, not a file")
        if given and not path.exists():
            raise Said(f"{given}: there is no such file{_near(path)}")
        if given and not os.access(path, os.R_OK):
            raise Said(f"{given}: may not be read; `chmod +r {given}`")
    given = asked.given.get("path")
    if given and not re.match(r"[a-z][a-z0-9+.-]+:", given):  # runs:/…, azureml:…, https://…
        path = Path(given).expanduser()
        if not path.exists():
            raise Said(f"{given}: there is no such file or folder{_near(path)}")


def _near(path: Path) -> str:
    """What is there and sounds like it."""
    from difflib import get_close_matches

    try:
        there = [one.name for one in path.parent.iterdir()]
    except OSError:
        return f"; {path.parent} is no folder" if not path.parent.exists() else ""
    close = get_close_matches(path.name, there, n=1, cutoff=0.6)
    return f"; did you mean '{path.parent / close[0]}'?" if close else ""


def _translated(e: Exception, asked: Asked) -> Said:
    from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

    wrong = yaml_errors.told(e, asked.given.get("file"))
    if wrong is not None:
        return wrong
    if isinstance(e, HttpResponseError):
        error = getattr(e, "error", None)
        message = getattr(error, "message", None) or str(getattr(e, "message", e))
        status = e.status_code
        if isinstance(e, ResourceNotFoundError) or status == 404:
            return Missing(first_line(message))
        return Said(first_line(message))
    if isinstance(e, FileNotFoundError):
        return Said(f"{e.filename or e}: there is no such file")
    return Said(first_line(_plain(str(e)) or type(e).__name__))


def _plain(text: str) -> str:
    """Without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def first_line(text: str) -> str:
    lines = [line.strip() for line in _plain(text).splitlines() if line.strip()]
    return re.sub(r"^\(\w+\) ", "", lines[0]) if lines else text
