"""Run history's experiments."""

from typing import Any

import msgspec
from sqlalchemy import select

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.paging import read_token, write_token
from zafiro.tracking import experiments, odata, purge
from zafiro.tracking import history_wire as wire
from zafiro.tracking.ask import EXPERIMENT, MOST_ON_A_PAGE, Act, Ask
from zafiro.tracking.domain import ACTIVE, DELETED
from zafiro.tracking.store import ExperimentRow

# Azure's archived experiments are MLflow's deleted ones.
_VIEWS = {
    "default": (ACTIVE,),
    "activeonly": (ACTIVE,),
    "archivedonly": (DELETED,),
    "all": (ACTIVE, DELETED),
}


def get(asked: Ask) -> Any:
    asked.may("experiments/read")
    with asked.ctx.db.read() as db:
        return wire.experiment(asked.experiment(db))


def create(asked: Ask) -> Any:
    asked.may("experiments/write")
    with asked.ctx.db.begin() as db:
        return wire.experiment(
            experiments.create(db, asked.workspace.guid, asked.ids["experiment"])
        )


def patch(asked: Ask) -> Any:
    """{name, tags, description, archive}, each if given."""
    said = asked.read(wire.ExperimentChange)
    asked.may_in_workspace("experiments/write")
    with asked.ctx.db.begin() as db:
        found = asked.experiment(db)
        if said.archive is False and found.lifecycle == DELETED:
            experiments.restore(db, found)
            found = experiments.get(db, asked.workspace.guid, found.id)
        if said.name and said.name != found.name:
            experiments.rename(db, found, said.name)
        for key, value in (wire.texts(said.tags) or {}).items():
            experiments.set_tag(db, found, key, value)
        if said.description is not msgspec.UNSET:
            experiments.describe(db, found, said.description)
        if said.archive is True and found.lifecycle == ACTIVE:
            experiments.remove(db, found)
        return wire.experiment(experiments.get(db, asked.workspace.guid, found.id))


def query(asked: Ask) -> Any:
    """{viewType, filter, orderby, top, continuationToken} → {value, continuationToken}"""
    said = asked.read(wire.ExperimentsQuery)
    asked.may("experiments/read")
    view = (said.view_type or asked.query.get("viewType") or "Default").lower()
    if view not in _VIEWS:
        raise Invalid("viewType", f"'{view}' is none of Default, ActiveOnly, ArchivedOnly, All")
    top = min(said.top or MOST_ON_A_PAGE, MOST_ON_A_PAGE)
    _, offset = read_token(said.continuation_token)
    row = ExperimentRow
    wanted = select(row).where(
        row.workspace == asked.workspace.guid, row.lifecycle.in_(_VIEWS[view])
    )
    if said.filter:
        wanted = wanted.where(odata.experiment_condition(said.filter))
    order = odata.order(said.orderby or "CreatedUtc desc", experiments=True)
    wanted = wanted.order_by(*order, row.key.desc()).offset(offset).limit(top + 1)
    with asked.ctx.db.read() as db:
        found = experiments.of_rows(db, list(db.scalars(wanted)))
    answer: dict[str, Any] = {"value": [wire.experiment(one) for one in found[:top]]}
    if len(found) > top:
        answer["continuationToken"] = write_token(0, offset + top)
    return answer


def delete(asked: Ask) -> Any:
    """For good, and only when there is no run in it any more, as in Azure. Raises Conflict."""
    asked.may_in_workspace("experiments/delete")
    with asked.ctx.db.begin() as db:
        purge.experiment(db, asked.workspace, asked.experiment(db))
    return {}


def delete_tags(asked: Ask) -> Any:
    said = asked.read(wire.Tags)
    asked.may_in_workspace("experiments/write")
    with asked.ctx.db.begin() as db:
        found = asked.experiment(db)
        for name in said.tags:
            if name in found.tags:
                experiments.delete_tag(db, found, name)
    return {"errors": {}}


VERBS: tuple[tuple[str, str, Act], ...] = (
    ("GET", EXPERIMENT, get),
    ("PATCH", EXPERIMENT, patch),
    ("DELETE", EXPERIMENT, delete),
    ("POST", rf"{EXPERIMENT}/tags:delete", delete_tags),
    ("POST", "experiments:query", query),
    ("POST", r"experiments/(?P<experiment>[^/:]+)", create),
)
