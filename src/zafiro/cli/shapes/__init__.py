"""What `az ml` prints of a resource, made of the REST answer without azure-ai-ml: that takes two
seconds to import, this nothing.

The shapes are those of the entities' `_to_dict()` in azure-ai-ml 1.35.2; a test compares every one
with what the client itself makes of the same resource. One thing differs on purpose: where the
client prints the name of a Python enum ("JobStatus.COMPLETED", Python 3.11 and later), these print
the value behind it ("Completed"), as `az ml` and every script that reads it has it.
"""

from datetime import datetime
from typing import Any

Json = dict[str, Any]


def when(text: str | None) -> str | None:
    """2026-11-20T21:45:35.49Z → 2026-11-20T21:45:35.490000+00:00, as Python prints it."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).isoformat()
    except ValueError:
        return text


def context(resource: Json) -> Json | None:
    said = resource.get("systemData")
    if not said:
        return None
    return present(
        created_at=when(said.get("createdAt")),
        created_by=said.get("createdBy"),
        created_by_type=said.get("createdByType"),
        last_modified_at=when(said.get("lastModifiedAt")),
        last_modified_by=said.get("lastModifiedBy"),
        last_modified_by_type=said.get("lastModifiedByType"),
    )


def present(**fields: Any) -> Json:
    """Without what is None: the client leaves out what is not set."""
    return {name: value for name, value in fields.items() if value is not None}


def part(id: str, before: str) -> str:
    """The name that follows `before` in a resource ID: part(id, "environments")."""
    pieces = id.split("/")
    for at, piece in enumerate(pieces[:-1]):
        if piece.lower() == before.lower():
            return pieces[at + 1]
    return ""


def reference(id: str | None, kind: str) -> str | None:
    """How YAML refers to a versioned asset: azureml:name:version; URIs stay as they are."""
    if not id:
        return None
    if id.startswith("azureml:/") or not id.startswith("/"):
        return id
    # azure-ai-ml 1.35.2 itself sends …/data/azureml:NAME/versions/1 for azureml:NAME@latest.
    return f"azureml:{part(id, kind).removeprefix('azureml:')}:{part(id, 'versions')}"


def snake(name: str) -> str:
    """CamelCase and camelCase → snake_case."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


MODES = {
    "ReadOnlyMount": "ro_mount",
    "ReadWriteMount": "rw_mount",
    "Download": "download",
    "Upload": "upload",
    "Direct": "direct",
    "EvalMount": "eval_mount",
    "EvalDownload": "eval_download",
}
