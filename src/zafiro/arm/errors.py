"""How ARM spells what went wrong."""

import errno
import logging
import uuid
from typing import Any

from pydantic import ValidationError
from starlette.responses import JSONResponse

from zafiro.core import errors

log = logging.getLogger(__name__)


class Spelled(errors.ZafiroError):
    """An error that a client recognises by its ARM spelling. Raised by ARM faces only."""

    def __init__(
        self, status: int, code: str, message: str, details: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.details = status, code, details


def spell(error: Exception) -> tuple[int, str, str]:
    """(HTTP status, ARM error code, message)."""
    match error:
        case Spelled():
            return error.status, error.code, str(error)
        case errors.Invalid():
            return 400, "ValidationError", str(error)
        case errors.Denied(unknown=True):
            return 401, "AuthenticationFailed", str(error)
        case errors.Denied():
            return 403, "AuthorizationFailed", str(error)
        case errors.NotFound():
            return 404, "ResourceNotFound", str(error)
        case errors.Conflict(precondition=True):
            return 412, "PreconditionFailed", str(error)
        case errors.Conflict():
            return 409, "Conflict", str(error)
        case errors.Unsupported():
            return 501, "NotImplemented", str(error)
        case errors.Busy():
            return 429, "TooManyRequests", str(error)
        case ValidationError():
            return 400, "ValidationError", _sentences(error)
    raise TypeError(type(error))


def response(error: Exception) -> JSONResponse:
    status, code, message = spell(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(error, errors.Busy):
        headers = {"Retry-After": str(error.retry_s)}
    details = error.details if isinstance(error, Spelled) else None
    return JSONResponse(body(code, message, details), status, headers)


def body(code: str, message: str, details: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "details": details or []}}


def unexpected(error: Exception, what: str) -> JSONResponse:
    """A bug of ours: the whole story in the log, its number to the user. A full disk is none."""
    if disk_is_full(error):
        log.error("%s failed: the disk is full", what)
        # Not a status that Azure's clients try again with (azure-core 1.41 RetryPolicy).
        text = "the disk of the server is full; nothing was changed; free some space and try again"
        return JSONResponse(body("InsufficientStorage", text), 507)
    number = uuid.uuid4().hex[:12]
    log.error("%s failed [%s]", what, number, exc_info=error)
    text = f"the server failed ({type(error).__name__}); its log says more under {number}"
    return JSONResponse(body("InternalServerError", text), 500)


def disk_is_full(error: BaseException | None) -> bool:
    """Whether that is what is behind an error of the system or of SQLite."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if "database or disk is full" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _sentences(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(part) for part in e['loc']) or 'body'}: {e['msg']}"
        for e in error.errors(include_url=False)
    )
