"""Signatures without a server: SAS of every age, SharedKey, and what each forbids."""

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from zafiro.blobs.domain import Refused
from zafiro.blobs.sas import mint_sas, sign, verify_sas
from zafiro.blobs.sharedkey import verify_shared_key
from zafiro.core import clock
from zafiro.core.errors import Unsupported
from zafiro.core.secrets import Secrets

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
KEY = Secrets(b"m" * 32).account_key("acct")


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def verify(query: dict[str, str], container: str = "cont", blob: str = "a/b") -> str:
    return verify_sas(
        KEY, query, ["acct"], container, blob, secure=True, client="127.0.0.1"
    ).permissions


def minted(tmp_path: Path, **how: object) -> dict[str, str]:
    given = {"permissions": "lr", "expires": NOW + timedelta(hours=1), **how}
    return dict(parse_qsl(mint_sas(Secrets(b"m" * 32), "acct", "cont", **given)))  # type: ignore[arg-type]


def test_a_container_signature_opens_its_blobs(tmp_path: Path) -> None:
    query = minted(tmp_path)
    assert verify(query) == "rl" and verify(query, blob="") == "rl"
    with pytest.raises(Refused):
        verify(query, container="other")


def test_a_blob_signature_opens_one_blob(tmp_path: Path) -> None:
    query = minted(tmp_path, blob="a/b")
    assert verify(query) == "rl"
    for blob in ("", "a/c", "a"):
        with pytest.raises(Refused):
            verify(query, blob=blob)


@pytest.mark.parametrize("field", ["sp", "se", "sr", "sv", "sig"])
def test_a_signature_covers_every_word(tmp_path: Path, field: str) -> None:
    query = minted(tmp_path)
    other = {"sp": "rwd", "se": "2030-01-01T00:00:00Z", "sr": "b", "sv": "2024-11-04"}
    query[field] = other.get(field, sign(KEY, "x"))
    with pytest.raises(Refused):
        verify(query)


def test_a_signature_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = minted(tmp_path)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=1))
    with pytest.raises(Refused, match="expired"):
        verify(query)


@pytest.mark.parametrize(
    ("version", "more"),
    [
        ("2020-12-06", "\nc\n\n"),
        ("2019-12-12", "\nc\n"),
        ("2018-11-09", "\nc\n"),
        ("2017-04-17", ""),
    ],
)
def test_signatures_of_older_clients_are_good(version: str, more: str) -> None:
    end = "2026-11-20T13:00Z"
    text = f"r\n\n{end}\n/blob/acct/cont\n\n\n\n{version}{more}\n\n\n\n\n"
    query = {"sv": version, "sr": "c", "sp": "r", "se": end, "sig": sign(KEY, text)}
    assert verify(query) == "r"


def test_what_signatures_cannot_be_judged_is_named(tmp_path: Path) -> None:
    for more in ({"skoid": "x"}, {"si": "policy"}, {"sr": "d"}, {"sr": "bs"}):
        with pytest.raises(Unsupported):
            verify({**minted(tmp_path), **more})


def headers(at: datetime, **more: str) -> dict[str, str]:
    return {"x-ms-date": format_datetime(at, usegmt=True), "x-ms-version": "2021-06-08", **more}


def signed(lines: dict[str, str], order: list[str], length: str = "") -> str:
    meta = "".join(f"{name}:{lines[name]}\n" for name in order)
    text = f"PUT\n\n\n{length}\n\n\n\n\n\n\n\n\n{meta}/acct/cont/b%20c\ncomp:list\nprefix:a b"
    return f"acct:{sign(KEY, text)}"


def check(credential: str, lines: dict[str, str], query: list[tuple[str, str]]) -> None:
    verify_shared_key(KEY, credential, "PUT", "/cont/b%20c", lines, query)


QUERY = [("prefix", "a b"), ("comp", "list")]


def test_shared_key_signs_headers_in_either_order() -> None:
    lines = headers(NOW, **{"x-ms-meta-up2": "1", "x-ms-meta-up_x": "2"})
    by_bytes = ["x-ms-date", "x-ms-meta-up2", "x-ms-meta-up_x", "x-ms-version"]
    by_table = ["x-ms-date", "x-ms-meta-up_x", "x-ms-meta-up2", "x-ms-version"]
    for order in (by_bytes, by_table):
        check(signed(lines, order), {**lines, "content-length": "0"}, QUERY)
    with pytest.raises(Refused):
        check(signed(lines, by_bytes[::-1]), lines, QUERY)


def test_shared_key_covers_method_length_and_query() -> None:
    lines = headers(NOW)
    credential = signed(lines, sorted(lines))
    check(credential, lines, QUERY)
    for broken, query in (
        ({**lines, "content-length": "5"}, QUERY),
        ({**lines, "x-ms-meta-more": "1"}, QUERY),
        (lines, QUERY[:1]),
        (lines, [*QUERY, ("comp", "block")]),
    ):
        with pytest.raises(Refused):
            check(credential, broken, query)


@pytest.mark.parametrize("minutes", [-16, 16])
def test_shared_key_cannot_be_played_again_later(minutes: int) -> None:
    lines = headers(NOW + timedelta(minutes=minutes))
    with pytest.raises(Refused, match="date"):
        check(signed(lines, sorted(lines)), lines, QUERY)
