"""Page tokens: in which stage of a search the next page begins, and after how many results.

A token may carry what was asked, by names as people read them, so that it is not taken for an
answer to another question.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from zafiro.core.errors import Invalid


def write_token(stage: int, offset: int, asked: Mapping[str, Any] | None = None) -> str:
    said = {"offset": offset, "stage": stage} | ({"asked": asked} if asked else {})
    return base64.b64encode(json.dumps(said).encode()).decode()


def read_token(token: str | None, asked: Mapping[str, Any] | None = None) -> tuple[int, int]:
    """(stage, offset). `asked`: as JSON gives it back. Raises Invalid."""
    if not token:
        return 0, 0
    try:
        said = json.loads(base64.b64decode(token, validate=True))
        stage, offset = int(said.get("stage", 0)), int(said["offset"])
        before = dict(said.get("asked", {}))
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as e:
        raise Invalid("", f"Invalid page token, could not base64-decode: {token!r}") from e
    if stage < 0 or offset < 0:
        raise Invalid("", f"Invalid page token, parsed value={said}")
    for name, value in (asked or {}).items():
        if before.get(name) != value:
            do = "do" if name.endswith("s") else "does"
            raise Invalid(
                "",
                f"{name} in the page token {do} not match what is asked now. "
                f"Expected: {value}. Found: {before.get(name)}",
            )
    return stage, offset


def paged(page: dict[str, Any], token: str | None) -> dict[str, Any]:
    """The answer of a search: MLflow's clients read an absent token as the end."""
    return page | ({"next_page_token": token} if token else {})
