"""MLflow's assessments, verb by verb."""

from typing import Any

from zafiro.mlflow_rest.call import Call
from zafiro.mlflow_rest.router import AnyVerb, Verb
from zafiro.traces import assessments, messages, wire
from zafiro.traces.mlflow_traces import readable, writable


def create(call: Call) -> Any:
    said = wire.new_assessment(call.read(messages.CreateAssessment).assessment)
    trace = writable(call, call.groups[0])
    with call.ctx.db.begin() as db:
        return {"assessment": wire.assessment(assessments.create(db, trace, said))}


def get(call: Call) -> Any:
    trace = readable(call, call.groups[0])
    with call.ctx.db.read() as db:
        return {"assessment": wire.assessment(assessments.get(db, trace, call.groups[1]))}


def change(call: Call) -> Any:
    fields = wire.changes(call.read(messages.UpdateAssessment))
    trace = writable(call, call.groups[0])
    with call.ctx.db.begin() as db:
        found = assessments.change(db, trace, call.groups[1], fields)
        return {"assessment": wire.assessment(found)}


def remove(call: Call) -> Any:
    trace = writable(call, call.groups[0])
    with call.ctx.db.begin() as db:
        assessments.remove(db, trace, call.groups[1])
    return {}


VERBS: tuple[AnyVerb, ...] = (
    Verb("POST", "mlflow/traces/{}/assessments", create),
    Verb("GET", "mlflow/traces/{}/assessments/{}", get),
    Verb("PATCH", "mlflow/traces/{}/assessments/{}", change),
    Verb("DELETE", "mlflow/traces/{}/assessments/{}", remove),
)
