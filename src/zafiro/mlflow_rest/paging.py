"""Page tokens: in which stage of a search the next page begins, and after how many results."""

import base64
import binascii
import json

from zafiro.core.errors import Invalid


def write_token(stage: int, offset: int) -> str:
    said = json.dumps({"offset": offset, "stage": stage})
    return base64.b64encode(said.encode()).decode()


def read_token(token: str | None) -> tuple[int, int]:
    """(stage, offset). Raises Invalid."""
    if not token:
        return 0, 0
    try:
        said = json.loads(base64.b64decode(token, validate=True))
        stage, offset = int(said.get("stage", 0)), int(said["offset"])
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as e:
        raise Invalid("", f"Invalid page token, could not base64-decode: {token!r}") from e
    if stage < 0 or offset < 0:
        raise Invalid("", f"Invalid page token, parsed value={said}")
    return stage, offset
