from typing import Any

import pytest
from sqlalchemy.orm import Session

from zafiro.connections import service
from zafiro.core.context import Context
from zafiro.core.errors import Invalid, NotFound
from zafiro.workspaces.domain import Workspace


def by_key(key: str | None, **properties: Any) -> dict[str, Any]:
    asked = {"category": "OpenAI", "authType": "ApiKey", "target": "https://x", **properties}
    return {"properties": {**asked, "credentials": {"key": key}}}


@pytest.fixture
def at(main: Workspace) -> str:
    return f"{main.id}/connections"


def test_credentials_are_sealed_and_given_back_as_sent(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    record, new = service.put(ctx, db, f"{at}/ai-1", by_key("s3cret"))
    assert new and "s3cret" not in repr(record.body)
    assert "credentials" not in record.properties
    assert service.credentials(ctx, db, main, "AI-1") == {"key": "s3cret"}


def test_a_change_without_credentials_keeps_them(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    service.put(ctx, db, f"{at}/ai-1", by_key("s3cret"))
    service.put(ctx, db, f"{at}/ai-1", by_key(None, target="https://y"))
    assert service.get(db, main, "ai-1").target == "https://y"
    assert service.credentials(ctx, db, main, "ai-1") == {"key": "s3cret"}


def test_another_way_to_sign_in_needs_other_credentials(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    service.put(ctx, db, f"{at}/ai-1", by_key("s3cret"))
    with pytest.raises(Invalid, match="by PAT needs them"):
        service.put(ctx, db, f"{at}/ai-1", by_key(None, authType="PAT"))
    service.put(ctx, db, f"{at}/ai-1", by_key(None, authType="none"))
    assert service.credentials(ctx, db, main, "ai-1") == {}


def test_sealed_credentials_cannot_be_brought_along(
    ctx: Context, db: Session, main: Workspace, at: str
) -> None:
    record, _ = service.put(ctx, db, f"{at}/ai-1", by_key("s3cret"))
    stolen = {**by_key(None, authType="None"), "sealed": record.body["sealed"]}
    service.put(ctx, db, f"{at}/ai-2", stolen)
    assert service.credentials(ctx, db, main, "ai-2") == {}


def test_an_unknown_way_to_sign_in_is_answered_with_those_there_are(
    ctx: Context, db: Session, at: str
) -> None:
    with pytest.raises(Invalid, match="'Magic' is not one of AAD, AccessKey"):
        service.put(ctx, db, f"{at}/ai-1", by_key("k", authType="Magic"))


@pytest.mark.parametrize("name", ["ab", "-abc", "a b c", "x" * 34])
def test_azures_rules_for_names_hold(ctx: Context, db: Session, at: str, name: str) -> None:
    with pytest.raises(Invalid, match="connection name"):
        service.put(ctx, db, f"{at}/{name}", by_key("k"))


def test_a_missing_connection_is_said(db: Session, main: Workspace) -> None:
    with pytest.raises(NotFound, match="'nope'"):
        service.get(db, main, "nope")
