"""What follows from spans, and the grammar of filters."""

import pytest

from zafiro.core.errors import Invalid
from zafiro.traces.domain import Node, number_of, preview, total
from zafiro.traces.filters import parse, parse_order


def test_what_a_parent_sums_up_is_not_counted_again() -> None:
    leaf = {"input_tokens": 10}
    tree = [
        Node("root", None, {}),
        Node("agent", "root", {"input_tokens": 25}),
        Node("call", "agent", leaf),
        Node("deeper", "call", {}),
        Node("deepest", "deeper", leaf),
        Node("other", "root", leaf),
        Node("orphan", "gone", leaf),
    ]
    assert total(tree) == {"input_tokens": 45}
    assert total([Node("a", "b", leaf), Node("b", "a", leaf)]) == {}


def test_a_preview_is_the_last_message_of_a_chat() -> None:
    chat = {"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "2"}]}
    assert preview(chat, "user") == "one" and preview(chat, "assistant") == "2"
    parts = {"input": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}]}
    assert preview(parts, "user") == "hi"
    choice = {"choices": [{"message": {"role": "assistant", "content": "yes"}}]}
    assert preview(choice, "assistant") == "yes"
    assert preview({"q": "ä"}, "user") == '{"q": "ä"}' and preview(None, "user") is None
    assert len(preview("x" * 5000, "user") or "") == 1000


def test_what_counts_as_a_number() -> None:
    assert number_of(True) == (1.0, False) and number_of(3) == (3.0, True)
    assert number_of("Yes") == (1.0, False) and number_of("maybe") == (None, False)
    assert number_of(float("inf")) == (None, False) and number_of(10**400) == (None, False)


def test_the_grammar() -> None:
    (one,) = parse("span.attributes.`odd key` RLIKE 'a|b'")
    assert (one.kind, one.key, one.comparator) == ("span", "attributes.odd key", "RLIKE")
    many = parse('timestamp > 5 and metadata.a.b != "x" AND feedback.`c d` IS NOT NULL')
    assert [(c.kind, c.key, c.comparator, c.value) for c in many] == [
        ("attribute", "timestamp_ms", ">", 5.0),
        ("request_metadata", "a.b", "!=", "x"),
        ("feedback", "c d", "IS NOT NULL", None),
    ]
    assert parse_order("tags.`a b` DESC").key == "a b"


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "name",
        "name =",
        "name = x",
        "name = 'a' OR name = 'b'",
        "name = 'a' name = 'b'",
        "timestamp = 'a'",
        "name > 'a'",
        "status IN ()",
        "status IN ('a'",
        "foo.bar = 'x'",
        "span.foo = 'x'",
        "span.attributes. = 'x'",
        "text = 'x'",
        "issue.id != 'x'",
        "issue.name = 'x'",
        "feedback.x = 5",
        "feedback.x > 'a'",
        "prompt IN ('a/1')",
        "tags.a IN ('x')",
        "name = 'x",
    ],
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse(text)
