"""What people type into the filter of a list."""

from datetime import datetime, timedelta, timezone

import pytest

from zafiro.core.errors import Invalid
from zafiro.studio.filters import parse
from zafiro.tracking.overview import Wanted

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


def read(text: str) -> Wanted:
    return parse(text, me="ana", now=NOW)


def ms(ago: timedelta) -> int:
    return int((NOW - ago).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Wanted()),
        ("brave cedar", Wanted(words=("brave", "cedar"))),
        ('"brave cedar"', Wanted(words=("brave cedar",))),
        ("status:failed", Wanted(states=("Failed",))),
        ("STATUS:failed status:Canceled", Wanted(states=("Failed", "Canceled"))),
        ("user:me user:bob", Wanted(users=("ana", "bob"))),
        ('experiment:"my own"', Wanted(experiments=("my own",))),
        ("age<7d", Wanted(from_ms=ms(timedelta(days=7)))),
        ("age > 2h brave", Wanted(words=("brave",), to_ms=ms(timedelta(hours=2)))),
        ("view:archived children:yes", Wanted(view="archived", children=True)),
        ("metrics.auc > 0.9", Wanted(mlflow="metrics.auc > 0.9")),
        (
            "status:failed AND metrics.auc > 0.9 AND params.n = '1'",
            Wanted(states=("Failed",), mlflow="metrics.auc > 0.9 AND params.n = '1'"),
        ),
        (
            "metrics.auc > 0.9 AND status:failed AND params.n = '1'",
            Wanted(states=("Failed",), mlflow="metrics.auc > 0.9 AND params.n = '1'"),
        ),
        ("tags.`a b` LIKE '%x:y%'", Wanted(mlflow="tags.`a b` LIKE '%x:y%'")),
    ],
)
def test_a_filter_reads_as_it_says(text: str, wanted: Wanted) -> None:
    assert read(text) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("status:broken", "status:broken is none of"),
        ("colour:red", "'colour:' is none of status:"),
        ("view:old", "view:old is none of"),
        ("age<999999w", "before all time"),
    ],
)
def test_what_is_not_understood_is_named(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        read(text)


def test_active_means_all_that_has_not_ended() -> None:
    states = read("status:active").states
    assert "Running" in states and "Queued" in states and "Completed" not in states
