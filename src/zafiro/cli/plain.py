"""What azure-ai-ml makes of an entity, as `az ml` prints it: enum names as their values."""

import re
from typing import Any

_NAMED = re.compile(r"[A-Z][A-Za-z]+\.[A-Z][A-Z0-9_]+")


def entity(one: Any) -> Any:
    """The dictionary of an entity. Command jobs flat, with their status, as `az ml job show`."""
    if hasattr(type(one), "_to_job"):
        one = one._to_job()
    made = one._to_dict() if hasattr(one, "_to_dict") else one
    return plain(made)


def plain(said: Any) -> Any:
    """ "JobStatus.COMPLETED" → "Completed": str() of a str-enum is its name since Python 3.11."""
    if isinstance(said, dict):
        return {str(k): plain(v) for k, v in said.items()}
    if isinstance(said, list | tuple):
        return [plain(one) for one in said]
    if isinstance(said, str) and _NAMED.fullmatch(said):
        return _value(str(said))
    return said


def _value(named: str) -> str:
    from azure.ai.ml._restclient.arm_ml_service import models

    kind, _, member = named.partition(".")
    found = getattr(getattr(models, kind, None), member, None)
    return str(getattr(found, "value", named))
