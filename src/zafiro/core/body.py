"""The body of a request: received up to a limit, and read as JSON that an answer can repeat.

JSON by msgspec, which refuses what no strict reader takes back: NaN, numbers past a float, halves
of surrogate pairs.
"""

import re
from typing import Any

import msgspec
from starlette.requests import Request

from zafiro.core.errors import Invalid

# ARM takes 4 MiB; MLflow's largest message is a dataset with a profile of 16 MiB less one.
MOST_BYTES = 17 << 20

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


async def receive(request: Request, at_most: int = MOST_BYTES) -> bytes:
    """The whole body. Raises Invalid when it is larger."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > at_most:
            raise Invalid("body", f"is larger than {at_most} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def check(raw: bytes) -> None:
    """Raises Invalid for JSON with a NUL character, which PostgreSQL keeps in no text."""
    if b"\\u0000" in raw and _NUL.search(raw):
        raise Invalid("body", "holds a NUL character (\\u0000)")


def parse(raw: bytes) -> Any:
    """Raises Invalid for what is no JSON, and for NUL."""
    check(raw)
    try:
        return msgspec.json.decode(raw)
    except RecursionError:
        raise Invalid("body", "is nested too deeply") from None
    except ValueError as e:
        raise Invalid("body", f"is not JSON: {e}") from e


def parse_object(raw: bytes) -> dict[str, Any]:
    """The same for an object; nothing at all is {}."""
    found = parse(raw) if raw else {}
    if not isinstance(found, dict):
        raise Invalid("body", "is not a JSON object")
    return found
