"""Who may do what. Pure rules; roles and assignments will join them here."""

from zafiro.core.caller import Caller
from zafiro.core.errors import Denied
from zafiro.core.names import ML

_RUN = f"{ML}/workspaces/experiments/runs/".lower()

# What the token of a job may do in its workspace, beside everything below its own job. Actions
# are compared lower-cased, by prefix.
_IN_WORKSPACE = tuple(
    f"{ML}/workspaces/{action}".lower()
    for action in (
        "read",
        "data/read",
        "data/versions/read",
        "datastores/read",
        "environments/read",
        "environments/versions/read",
        "experiments/read",
        "experiments/write",
        "experiments/runs/read",
        "jobs/read",
        "models/read",
        "models/write",
        "models/versions/read",
        "models/versions/write",
    )
)


def authorise(caller: Caller, action: str, scope: str) -> None:
    """Raises Denied when `caller` may not do `action` on `scope` (an ARM id or storage path).

    The administrator may do everything. The token of a job is good for that job: whatever lies
    below it, and reading (and registering models) in its workspace.
    """
    if caller.job is None:
        return
    workspace, asked, what = str(caller.workspace).lower(), scope.lower(), action.lower()
    own = f"{workspace}/jobs/{caller.job}".lower()
    if asked == own or asked.startswith(f"{own}/"):
        if what.startswith((_RUN, f"{ML}/workspaces/jobs/execution".lower())):
            return
        if what == f"{ML}/workspaces/jobs/read".lower():
            return
    inside = asked == workspace or asked.startswith(f"{workspace}/")
    if inside and what in _IN_WORKSPACE:
        return
    raise Denied(
        f"the token of job '{caller.job}' is not good for {action} on {scope}; "
        "a job may act on its own run and read its workspace"
    )
