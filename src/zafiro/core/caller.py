"""Who is asking, and the one seam where it is decided whether they may."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """A recognised caller. `job` is set for the token of a running job.

    tenant, oid     GUIDs, as Azure's tokens carry them
    name            for people: "admin", or the name of the job
    workspace, job  the one workspace (its ARM id) and job (its name) a job token is good for
    """

    tenant: str
    oid: str
    name: str
    workspace: str | None = None
    job: str | None = None


@dataclass(frozen=True)
class Gate:
    """What a face asks before it acts.

    authenticate(value of the Authorization header or None) → Caller; raises Denied(unknown=True)
    authorise(caller, action, scope): raises Denied. `action` as Azure spells them
        ("Microsoft.MachineLearningServices/workspaces/jobs/write"), `scope` an ARM id,
        e.g. that of a workspace or of a job (.../workspaces/W/jobs/J).
    """

    authenticate: Callable[[str | None], Caller]
    authorise: Callable[[Caller, str, str], None]
