"""MLflow's search in traces, and the numbers over them."""

from typing import Any

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.call import HINT, Call, missing
from zafiro.mlflow_rest.paging import paged
from zafiro.mlflow_rest.router import AnyVerb, Verb
from zafiro.traces import messages, metrics, search, wire
from zafiro.traces.mlflow_traces import READ, known

MOST_RESULTS = 500
MOST_POINTS = 1000


def search_traces(call: Call) -> Any:
    said = call.read(messages.SearchTraces)
    if not said.locations:
        raise Invalid("", missing("locations").why + HINT)
    ids = [one.mlflow_experiment.experiment_id for one in said.locations if one.mlflow_experiment]
    return _search(call, ids, said, wire.info)


def search_v2(call: Call) -> Any:
    said = call.read(messages.SearchTracesV2)
    if not said.experiment_ids:
        raise Invalid("", missing("experiment_ids").why + HINT)
    return _search(call, said.experiment_ids, said, wire.info_v2)


def _search(call: Call, ids: list[str], said: Any, shown: Any) -> Any:
    call.may(READ)
    if not 0 < said.max_results <= MOST_RESULTS:
        raise Invalid(
            "",
            f"Invalid value {said.max_results} for parameter 'max_results' supplied: It must be "
            f"at least 1 and at most {MOST_RESULTS}",
        )
    keys = known(call, ids)
    with call.ctx.db.read() as db:
        found, token = search.search_traces(
            db,
            keys,
            text=said.filter,
            order_by=said.order_by,
            limit=said.max_results,
            token=said.page_token,
        )
    return paged({"traces": [shown(trace) for trace in found]}, token)


def correlation(call: Call) -> Any:
    said = call.read(messages.Correlation)
    call.may(READ)
    for name in ("experiment_ids", "filter_string1", "filter_string2"):
        if not getattr(said, name):
            raise Invalid("", missing(name).why + HINT)
    keys = known(call, said.experiment_ids)
    with call.ctx.db.read() as db:
        return search.correlation(
            db, keys, said.filter_string1, said.filter_string2, said.base_filter
        )


def query_metrics(call: Call) -> Any:
    said = call.read(messages.QueryMetrics)
    call.may(READ)
    asked = metrics.Query(
        view=metrics.VIEWS.get(said.view_type, "")
        if isinstance(said.view_type, int)
        else said.view_type,
        metric=said.metric_name,
        aggregations=[
            metrics.Aggregation(
                metrics.AGGREGATIONS.get(one.aggregation_type, "")
                if isinstance(one.aggregation_type, int)
                else one.aggregation_type,
                one.percentile_value,
            )
            for one in said.aggregations
        ],
        dimensions=said.dimensions,
        filters=said.filters,
        interval_s=said.time_interval_seconds,
        start_ms=said.start_time_ms,
        end_ms=said.end_time_ms,
        at_most=said.max_results,
    )
    if not 0 < said.max_results <= MOST_POINTS:
        raise Invalid("", f"max_results must be between 1 and {MOST_POINTS}")
    keys = known(call, said.experiment_ids)
    with call.ctx.db.read() as db:
        found = metrics.query(db, keys, asked)
    name = said.metric_name
    return {
        "data_points": [
            {"metric_name": name, "dimensions": p.dimensions, "values": p.values} for p in found
        ]
    }


VERBS: tuple[AnyVerb, ...] = (
    Verb("GET", "mlflow/traces", search_v2),
    Verb("POST", "mlflow/traces/search", search_traces),
    Verb("POST", "mlflow/traces/calculate-filter-correlation", correlation),
    Verb("POST", "mlflow/traces/metrics", query_metrics),
)
