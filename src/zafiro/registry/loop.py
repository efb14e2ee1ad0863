"""Delivers what webhooks are told: taken in one transaction, sent in none, settled in another."""

import logging
import random
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.loops import Loop
from zafiro.registry import delivery
from zafiro.registry.events import LOOP
from zafiro.registry.store import DeliveryRow, WebhookRow

log = logging.getLogger(__name__)

RETRIES = 3
# Longer than a call can take; who died meanwhile is replaced after that.
_LEASE_MS = 180_000


@dataclass(frozen=True)
class Taken:
    key: int
    id: str
    url: str
    secret: str | None
    event: str
    body: str
    attempt: int


def loops(ctx: Context) -> list[Loop]:
    return [Loop(LOOP, step, every_s=1.0, threads=2)]


def step(ctx: Context) -> bool:
    """Deliver the one that is due longest. False when none is."""
    with ctx.db.read() as db:
        if db.scalars(_due()).first() is None:
            return False
    with ctx.db.begin() as db:
        taken = _take(ctx, db)
    if taken is None:
        return True
    outcome = delivery.send(
        taken.url, taken.secret, taken.id, taken.body, private=ctx.settings.webhook_private
    )
    with ctx.db.begin() as db:
        _settle(db, taken, outcome)
    return True


def _due() -> Select[DeliveryRow]:
    return (
        select(DeliveryRow)
        .where(DeliveryRow.due_ms <= _now_ms())
        .order_by(DeliveryRow.due_ms, DeliveryRow.key)
        .limit(1)
    )


def _take(ctx: Context, db: Session) -> Taken | None:
    row = db.scalars(_due().with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    hook = db.get_one(WebhookRow, row.webhook)
    if hook.status != "ACTIVE":
        db.delete(row)
        return None
    row.due_ms = _now_ms() + _LEASE_MS
    row.attempts += 1
    secret = None if hook.secret is None else str(ctx.secrets.open(hook.secret))
    return Taken(row.key, row.id, hook.url, secret, row.event, row.body, row.attempts)


def _settle(db: Session, taken: Taken, outcome: delivery.Outcome) -> None:
    row = db.get(DeliveryRow, taken.key, with_for_update=True)
    if row is None or row.attempts != taken.attempt:
        return  # the webhook was deleted, or somebody else has it now
    if outcome.why and outcome.again and taken.attempt <= RETRIES:
        wait_s = outcome.after_s
        if wait_s is None:
            wait_s = 2 ** (taken.attempt - 1) + random.random()
        row.due_ms = _now_ms() + int(1000 * wait_s)
        return
    if outcome.why:
        host = urlsplit(taken.url).hostname  # the rest of a URL may hold a secret
        log.warning(
            "webhook at %s was not told of %s in %d tries: %s",
            host,
            taken.event,
            taken.attempt,
            outcome.why,
        )
    db.delete(row)


def _now_ms() -> int:
    return int(clock.now().timestamp() * 1000)
