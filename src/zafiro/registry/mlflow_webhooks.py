"""webhooks/*, verb by verb. A job's token is not good for them."""

import uuid
from typing import Any

from zafiro.core.errors import Invalid
from zafiro.mlflow_rest.call import Call
from zafiro.mlflow_rest.paging import paged, read_token, write_token
from zafiro.registry import delivery, events, webhooks, wire
from zafiro.registry.mlflow_models import needed

_MOST = 1000


def create(call: Call) -> Any:
    said = call.read(wire.CreateWebhook)
    needed(said, "name", "url", "events")
    call.may_in_workspace("webhooks/write")
    with call.ctx.db.begin() as db:
        made = webhooks.create(
            call.ctx,
            db,
            call.guid,
            name=said.name,
            url=said.url,
            events=[wire.event(one) for one in said.events],
            description=said.description or None,
            secret=said.secret or None,
            status=wire.status(said.status) if said.status else "ACTIVE",
        )
    return {"webhook": wire.webhook(made)}


def listing(call: Call) -> Any:
    said = call.read(wire.ListWebhooks)
    call.may_in_workspace("webhooks/read")
    limit = said.max_results or 100
    if not 1 <= limit <= _MOST:
        raise Invalid("", f"max_results must be between 1 and {_MOST}.")
    _, offset = read_token(said.page_token)
    with call.ctx.db.read() as db:
        found = webhooks.listing(db, call.guid, offset=offset, limit=limit + 1)
    token = write_token(0, offset + limit) if len(found) > limit else None
    return paged({"webhooks": [wire.webhook(one) for one in found[:limit]]}, token)


def get(call: Call) -> Any:
    call.may_in_workspace("webhooks/read")
    with call.ctx.db.read() as db:
        return {"webhook": wire.webhook(webhooks.get(db, call.guid, call.groups[0]))}


def update(call: Call) -> Any:
    said = call.read(wire.UpdateWebhook)
    call.may_in_workspace("webhooks/write")
    changes: dict[str, Any] = {
        key: value for key, value in (("name", said.name), ("url", said.url)) if value
    }
    if said.events:
        changes["events"] = [wire.event(one) for one in said.events]
    if said.description is not None:
        changes["description"] = said.description
    if said.secret is not None:
        changes["secret"] = said.secret
    if said.status is not None:
        changes["status"] = wire.status(said.status)
    with call.ctx.db.begin() as db:
        return {
            "webhook": wire.webhook(
                webhooks.update(call.ctx, db, call.guid, call.groups[0], changes)
            )
        }


def remove(call: Call) -> Any:
    call.may_in_workspace("webhooks/delete")
    with call.ctx.db.begin() as db:
        webhooks.remove(db, call.guid, call.groups[0])
    return {}


def test(call: Call) -> Any:
    """Call it now, with made-up data, and tell what came of it."""
    said = call.read(wire.TestWebhook)
    call.may_in_workspace("webhooks/write")
    with call.ctx.db.read() as db:
        hook = webhooks.get(db, call.guid, call.groups[0])
        secret = webhooks.secret(call.ctx, db, call.guid, call.groups[0])
    event = wire.event(said.event) if said.event else hook.events[0]
    webhooks.check_events([event])
    webhooks.check_url(call.ctx, hook.url)
    outcome = delivery.send(
        hook.url,
        secret,
        str(uuid.uuid4()),
        events.body(event, wire.EXAMPLES[event]),
        private=call.ctx.settings.webhook_private,
    )
    result: dict[str, Any] = {"success": not outcome.why}
    if outcome.status is None:
        result["error_message"] = f"Failed to test webhook: {outcome.why}"
    else:
        result |= {"response_status": outcome.status, "response_body": outcome.body}
    return {"result": result}
