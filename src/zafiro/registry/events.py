"""What webhooks are told: written down with the change itself, delivered by the loop.

Payloads: mlflow/webhooks/types.py, mlflow 3.17. Functions of an open session.
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zafiro.assets.domain import PROMPTS, Asset, Container, section
from zafiro.assets.service import registered
from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.registry import domain
from zafiro.registry.store import DeliveryRow, WebhookRow

LOOP = "webhooks"
_ACTIVE = "ACTIVE"
# How MLflow marks a prompt; its receivers are not told.
_MARKS = (registered.PROMPT_TAG, "_mlflow_prompt_type")


def announce(db: Session, workspace: str, event: str, data: Mapping[str, Any]) -> bool:
    """Queue it for the webhooks that asked for such events. Whether there were any."""
    wanted = select(WebhookRow).where(
        WebhookRow.workspace == workspace, WebhookRow.status == _ACTIVE
    )
    hooks = [row for row in db.scalars(wanted) if event in row.events]
    for hook in hooks:
        db.add(
            DeliveryRow(
                id=str(uuid.uuid4()),
                webhook=hook.key,
                event=event,
                body=body(event, data),
                attempts=0,
                due_ms=0,
            )
        )
    db.flush()
    return bool(hooks)


def body(event: str, data: Mapping[str, Any]) -> str:
    entity, action = event.split(".")
    said = {"entity": entity, "action": action, "timestamp": clock.now().isoformat(), "data": data}
    return json.dumps(said)


def wake(ctx: Context, queued: bool) -> None:
    """Once the change is committed."""
    if queued:
        ctx.wakes.wake(LOOP)


def created(db: Session, workspace: str, made: Container) -> bool:
    prompt = made.kind == PROMPTS
    data = {
        "name": made.name,
        "tags": _plain(made.tags) if prompt else dict(made.tags),
        "description": made.description or "",
    }
    return announce(db, workspace, "prompt.created" if prompt else "registered_model.created", data)


def version_created(db: Session, workspace: str, made: Asset) -> bool:
    tags = dict(section(made.properties, "tags"))
    data: dict[str, Any] = {"name": made.name, "version": made.version}
    description = made.properties.get("description") or None
    if made.kind == PROMPTS:
        text = tags.pop(domain.PROMPT_TEXT, None)
        data |= {"template": text, "tags": _plain(tags), "description": description}
        return announce(db, workspace, "prompt_version.created", data)
    data |= {
        "source": made.source,
        "run_id": made.run_id or None,
        "tags": tags,
        "description": description,
    }
    return announce(db, workspace, "model_version.created", data)


def tag(
    db: Session, workspace: str, entity: str, about: Mapping[str, Any], value: str | None
) -> bool:
    """A tag that was set, or taken away when `value` is None."""
    if value is None:
        return announce(db, workspace, f"{entity}.deleted", about)
    return announce(db, workspace, f"{entity}.set", {**about, "value": value})


def alias(db: Session, workspace: str, of: Container, alias: str, version: str | None) -> bool:
    """An alias that was set, or taken away when `version` is None."""
    entity = "prompt_alias" if of.kind == PROMPTS else "model_version_alias"
    about = {"name": of.name, "alias": alias}
    if version is None:
        return announce(db, workspace, f"{entity}.deleted", about)
    return announce(db, workspace, f"{entity}.created", {**about, "version": version})


def _plain(tags: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in tags.items() if key not in _MARKS}
