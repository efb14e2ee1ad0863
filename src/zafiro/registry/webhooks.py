"""Webhooks: who is told of what. Functions of an open session.

Rules: mlflow/utils/validation.py and mlflow/entities/webhook.py, mlflow 3.17. A host name is not
looked up here, where it could only be judged as of now: `delivery` judges the address it has
connected to.
"""

import ipaddress
import re
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.errors import Invalid, NotFound
from zafiro.registry.delivery import is_public
from zafiro.registry.domain import Webhook
from zafiro.registry.store import WebhookRow

STATUSES = ("ACTIVE", "DISABLED")
# Entity → what can happen to it.
ACTIONS = {
    "registered_model": ("created",),
    "model_version": ("created",),
    "model_version_tag": ("set", "deleted"),
    "model_version_alias": ("created", "deleted"),
    "prompt": ("created",),
    "prompt_version": ("created",),
    "prompt_tag": ("set", "deleted"),
    "prompt_version_tag": ("set", "deleted"),
    "prompt_alias": ("created", "deleted"),
    "budget_policy": ("exceeded",),
}
_NAME = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?")


def create(
    ctx: Context,
    db: Session,
    workspace: str,
    *,
    name: str,
    url: str,
    events: Sequence[str],
    description: str | None,
    secret: str | None,
    status: str,
) -> Webhook:
    check_name(name)
    check_url(ctx, url)
    check_events(events)
    at = _now_ms()
    row = WebhookRow(
        id=str(uuid.uuid4()),
        workspace=workspace,
        name=name,
        url=url,
        description=description,
        secret=ctx.secrets.seal(secret) if secret else None,
        events=list(dict.fromkeys(events)),
        status=status,
        created_ms=at,
        modified_ms=at,
    )
    db.add(row)
    db.flush()
    return _webhook(row)


def get(db: Session, workspace: str, id: str) -> Webhook:
    """Raises NotFound."""
    return _webhook(_row(db, workspace, id))


def listing(db: Session, workspace: str, *, offset: int, limit: int) -> list[Webhook]:
    """Newest first."""
    query = (
        select(WebhookRow)
        .where(WebhookRow.workspace == workspace)
        .order_by(WebhookRow.created_ms.desc(), WebhookRow.key.desc())
    )
    return [_webhook(row) for row in db.scalars(query.offset(offset).limit(limit))]


def update(ctx: Context, db: Session, workspace: str, id: str, changes: dict[str, Any]) -> Webhook:
    """`changes`: any of name, url, events, description, secret, status. Raises NotFound, Invalid."""
    row = _row(db, workspace, id)
    if "name" in changes:
        check_name(changes["name"])
    if "url" in changes:
        check_url(ctx, changes["url"])
    if "events" in changes:
        check_events(changes["events"])
        changes["events"] = list(dict.fromkeys(changes["events"]))
    if "secret" in changes:
        changes["secret"] = ctx.secrets.seal(changes["secret"]) if changes["secret"] else None
    for column, value in changes.items():
        setattr(row, column, value)
    row.modified_ms = _now_ms()
    db.flush()
    return _webhook(row)


def remove(db: Session, workspace: str, id: str) -> None:
    """With all that was still to be delivered. Raises NotFound."""
    db.delete(_row(db, workspace, id))


def clear(db: Session, workspace: str) -> None:
    db.execute(delete(WebhookRow).where(WebhookRow.workspace == workspace))


def secret(ctx: Context, db: Session, workspace: str, id: str) -> str | None:
    sealed = _row(db, workspace, id).secret
    return None if sealed is None else str(ctx.secrets.open(sealed))


def check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid(
            "",
            f"Webhook name {name!r} is invalid. It must start and end with a letter or digit, be "
            "less than 63 characters long, and contain only letters, digits, dots (.), "
            "underscores (_), and hyphens (-).",
        )


def check_url(ctx: Context, url: str) -> None:
    if not url.strip():
        raise Invalid("", f"Webhook URL cannot be empty or just whitespace: {url!r}")
    try:
        split = urlsplit(url)
        host, _ = split.hostname, split.port
    except ValueError as e:
        raise Invalid("", f"Invalid webhook URL {url!r}: {e}") from e
    schemes = [one.strip() for one in ctx.settings.webhook_schemes.split(",")]
    if split.scheme not in schemes or split.scheme not in ("http", "https"):
        raise Invalid(
            "",
            f"Invalid webhook URL scheme: {split.scheme!r}. Allowed schemes are: "
            f"{', '.join(schemes)} (ZAFIRO_WEBHOOK_SCHEMES).",
        )
    if not host:
        raise Invalid("", f"Webhook URL must include a hostname: {url!r}")
    if split.username or split.password:
        raise Invalid("", "Webhook URL must not include a user or a password")
    if not ctx.settings.webhook_private and _is_private(host):
        raise Invalid(
            "",
            f"Webhook URL must not lead to a non-public IP address: {host!r}. Start the server "
            "with ZAFIRO_WEBHOOK_PRIVATE=true to allow it.",
        )


def check_events(events: Sequence[str]) -> None:
    if not events:
        raise Invalid("", "Webhook events must be a non-empty list of WebhookEvent objects: [].")
    for event in events:
        entity, _, action = event.partition(".")
        if action not in ACTIONS.get(entity, ()):
            raise Invalid(
                "",
                f"Invalid action '{action}' for entity '{entity}'. Valid actions are: "
                f"{sorted(ACTIONS.get(entity, ()))}",
            )


def _is_private(host: str) -> bool:
    """Whether it is said to be this machine or an address nobody outside can reach."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        # 127.1 or 0177.0.0.1 are names to us and addresses to some resolvers.
        return host.replace(".", "").isdigit()


def _row(db: Session, workspace: str, id: str) -> WebhookRow:
    query = select(WebhookRow).where(WebhookRow.workspace == workspace, WebhookRow.id == id)
    row = db.scalars(query).one_or_none()
    if row is None:
        raise NotFound("webhook", id, f"Webhook with ID {id} not found.")
    return row


def _webhook(row: WebhookRow) -> Webhook:
    return Webhook(
        row.id,
        row.name,
        row.url,
        tuple(row.events),
        row.status,
        row.created_ms,
        row.modified_ms,
        row.description,
    )


def _now_ms() -> int:
    return int(clock.now().timestamp() * 1000)
