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
_ARM_VERSION = "2024-10-01"


def blob_url(ctx: Context, workspace: Workspace, path: str, permissions: str) -> str:
    """A URL for one artifact, good for a day, that every client of Azure's can take apart.

    azureml-core 1.61 cuts the account off at the first dot of the host, and what stands before an
    @ reaches no name server; azureml-mlflow 1.62 downloads nothing, without a word, unless
    ".blob.core.windows.net/" is in the URL; azure-storage-blob 12 puts both together again.
    """
    account = artifacts.blob(workspace, path)[0]
    scheme, _, rest = path_url(ctx, workspace, path, permissions).partition("://")
    return f"{scheme}://{account}.blob.{STORAGE_SUFFIX}@{rest}"


def path_url(ctx: Context, workspace: Workspace, path: str, permissions: str, **more: str) -> str:
    """The same by the API's own address, for clients that only fetch it."""
    account, container, name = artifacts.blob(workspace, path)
    sas = blobs.mint_sas(
        ctx.secrets,
        account,
        container,
        blob=name,
        permissions=permissions,
        expires=clock.now() + _LINK,
    )
    asked = "".join(f"{key}={quote(value, safe='')}&" for key, value in more.items())
    place = f"{account}.blob.{STORAGE_SUFFIX}/{container}/{quote(name)}"
    return f"{ctx.url}/storage/{place}?{asked}{sas}"


def cancel_url(ctx: Context, workspace: Workspace, run: Run) -> str | None:
    """Where azureml-core posts to when its Run is to be cancelled: ARM's own call for the job."""
    if not run.owned:
        return None
    return f"{ctx.url}{workspace.id}/jobs/{quote(run.run_id)}/cancel?api-version={_ARM_VERSION}"


def log_url(ctx: Context, workspace: Workspace, run: Run, path: str) -> str:
    """A URL anybody who has it can read `path` of the run's artifacts with, for a day: the client
    fetches logs without an Authorization header (azure-ai-ml 1.35.2, job_ops_helper)."""
    return path_url(ctx, workspace, f"{artifacts.run_folder(run.run_id)}/{path}", "r")


def run_token(ctx: Context, workspace: Workspace, job: Run) -> dict[str, str]:
    """A fresh token for a running job. Raises Invalid for a run that is no job's, or has ended."""
    if not job.owned:
        raise Invalid("runId", f"'{job.run_id}' is no job; only jobs have tokens")
    if job.own_state in ENDED:
        raise Invalid("runId", f"job '{job.run_id}' is {job.own_state}; it needs no token any more")
    issued = identity.of(ctx).for_job(workspace.id, job.run_id, _TOKEN)
    return {"token": issued.token, "expiryTimeUtc": clock.iso(clock.now() + _TOKEN)}
