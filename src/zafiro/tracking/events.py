"""What runs say of themselves, kept in the order it was heard. Functions of an open session."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zafiro.core.errors import Invalid, Unsupported
from zafiro.tracking import history_wire as wire
from zafiro.tracking import service
from zafiro.tracking.domain import MLFLOW_STATUS, Run
from zafiro.tracking.experiments import now_ms
from zafiro.tracking.store import EventRow

# What an event of that name makes of the run (azureml-core 1.61 RunEvents).
EVENTS = {
    "Start": "Running",
    "Queued": "Queued",
    "Completed": "Completed",
    "Failed": "Failed",
    "Canceled": "Canceled",
    "CancelRequested": "CancelRequested",
}
# Said while a run goes on; they change no status.
NOTICES = frozenset({"QueueingInfo", "Heartbeat", "Error", "Warning"})
PREFIX = "Microsoft.MachineLearning.Run."


def post(db: Session, run: Run, said: wire.Event) -> None:
    """A run says how it stands. Of a run that is a job, only the job does: there such an event
    moves what MLflow shows and nothing else. Raises Invalid, Unsupported."""
    name, data = said.name.rsplit(".", 1)[-1], said.data or {}
    if name not in EVENTS and name not in NOTICES:
        known = sorted({*EVENTS, *NOTICES})
        raise Invalid("name", f"'{name}' is no event of a run; known are {known}")
    if name == "CancelRequested" and run.owned:
        raise Unsupported("cancelling a job by a run event; post to its cancelUri, which")
    service.check_active(run)
    at = said.timestamp or data.get("StartTime") or data.get("EndTime") or data.get("Time")
    at_ms = wire.ms(str(at)) if at else now_ms()
    event = {key: value for key, value in {"data": said.data}.items() if value is not None}
    db.add(EventRow(run=run.key, name=f"{PREFIX}{name}", at_ms=at_ms, event=event))
    db.flush()
    if name in EVENTS:
        _move(db, run, EVENTS[name], data, at_ms)
    elif name == "Warning":
        warning = {"source": data.get("Source"), "message": str(data.get("Message", ""))}
        service.update_run(
            db, run.workspace, run.run_id, warnings=[*run.warnings, wire.present(warning)]
        )
    elif name == "QueueingInfo":
        service.update_run(db, run.workspace, run.run_id, told={"queueingInfo": _lower(data)})
    elif name == "Error" and not run.owned and data.get("ErrorResponse"):
        service.update_run(db, run.workspace, run.run_id, error=_error(data))


def _move(db: Session, run: Run, state: str, data: dict[str, Any], at_ms: int) -> None:
    at = data.get("StartTime") or data.get("EndTime")
    at_ms = wire.ms(str(at)) if at else at_ms
    if run.owned:
        service.set_mlflow_status(db, run, status=MLFLOW_STATUS[state], end_ms=None, name=None)
    else:
        service.set_status(db, run.workspace, run.run_id, state, at_ms=at_ms, error=_error(data))


def _error(data: dict[str, Any]) -> dict[str, Any] | None:
    found = data.get("ErrorResponse")
    return found if isinstance(found, dict) else None


def _lower(data: dict[str, Any]) -> dict[str, Any]:
    return {key[:1].lower() + key[1:]: value for key, value in data.items() if key != "RunId"}


def heard(
    db: Session, run: Run, *, after: int, at_most: int
) -> tuple[list[dict[str, Any]], int | None]:
    """Events behind the one numbered `after`, oldest first, and the number to go on from."""
    row = EventRow.__table__.c
    query = select(row.key, row.name, row.at_ms, row.event).where(row.run == run.key)
    found = db.execute(query.where(row.key > after).order_by(row.key).limit(at_most + 1)).all()
    page = found[:at_most]
    shown = [{"timestamp": wire.time(one.at_ms), "name": one.name, **one.event} for one in page]
    return shown, page[-1].key if len(found) > at_most else None
