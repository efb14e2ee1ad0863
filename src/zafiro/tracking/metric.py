"""Azure's metric face: /metric/v2.0{ARM id of a workspace}/runs/{run}/{batch|list|full}.

Who calls: azureml-core 1.61 for every Run.log_*, Run.get_metrics.
"""

from typing import Any

from starlette.routing import BaseRoute

from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.paging import read_token, write_token
from zafiro.tracking import ask, series, service
from zafiro.tracking import metric_wire as wire
from zafiro.tracking.ask import MOST_ON_A_PAGE, RUN, Ask
from zafiro.tracking.history_wire import ms


def routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    return [ask.route("/metric/v2.0", ctx, gate, _VERBS)]


def batch(asked: Ask) -> Any:
    """Metrics that were refused come back with the reason, in a 207; the others are kept."""
    said = wire.read(asked.body, wire.Batch)
    run = asked.run("write")
    service.check_active(run)
    with asked.ctx.db.begin() as db:
        refused = series.log(db, run, said.values)
    errors = [
        {
            "metric": {"name": metric.name, "columns": metric.columns or {}, "value": []},
            "errorResponse": ask.told(why)[0],
        }
        for metric, why in refused
    ]
    return ask.as_json({"errors": errors}, 207) if errors else {"errors": []}


def names(asked: Ask) -> Any:
    said = wire.read(asked.body, wire.List)
    run = asked.run()
    _, offset = read_token(said.continuation_token)
    with asked.ctx.db.read() as db:
        found = series.every(db, run)
    page = found[offset : offset + MOST_ON_A_PAGE]
    answer: dict[str, Any] = {
        "value": [wire.definition(one.name, one.columns, one.kind) for one in page]
    }
    if len(found) > offset + len(page):
        answer["continuationToken"] = write_token(0, offset + len(page))
    return answer


def full(asked: Ask) -> Any:
    said = wire.read(asked.body, wire.Full)
    if not said.metric_name:
        raise Invalid("metricName", "is missing")
    run = asked.run()
    span = series.Span(
        ms(said.start_time) if said.start_time else None,
        ms(said.end_time) if said.end_time else None,
        said.continuation_token,
    )
    with asked.ctx.db.read() as db:
        found = series.get(db, run, said.metric_name)
        parts, token = series.rows(db, run, found, span)
    answer = wire.metric(run, found.name, found.columns, found.kind, parts)
    return answer if token is None else {**answer, "continuationToken": token}


_VERBS = ask.verbs(
    (
        ("POST", rf"{RUN}/batch", batch),
        ("POST", rf"{RUN}/list", names),
        ("POST", rf"{RUN}/full", full),
    )
)
