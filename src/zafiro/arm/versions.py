"""api-version, the only place that knows there are versions.

One client sends fourteen of them (azure-ai-ml 1.35.2), so a type has one shape: the union of all.
What is checked is that there is one and that it is spelled like one.
"""

import re
from collections.abc import Mapping

from zafiro.core.errors import Invalid

# 2024-10-01-preview, 2021-10-01-dataplanepreview; run history says v1.0 and 1.5.0.
_SPELLED = re.compile(r"\d{4}-\d{2}-\d{2}(-\w+)?|v?\d+(\.\d+)*", re.IGNORECASE)


def check(query: Mapping[str, str]) -> None:
    """Raises Invalid when the version is missing or not a version."""
    found = query.get("api-version")
    if found is None:
        raise Invalid("api-version", "is missing; add ?api-version=2024-10-01 to the URL")
    if not _SPELLED.fullmatch(found):
        raise Invalid("api-version", f"'{found}' is not a version such as 2024-10-01")
