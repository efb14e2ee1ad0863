"""What may be asked of workspaces."""

from sqlalchemy.orm import Session

from zafiro.core import documents
from zafiro.core.documents import Record
from zafiro.core.errors import NotFound
from zafiro.core.names import ML
from zafiro.workspaces.domain import Workspace


def find(db: Session, subscription: str, group: str, name: str) -> Workspace:
    """The workspace, spelled as it was created whatever the case asked for.

    Raises NotFound.
    """
    id = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{ML}/workspaces/{name}"
    return by_id(db, id)


def by_id(db: Session, id: str) -> Workspace:
    """The same, from the ARM id of the workspace or of anything in it."""
    parts = id.strip("/").split("/")
    record = documents.find(db, "/" + "/".join(parts[:8]))
    if record is None or len(parts) < 8:
        raise NotFound("workspace", parts[7] if len(parts) > 7 else id)
    return of_record(record)


def of_record(record: Record) -> Workspace:
    parts, kept = record.id.strip("/").split("/"), record.properties
    return Workspace(
        guid=kept["workspaceId"],
        subscription=parts[1],
        group=parts[3],
        name=record.name,
        location=record.body["location"],
        storage_account=kept["storageAccount"].rsplit("/", 1)[-1],
    )
