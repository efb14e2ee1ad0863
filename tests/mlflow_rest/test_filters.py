"""The filter language."""

import pytest

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.filters import Clause, Order, parse, parse_order
from zafiro.tracking.search import ATTRIBUTES

KEYS = frozenset(ATTRIBUTES)


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("metrics.acc > 0.9", [Clause("metric", "acc", ">", 0.9)]),
        ("metric.acc>=-1e-3", [Clause("metric", "acc", ">=", -1e-3)]),
        ("metrics.`val loss` <> 1", [Clause("metric", "val loss", "!=", 1.0)]),
        ('params."batch size" = "32"', [Clause("param", "batch size", "=", "32")]),
        ("params.a.b.c != 'it is'", [Clause("param", "a.b.c", "!=", "it is")]),
        (
            "tags.mlflow.source.name LIKE '%.py'",
            [Clause("tag", "mlflow.source.name", "LIKE", "%.py")],
        ),
        ("tag.`a and b` ilike 'X'", [Clause("tag", "a and b", "ILIKE", "X")]),
        ("run_id IN ('a', 'b')", [Clause("attribute", "run_id", "IN", ("a", "b"))]),
        ("attributes.run_id not  in ('a')", [Clause("attribute", "run_id", "NOT IN", ("a",))]),
        ("tags.x IS NULL", [Clause("tag", "x", "IS NULL", None)]),
        ("params.x is not null", [Clause("param", "x", "IS NOT NULL", None)]),
        ("attribute.start_time > 5", [Clause("attribute", "start_time", ">", 5.0)]),
        ("`run name` = 'and'", [Clause("attribute", "run_name", "=", "and")]),
        ("dataset.name = 'd'", [Clause("dataset", "name", "=", "d")]),
        (
            "metrics.a = 1 and params.b = 'x AND y' AND status = 'FINISHED'",
            [
                Clause("metric", "a", "=", 1.0),
                Clause("param", "b", "=", "x AND y"),
                Clause("attribute", "status", "=", "FINISHED"),
            ],
        ),
    ],
)
def test_a_filter_is_read(text: str, clauses: list[Clause]) -> None:
    assert parse(text, ATTRIBUTES) == clauses


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("metrics.a > 'x'", "Expected numeric value"),
        ("params.a > 'x'", "Invalid comparator '>'"),
        ("params.a = 5", "quoted string"),
        ("metrics.a LIKE 'x'", "Invalid comparator 'LIKE'"),
        ("params.a = 'x' OR params.b = 'y'", "Invalid clause"),
        ("nonsense.a = 'x'", "Invalid entity type 'nonsense'"),
        ("color = 'x'", "Invalid attribute key 'color'"),
        ("status IN ('a')", "support comparison with a list"),
        ("run_id IN ()", "non-empty list"),
        ("run_id IN ('a', 5)", "ill-formed list"),
        ("params.a = 'x", "Could not be parsed"),
        ("params.a =", "quoted string"),
        ("params.a", "Invalid comparator ''"),
        ("dataset.color = 'x'", "Invalid dataset key"),
        ("params.a = 'x'; DROP TABLE runs", "Invalid clause"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why.replace("(", r"\(")):
        parse(text, ATTRIBUTES)


def test_orders_are_read() -> None:
    assert parse_order("metrics.`val loss` DESC", KEYS) == Order("metric", "val loss", False)
    assert parse_order("start_time", KEYS) == Order("attribute", "start_time", True)
    assert parse_order("attributes.Created asc", KEYS) == Order("attribute", "start_time", True)
    assert parse_order('params."a b"', KEYS) == Order("param", "a b", True)
    for bad in ("", "metrics.a UP", "metrics.a asc desc", "color", "dataset.name"):
        with pytest.raises(Invalid):
            parse_order(bad, KEYS)
