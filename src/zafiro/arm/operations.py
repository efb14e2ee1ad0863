"""Long-running operations: what a client polls.

A poll answers {"status": "InProgress"|"Succeeded"|"Failed", "error"?: {...}} (azure-mgmt-core
1.6.0). Retry-After stands on every answer: without it the client sleeps 30 s between looks.
"""

import uuid
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from zafiro.core import documents
from zafiro.core.context import Context
from zafiro.core.names import LOCATION, ML

RETRY = {"Retry-After": "0"}


def operation_id(subscription: str, name: str) -> str:
    return (
        f"/subscriptions/{subscription}/providers/{ML}/locations/{LOCATION}/operationsStatus/{name}"
    )


def record(
    db: Session, subscription: str, *, error: dict[str, Any] | None = None, status: str = ""
) -> str:
    """Note how an operation ended (or `status`, while it goes on). Returns its id."""
    id = operation_id(subscription, uuid.uuid4().hex)
    said: dict[str, Any] = {"status": status or ("Failed" if error else "Succeeded")}
    documents.put(db, id, {**said, **({"error": error} if error else {})})
    return id


def update(db: Session, id: str, status: str, error: dict[str, Any] | None = None) -> None:
    documents.put(db, id, {"status": status, **({"error": error} if error else {})})


def url(ctx: Context, id: str) -> str:
    return f"{ctx.url}{id}?api-version=2024-10-01"


def accepted(ctx: Context, id: str, status: int = 202, body: Any = None) -> Response:
    """The answer to a POST, PATCH or DELETE that goes on (or has just ended)."""
    headers = {**RETRY, "Location": url(ctx, id)}
    return (
        JSONResponse(body, status, headers) if body is not None else Response(None, status, headers)
    )
