"""What a reader of a run gets to go on with: readable links to its files, and a fresh token."""

from datetime import timedelta
from urllib.parse import quote

from zafiro.blobs import service as blobs
from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.errors import Invalid
from zafiro.core.names import STORAGE_SUFFIX
from zafiro.identity import service as identity
from zafiro.tracking import artifacts
from zafiro.tracking.domain import ENDED, Run
from zafiro.workspaces.domain import Workspace

_LINK = timedelta(days=1)
_TOKEN = timedelta(days=7)


def log_url(ctx: Context, workspace: Workspace, run: Run, path: str) -> str:
    """A URL anybody who has it can read `path` of the run's artifacts with, for a day: the client
    fetches logs without an Authorization header (azure-ai-ml 1.35.2, job_ops_helper)."""
    account, container = workspace.storage_account, artifacts.CONTAINER
    name = f"{artifacts.run_folder(run.run_id)}/{path}"
    sas = blobs.mint_sas(
        ctx.secrets, account, container, blob=name, permissions="r", expires=clock.now() + _LINK
    )
    return f"{ctx.url}/storage/{account}.blob.{STORAGE_SUFFIX}/{container}/{quote(name)}?{sas}"


def run_token(ctx: Context, workspace: Workspace, run: Run) -> dict[str, str]:
    """A fresh token for a running job. Raises Invalid for a run that is no job's, or has ended."""
    if not run.owned:
        raise Invalid("runId", f"'{run.run_id}' is no job; only jobs have tokens")
    if run.own_state in ENDED:
        raise Invalid("runId", f"job '{run.run_id}' is {run.own_state}; it needs no token any more")
    issued = identity.of(ctx).for_job(workspace.id, run.run_id, _TOKEN)
    return {"token": issued.token, "expiryTimeUtc": clock.iso(clock.now() + _TOKEN)}
