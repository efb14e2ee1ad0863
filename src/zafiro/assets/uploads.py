"""Places to upload to, and where what was uploaded lies."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from zafiro.assets.sources import Look
from zafiro.blobs import service as blobs
from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.names import STORAGE_SUFFIX
from zafiro.datastores import service as datastores
from zafiro.workspaces.domain import Workspace

# Long enough for a large folder over a slow line.
_OPEN_FOR = timedelta(hours=24)


def place(ctx: Context, workspace: Workspace) -> dict[str, Any]:
    """A container of its own for one upload, and a signature that opens only this one.

    azure-ai-ml 1.35.2 writes {folder name}/… at the root of it: two uploads must not share one.
    """
    account, number = workspace.storage_account, uuid.uuid4()
    container = f"upload-{number}"
    blobs.Store(ctx.home.storage).create_container(account, container)
    uri = f"{ctx.url}/storage/{account}.blob.{STORAGE_SUFFIX}/{container}"
    expires = clock.now() + _OPEN_FOR
    sas = blobs.mint_sas(ctx.secrets, account, container, permissions="rcwl", expires=expires)
    group = f"/subscriptions/{workspace.subscription}/resourceGroups/{workspace.group}"
    return {
        "pendingUploadId": str(number),
        "pendingUploadType": "TemporaryBlobReference",
        "blobReferenceForConsumption": {
            "blobUri": uri,
            "storageAccountArmId": f"{group}/providers/Microsoft.Storage/storageAccounts/{account}",
            "credential": {"credentialType": "SAS", "sasUri": f"{uri}?{sas}"},
        },
    }


def look(ctx: Context, db: Session, workspace: Workspace) -> Look:
    """Where URIs lie on this machine, as seen by the work of `workspace`."""

    def found(uri: str) -> Path | None:
        return datastores.locate(ctx, db, workspace, uri).path

    return found
