"""Tables of webhooks and of what is still to be delivered to them."""

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from zafiro.core.db import Json, Serial, Table


class WebhookRow(Table):
    """`secret` is sealed; `events` are words like "model_version.created"."""

    __tablename__ = "webhooks"

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    workspace: Mapped[str] = mapped_column(index=True)  # GUID
    name: Mapped[str]
    url: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    secret: Mapped[str | None] = mapped_column(Text)
    events: Mapped[list[Any]] = mapped_column(Json)
    status: Mapped[str]
    created_ms: Mapped[int] = mapped_column(BigInteger)
    modified_ms: Mapped[int] = mapped_column(BigInteger)


class DeliveryRow(Table):
    """One event on its way to one webhook. `due_ms`: when it is tried next; who takes it puts that
    off until it should be done, so that nobody takes it twice and it is not lost either."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index("webhook_deliveries_due", "due_ms"),)

    key: Mapped[int] = mapped_column(Serial, primary_key=True)
    id: Mapped[str]
    webhook: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("webhooks.key", ondelete="CASCADE"), index=True
    )
    event: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int]
    due_ms: Mapped[int] = mapped_column(BigInteger)
