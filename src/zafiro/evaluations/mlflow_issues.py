"""MLflow's issues, verb by verb."""

from typing import Any

from zafiro.core.errors import Invalid
from zafiro.evaluations import issues, messages, wire
from zafiro.evaluations.domain import Issue
from zafiro.evaluations.mlflow_datasets import READ, WRITE, experiment, experiments
from zafiro.mlflow_rest.call import Call
from zafiro.mlflow_rest.router import AnyVerb, Verb

MOST_RESULTS = 50_000


def create(call: Call) -> Any:
    said = call.read(messages.CreateIssue)
    call.may(WRITE)
    new = Issue(
        issue_id="",
        experiment=experiment(call, said.experiment_id),
        name=said.name,
        description=said.description,
        status=said.status,
        severity=said.severity,
        root_causes=tuple(said.root_causes),
        categories=tuple(said.categories),
        source_run=said.source_run_id or None,
        created_ms=0,
        modified_ms=0,
        created_by=said.created_by or None,
    )
    with call.ctx.db.begin() as db:
        return {"issue": wire.issue(issues.create(db, call.guid, new))}


def get(call: Call) -> Any:
    call.may(READ)
    with call.ctx.db.read() as db:
        return {"issue": wire.issue(issues.get(db, call.guid, call.groups[0]))}


def change(call: Call) -> Any:
    said = call.read(messages.UpdateIssue)
    call.may(WRITE)
    fields = {
        name: value
        for name in ("name", "description", "status", "severity")
        if (value := getattr(said, name)) is not None
    }
    with call.ctx.db.begin() as db:
        return {"issue": wire.issue(issues.change(db, call.guid, call.groups[0], fields))}


def search(call: Call) -> Any:
    said = call.read(messages.SearchIssues)
    call.may(READ)
    if not 0 < said.max_results <= MOST_RESULTS:
        raise Invalid("", f"max_results must be between 1 and {MOST_RESULTS}")
    key = experiments(call, [said.experiment_id])[0] if said.experiment_id else None
    with call.ctx.db.read() as db:
        found, token = issues.search(
            db,
            call.guid,
            experiment=key,
            text=said.filter_string,
            limit=said.max_results,
            token=said.page_token,
            count_traces=said.include_trace_count,
        )
    answer: dict[str, Any] = {"issues": [wire.issue(one) for one in found]}
    return answer | ({"next_page_token": token} if token else {})


VERBS: tuple[AnyVerb, ...] = (
    Verb("POST", "mlflow/issues", create),
    Verb("POST", "mlflow/issues/search", search),
    Verb("GET", "mlflow/issues/{}", get),
    Verb("PATCH", "mlflow/issues/{}", change),
)
