"""Names, ranges and conditions."""

from datetime import datetime, timezone

import pytest

from zafiro.blobs.domain import Blob, Clash, Conditions, Unchanged, Wrong, span

BLOB = Blob("b", 10, '"0x1"', 1_700_000_000_500_000_000, 1)
AT = datetime.fromtimestamp(1_700_000_000, timezone.utc)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bytes=0-3", (0, 4)),
        ("bytes=4-", (4, 6)),
        ("bytes=8-100", (8, 2)),
        ("bytes=-3", (7, 3)),
        ("bytes=-30", (0, 10)),
        ("bytes=5-2", None),
        ("bytes=0-1,4-5", None),
        ("lines=1-2", None),
        ("bytes=-", None),
    ],
)
def test_a_range_means_bytes(text: str, found: tuple[int, int] | None) -> None:
    assert span(text, 10) == found


@pytest.mark.parametrize(("text", "size"), [("bytes=10-", 10), ("bytes=0-5", 0), ("bytes=-0", 9)])
def test_a_range_behind_the_end_is_416(text: str, size: int) -> None:
    with pytest.raises(Wrong) as e:
        span(text, size)
    assert e.value.status == 416


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({}, None),
        ({"if-match": '"0x1"'}, None),
        ({"if-match": "0x1"}, None),
        ({"if-match": '"0x2"'}, 412),
        ({"if-none-match": '"0x1"'}, 304),
        ({"if-none-match": '"0x2"'}, None),
        ({"if-none-match": "*"}, 304),
        ({"if-modified-since": "Tue, 14 Nov 2023 22:13:20 GMT"}, 304),
        ({"if-modified-since": "Tue, 14 Nov 2023 22:13:19 GMT"}, None),
        ({"if-unmodified-since": "Tue, 14 Nov 2023 22:13:20 GMT"}, None),
        ({"if-unmodified-since": "Tue, 14 Nov 2023 22:13:19 GMT"}, 412),
    ],
)
def test_a_reader_gets_only_what_it_asked_for(headers: dict[str, str], outcome: int | None) -> None:
    conditions = Conditions.of(headers)
    if outcome is None:
        conditions.check_read(BLOB)
    elif outcome == 304:
        with pytest.raises(Unchanged):
            conditions.check_read(BLOB)
    else:
        with pytest.raises(Clash) as e:
            conditions.check_read(BLOB)
        assert e.value.precondition


@pytest.mark.parametrize(
    ("headers", "blob", "code"),
    [
        ({"if-none-match": "*"}, BLOB, "BlobAlreadyExists"),
        ({"if-none-match": "*"}, None, ""),
        ({"if-none-match": '"0x1"'}, BLOB, "ConditionNotMet"),
        ({"if-match": "*"}, None, "ConditionNotMet"),
        ({"if-match": "*"}, BLOB, ""),
        ({"if-match": '"0x2", "0x1"'}, BLOB, ""),
        ({"if-modified-since": "Tue, 14 Nov 2023 22:13:20 GMT"}, BLOB, "ConditionNotMet"),
        ({"if-unmodified-since": "Tue, 14 Nov 2023 22:13:19 GMT"}, BLOB, "ConditionNotMet"),
    ],
)
def test_a_writer_changes_only_what_it_knows(
    headers: dict[str, str], blob: Blob | None, code: str
) -> None:
    conditions = Conditions.of(headers)
    if not code:
        conditions.check_write(blob)
        return
    with pytest.raises(Clash) as e:
        conditions.check_write(blob)
    assert e.value.code == code


def test_a_date_nobody_can_read_is_refused() -> None:
    with pytest.raises(Wrong):
        Conditions.of({"if-modified-since": "yesterday"})
