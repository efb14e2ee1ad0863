"""Who may write to a run: asked once, and remembered for a moment."""

from dataclasses import dataclass
from typing import Any

from zafiro.core import clock
from zafiro.core.caller import Caller, Gate
from zafiro.core.context import Context
from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.call import HINT, Call, enter, missing
from zafiro.tracking import service
from zafiro.tracking.domain import Run
from zafiro.workspaces.domain import Workspace


@dataclass(frozen=True)
class Access:
    """Somebody who may write something: a run, or new runs in the workspace (`run` is 0)."""

    caller: Caller
    workspace: Workspace
    run: int = 0
    run_id: str = ""
    experiment: int = 0


class Passes:
    """Remembers for two seconds that a token may write a run, so that a run that logs a thousand
    values a second is not looked up a thousand times. What was refused is never remembered."""

    GOOD_FOR_S = 2.0
    MOST = 10_000

    def __init__(self, ctx: Context, gate: Gate) -> None:
        self._ctx, self._gate = ctx, gate
        self._kept: dict[Any, tuple[float, Access]] = {}

    def known(self, header: str | None, where: tuple[str, ...], run_id: str) -> Access | None:
        kept = self._kept.get((header, where, run_id))
        return kept[1] if kept and kept[0] > clock.now().timestamp() else None

    def open(self, header: str | None, where: tuple[str, str, str], run_id: str) -> Access:
        """Raises Denied, NotFound."""
        call = enter(self._ctx, self._gate, header, where)
        if run_id:
            with self._ctx.db.read() as db:
                run = service.get_run(db, call.guid, run_id)
            call.may("experiments/runs/write", run.owner)
            made = Access(call.caller, call.workspace, run.key, run_id, run.experiment_key)
        else:
            call.may("experiments/runs/write")
            made = Access(call.caller, call.workspace)
        self._keep(header, where, made)
        return made

    def made(self, header: str | None, where: tuple[str, str, str], by: Access, run: Run) -> None:
        """Whoever just made a run may write it: it belongs to the job that made it, or to none."""
        access = Access(by.caller, by.workspace, run.key, run.run_id, run.experiment_key)
        self._keep(header, where, access)

    def _keep(self, header: str | None, where: tuple[str, str, str], access: Access) -> None:
        if len(self._kept) >= self.MOST:
            self._kept.clear()
        end = clock.now().timestamp() + self.GOOD_FOR_S
        self._kept[header, where, access.run_id] = (end, access)


def read_run(call: Call, ref: Any) -> Run:
    """The run a message names, once the caller may read it."""
    id = run_id(ref)
    with call.ctx.db.read() as db:
        found = service.get_run(db, call.guid, id)
    call.may("experiments/runs/read", found.owner)
    return found


def run_id(ref: Any) -> str:
    id: str = ref.run_id or ref.run_uuid
    if not id:
        raise Invalid("", missing("run_id").why + HINT)
    return id
