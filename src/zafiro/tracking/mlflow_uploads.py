"""MLflow's uploads in parts, and links to single artifacts. The parts are blocks of a blob, put by
the client straight to the storage face; completing the upload makes them the artifact.

Source: MultipartUploadMixin, http_artifact_repo.py, entities/presigned_download.py, mlflow 3.17.
"""

import base64
import mimetypes
import re
import uuid
from pathlib import PurePosixPath
from typing import Annotated, Any

import msgspec

from zafiro.blobs import service as blobs
from zafiro.core.errors import Invalid, NotFound
from zafiro.mlflow_rest.call import Call
from zafiro.mlflow_rest.router import AnyVerb, Verb
from zafiro.tracking import artifacts, links
from zafiro.tracking.mlflow_artifacts import allowed
from zafiro.tracking.mlflow_models import may, readable
from zafiro.tracking.service import get_run

MOST_PARTS = 50_000  # blocks in a blob
_UPLOAD = re.compile(r"[0-9a-f]{32}")


class Create(msgspec.Struct):
    """`path` is the file on the client's machine."""

    path: str
    num_parts: Annotated[int, msgspec.Meta(ge=1, le=MOST_PARTS)] = 1


class Part(msgspec.Struct):
    part_number: Annotated[int, msgspec.Meta(ge=1, le=MOST_PARTS)]


class Complete(msgspec.Struct):
    path: str
    upload_id: str
    parts: list[Part] = []


class Abort(msgspec.Struct):
    path: str
    upload_id: str


class Presign(msgspec.Struct):
    path: str
    run_id: str = ""
    model_id: str = ""


def create(call: Call) -> Any:
    """{upload_id, credentials: [{url, part_number, headers}]}"""
    said = call.read(Create)
    path = _target(call, said.path)
    upload = uuid.uuid4().hex
    credentials = [
        {
            "part_number": number,
            "headers": {},
            "url": links.path_url(
                call.ctx, call.workspace, path, "cw", comp="block", blockid=_block(upload, number)
            ),
        }
        for number in range(1, said.num_parts + 1)
    ]
    return {"upload_id": upload, "credentials": credentials}


def complete(call: Call) -> Any:
    """Raises Invalid for an upload that is not there (any more), or a part that never came."""
    said = call.read(Complete)
    path = _target(call, said.path)
    upload = _upload(said.upload_id)
    account, container, name = artifacts.blob(call.workspace, path)
    kind = mimetypes.guess_type(name)[0]
    traits = blobs.Traits(kind) if kind else blobs.Traits()
    wanted = [("Uncommitted", _block(upload, part.part_number)) for part in said.parts]
    store = blobs.Store(call.ctx.home.storage)
    try:
        blobs.commit(store, account, container, name, wanted, traits, check=lambda blob: None)
    except Invalid as e:
        raise Invalid(
            "upload_id",
            f"the upload '{upload}' of '{path}' lacks one of its parts, or is not there: {e}",
        ) from e
    return {}


def abort(call: Call) -> Any:
    """What was uploaded of it goes; an upload that is not there is fine."""
    said = call.read(Abort)
    path = _target(call, said.path)
    _upload(said.upload_id)
    blobs.Store(call.ctx.home.storage).forget_blocks(*artifacts.blob(call.workspace, path))
    return {}


def link(call: Call) -> Any:
    """{url, headers, file_size}: the artifact straight from the storage face, for a day."""
    path = allowed(call, call.groups[0], "read")
    return _link(call, path)


def _link(call: Call, path: str) -> dict[str, Any]:
    file = artifacts.place(call.ctx.home, call.workspace, path)
    if not file.is_file():
        raise NotFound("artifact", path)
    url = links.path_url(call.ctx, call.workspace, path, "r")
    return {"url": url, "headers": {}, "file_size": file.stat().st_size}


def download_link(call: Call) -> Any:
    found = _link(call, _of(call, call.read(Presign), "read"))
    url = found.pop("url")
    return {"presigned_url": url, **found}


def upload_link(call: Call) -> Any:
    path = _of(call, call.read(Presign), "write")
    url = links.path_url(call.ctx, call.workspace, path, "cw")
    return {"presigned_url": url, "headers": {"x-ms-blob-type": "BlockBlob"}}


def _of(call: Call, said: Presign, what: str) -> str:
    """The artifact path of a file of a run or of a logged model, once the caller may."""
    if bool(said.run_id) == bool(said.model_id):
        raise Invalid("", "Exactly one of run_id and model_id must be provided.")
    if said.run_id:
        with call.ctx.db.read() as db:
            run = get_run(db, call.guid, said.run_id)
        call.may(f"experiments/runs/{what}", run.owner)
        folder = artifacts.folder_of(run)
    else:
        model = readable(call, said.model_id)
        may(call, f"experiments/runs/{what}", model)
        folder = model.folder
    return f"{folder}/{artifacts.safe(said.path)}"


def _target(call: Call, local_file: str) -> str:
    name = PurePosixPath(local_file.replace("\\", "/")).name
    return allowed(call, f"{call.groups[0].rstrip('/')}/{name}", "write")


def _upload(id: str) -> str:
    if not _UPLOAD.fullmatch(id):
        raise Invalid("upload_id", f"'{id}' is none that this server gave")
    return id


def _block(upload: str, number: int) -> str:
    return base64.b64encode(f"{upload}{number:06}".encode()).decode()


VERBS: tuple[AnyVerb, ...] = (
    Verb("POST", "mlflow-artifacts/mpu/create/{*}", create),
    Verb("POST", "mlflow-artifacts/mpu/complete/{*}", complete),
    Verb("POST", "mlflow-artifacts/mpu/abort/{*}", abort),
    Verb("GET", "mlflow-artifacts/presigned/{*}", link),
    Verb("POST", "mlflow/artifacts/presigned-download-url", download_link),
    Verb("POST", "mlflow/artifacts/presigned-upload-url", upload_link),
)
