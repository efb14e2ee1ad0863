"""Links that read one file of a run for a while without a token, as Azure's SAS URLs do.

The client fetches logs with no Authorization header (azure-ai-ml 1.35.2, job_ops_helper), so the
right to read stands in the URL: an HMAC over account, path and end.
"""

import hashlib
import hmac
from pathlib import Path
from urllib.parse import quote

from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.errors import Denied, NotFound, Unsupported
from zafiro.core.home import Home
from zafiro.tracking import artifacts
from zafiro.tracking.domain import Run
from zafiro.workspaces.domain import Workspace

GOOD_FOR_S = 24 * 3600


def log_url(ctx: Context, workspace: Workspace, run: Run, path: str) -> str:
    """A URL anybody who has it can read `path` of the run's artifacts with, for a day."""
    full = f"{artifacts.run_folder(run.run_id)}/{path}"
    end = int(clock.now().timestamp()) + GOOD_FOR_S
    token = f"{workspace.storage_account}.{end}.{_mark(ctx, workspace.storage_account, full, end)}"
    return f"{ctx.url}/tracking/files/{token}/{quote(full)}"


def read(ctx: Context, token: str, path: str) -> bytes:
    """What the link leads to, now. Raises Denied, NotFound."""
    account, _, rest = token.partition(".")
    end, _, mark = rest.partition(".")
    right = _mark(ctx, account, path, int(end)) if end.isdigit() else ""
    if not hmac.compare_digest(mark.encode(), right.encode()):
        raise Denied("this link was not made here, or was changed")
    if int(end) < clock.now().timestamp():
        raise Denied("this link has expired; ask for the run's details again")
    file = artifacts.place_in(_container(ctx.home, account), path)
    if not file.is_file():
        raise NotFound("file", path)
    return file.read_bytes()


def run_token(ctx: Context, workspace: Workspace, run: Run) -> dict[str, str]:
    """A fresh token for a running job."""
    raise Unsupported("refreshing the token of a run")


def _container(home: Home, account: str) -> Path:
    return home.storage / account / artifacts.CONTAINER


def _mark(ctx: Context, account: str, path: str, end: int) -> str:
    said = f"{account}\n{path}\n{end}".encode()
    return hmac.new(ctx.secrets.key("tracking links"), said, hashlib.sha256).hexdigest()
