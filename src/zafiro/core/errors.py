"""What can go wrong, said once. Faces decide how each wire spells it.

    ZafiroError
    ├── Invalid      the request contradicts the rules      ARM 400 · MLflow INVALID_PARAMETER_VALUE · blob 400
    ├── Denied       the caller may not                     ARM 401/403 · PERMISSION_DENIED · AuthorizationFailure
    ├── NotFound     nothing has that name                  ARM 404 · RESOURCE_DOES_NOT_EXIST · <X>NotFound
    ├── Conflict     true once, not any more                ARM 409/412 · RESOURCE_ALREADY_EXISTS (a 400!) · blob 409/412
    ├── Unsupported  a real Azure feature not here yet      501, naming it
    └── Busy         not now; nothing was changed           429 with Retry-After

A message says what was asked, what is true, and what to do next.
"""


class ZafiroError(Exception):
    """Every error raised on purpose. Anything else is a bug and becomes a 500."""


class Invalid(ZafiroError):
    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}" if field else why)
        self.field, self.why = field, why


class Denied(ZafiroError):
    """`unknown` when nobody could be recognised (401), else the known caller may not (403)."""

    def __init__(self, why: str, *, unknown: bool = False) -> None:
        super().__init__(why)
        self.unknown = unknown


class NotFound(ZafiroError):
    def __init__(self, kind: str, name: str, hint: str = "") -> None:
        super().__init__(f"{kind} '{name}' does not exist" + (f"; {hint}" if hint else ""))
        self.kind, self.name = kind, name


class Conflict(ZafiroError):
    """`precondition` when an etag or a condition of the request failed (412), else 409."""

    def __init__(self, why: str, *, precondition: bool = False) -> None:
        super().__init__(why)
        self.precondition = precondition


class Unsupported(ZafiroError):
    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not supported by this version of Zafiro")
        self.what = what


class Busy(ZafiroError):
    """Nothing was changed; the same request may succeed after `retry_s` seconds."""

    def __init__(self, why: str, *, retry_s: int = 1) -> None:
        super().__init__(why)
        self.retry_s = retry_s
