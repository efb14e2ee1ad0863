"""The metric service's JSON: MetricV2Dto and what is around it (azureml-core 1.61).

Numbers that JSON has no word for come as Python's json module writes them (NaN, Infinity); they are
kept and given back as the texts "NaN", "Infinity", "-Infinity", which the client's float() reads.
"""

import json
import math
from typing import Annotated, Any, TypeVar

import msgspec

from zafiro.core.body import check
from zafiro.core.errors import Invalid
from zafiro.tracking.domain import Point, Run
from zafiro.tracking.history_wire import time

T = TypeVar("T")

SCALAR = "azureml.v1.scalar"
LIST = "azureml.v1.list"
NUMBERS = frozenset({"int", "long", "float", "double"})
Step = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Part(msgspec.Struct, rename="camel"):
    """One row of a metric."""

    metric_id: str | None = None
    created_utc: str | None = None
    step: Step | None = None
    data: dict[str, Any] = {}


class Properties(msgspec.Struct, rename="camel"):
    ux_metric_type: str | None = None


class Metric(msgspec.Struct, rename="camel"):
    name: str = ""
    columns: dict[str, str] | None = None
    value: list[Part] = []
    properties: Properties | None = None


class Batch(msgspec.Struct):
    values: list[Metric] = []


class List(msgspec.Struct, rename="camel"):
    continuation_token: str | None = None


class Full(msgspec.Struct, rename="camel"):
    metric_name: str = ""
    start_time: str | None = None
    end_time: str | None = None
    continuation_token: str | None = None


def read(body: bytes, kind: type[T]) -> T:
    """Raises Invalid, naming the field."""
    check(body)
    try:
        said = json.loads(body or b"{}")
        return msgspec.convert(said, kind, strict=False)
    except (ValueError, RecursionError) as e:
        raise Invalid("body", str(e)) from e


def plain(value: Any) -> Any:
    """The same without numbers that JSON has no word for."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


def number(value: Any, column: str | None) -> float | None:
    """The value as a metric of MLflow's; None for what is no number."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str) and (column or "").lower() not in NUMBERS:
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def definition(name: str, columns: dict[str, str], kind: str) -> dict[str, Any]:
    return {
        "metricKey": {"namespace": None, "name": name, "fullName": name, "labels": None},
        "columns": columns,
        "properties": {"uxMetricType": kind},
    }


def metric(
    run: Run, name: str, columns: dict[str, str], kind: str, parts: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "dataContainerId": f"dcid.{run.run_id}",
        "name": name,
        "columns": columns,
        "properties": {"uxMetricType": kind},
        "value": parts,
    }


def part(id: str, at_ms: int, step: int | None, cells: dict[str, Any]) -> dict[str, Any]:
    made = {"metricId": id, "createdUtc": time(at_ms), "data": cells}
    return made if step is None else {**made, "step": step}


def of_point(run: Run, point: Point, column: str) -> dict[str, Any]:
    """A point as a row; its id follows from it, for nobody ever gave it one."""
    value: Any = plain(point.value)
    if column.lower() in ("int", "long") and isinstance(value, float) and value.is_integer():
        value = int(value)
    id = f"{run.run_id}/{point.key}/{point.timestamp_ms}/{point.step}"
    return part(id, point.timestamp_ms, point.step, {point.key: value})
