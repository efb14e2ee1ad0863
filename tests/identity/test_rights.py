import pytest

from zafiro.core.caller import Caller
from zafiro.core.errors import Denied
from zafiro.core.names import ML
from zafiro.identity.domain import authorise

WS = f"/subscriptions/S/resourceGroups/G/providers/{ML}/workspaces/W"
ADMIN = Caller("t", "o", "admin")
JOB = Caller("t", "o", "job pear", WS, "pear")
RUN = f"{ML}/workspaces/experiments/runs/write"


def test_the_administrator_may_do_everything() -> None:
    authorise(ADMIN, f"{ML}/workspaces/delete", WS)


@pytest.mark.parametrize(
    ("action", "scope"),
    [
        (RUN, f"{WS}/jobs/pear"),
        (RUN, f"{WS.upper()}/jobs/PEAR"),
        (f"{ML}/workspaces/jobs/execution/action", f"{WS}/jobs/pear"),
        (f"{ML}/workspaces/read", WS),
        (f"{ML}/workspaces/models/versions/write", f"{WS}/models/m/versions/1"),
    ],
)
def test_a_job_acts_on_its_own_run_and_reads_its_workspace(action: str, scope: str) -> None:
    authorise(JOB, action, scope)


@pytest.mark.parametrize(
    ("action", "scope"),
    [
        (RUN, f"{WS}/jobs/plum"),
        (RUN, f"{WS}/jobs/pear2"),
        (f"{ML}/workspaces/jobs/write", f"{WS}/jobs/pear"),
        (f"{ML}/workspaces/jobs/execution/action", f"{WS}/jobs/plum"),
        (f"{ML}/workspaces/read", WS.replace("/W", "/other")),
        (f"{ML}/workspaces/read", f"{WS}2"),
        (f"{ML}/workspaces/delete", WS),
        (f"{ML}/workspaces/listKeys/action", WS),
        (f"{ML}/workspaces/datastores/listSecrets/action", f"{WS}/datastores/d"),
        (f"{ML}/workspaces/connections/listsecrets/action", f"{WS}/connections/c"),
    ],
)
def test_a_job_may_nothing_else(action: str, scope: str) -> None:
    with pytest.raises(Denied, match="pear"):
        authorise(JOB, action, scope)
