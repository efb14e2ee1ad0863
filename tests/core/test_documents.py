import pytest

from zafiro.core import documents
from zafiro.core.db import Database
from zafiro.core.errors import Conflict, NotFound

ID = "/subscriptions/S/resourceGroups/G/providers/P/workspaces/W/datastores/Pears"


def test_a_document_is_found_in_any_case_and_printed_as_first_written(db: Database) -> None:
    with db.begin() as session:
        documents.put(session, ID, {"properties": {"a": 1}})
    with db.read() as session:
        kept = documents.get(session, ID.upper())
    assert (kept.id, kept.name, kept.properties) == (ID, "Pears", {"a": 1})


def test_a_stale_etag_is_refused_and_changes_nothing(db: Database) -> None:
    with db.begin() as session:
        first, _ = documents.put(session, ID, {"n": 1})
        new = documents.put(session, ID, {"n": 2}, if_match=first.etag)[1]
    assert not new
    with pytest.raises(Conflict, match="changed by somebody else"), db.begin() as session:
        documents.put(session, ID, {"n": 3}, if_match=first.etag)
    with db.read() as session:
        assert documents.get(session, ID).body == {"n": 2}


def test_if_none_match_refuses_to_replace(db: Database) -> None:
    with db.begin() as session:
        documents.put(session, ID, {}, if_none_match="*")
        with pytest.raises(Conflict, match="exists already"):
            documents.put(session, ID, {}, if_none_match="*")


def test_a_list_goes_on_behind_the_last_name(db: Database) -> None:
    holder, names = ID.rsplit("/", 1)[0], ["a", "B", "c", "D"]
    with db.begin() as session:
        for name in names:
            documents.put(session, f"{holder}/{name}", {})
        documents.put(session, f"{holder}/a/below/x", {})
    with db.read() as session:
        first = documents.under(session, holder, limit=2)
        rest = documents.under(session, holder, after=first[-1].name)
    assert [r.name for r in first + rest] == names


def test_deleting_takes_what_lies_below_and_nothing_beside(db: Database) -> None:
    with db.begin() as session:
        for id in (ID, f"{ID}/x/1", f"{ID}2"):
            documents.put(session, id, {})
        assert documents.delete(session, ID)
        assert not documents.delete(session, ID)
    with db.read() as session:
        assert documents.find(session, f"{ID}/x/1") is None
        assert documents.find(session, f"{ID}2") is not None


def test_what_is_missing_is_named(db: Database) -> None:
    with db.read() as session, pytest.raises(NotFound, match="Pears"):
        documents.get(session, ID)


def test_a_transaction_that_raises_leaves_nothing(db: Database) -> None:
    with pytest.raises(RuntimeError), db.begin() as session:
        documents.put(session, ID, {})
        raise RuntimeError
    with db.read() as session:
        assert documents.find(session, ID) is None
