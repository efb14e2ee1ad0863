"""Azure's artifact face: /artifact/v2.0{ARM id of a workspace}/artifacts/…

Who calls: azureml-core 1.61 for upload_file(s), download_file(s), Model.register, log streaming.
"""

import mimetypes
import re
from dataclasses import replace
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from zafiro.core.caller import Gate
from zafiro.core.context import Context
from zafiro.core.errors import Conflict, Denied, NotFound, Unsupported
from zafiro.tracking import artifacts, ask, shelf
from zafiro.tracking.ask import Ask
from zafiro.tracking.history_artifacts import Paths
from zafiro.tracking.receiving import receive_file

_HERE = r"(?P<origin>[^/]+)/(?P<container>[^/]+)"
_CONTENT = f"artifacts/content/{_HERE}/(?P<path>.+)"
_CONTENT_PATH = re.compile(_CONTENT, re.IGNORECASE)


class Made(msgspec.Struct):
    """ArtifactDto, as far as a client says it."""

    origin: str = ""
    container: str = ""
    path: str = ""


def routes(ctx: Context, gate: Gate) -> list[BaseRoute]:
    async def content(request: Request) -> Response:
        try:
            asked, path = await run_in_threadpool(ask.enter, ctx, gate, request)
            match = _CONTENT_PATH.fullmatch(path)
            if match is None:
                raise NotFound("endpoint", f"POST {request.scope['path']}")
            return await _write(replace(asked, ids=match.groupdict()), request)
        except ClientDisconnect:
            return Response(status_code=499)  # nobody is there to read it
        except Exception as e:  # noqa: BLE001 — the edge: every error is spelled as Azure does
            return ask.failure(e)

    # Bytes stream in; everything else is read whole.
    streamed = "/artifact/v2.0/{workspace:path}/artifacts/content/{rest:path}"
    return [
        Route(streamed, content, methods=["POST"]),
        ask.route("/artifact/v2.0", ctx, gate, _VERBS),
    ]


async def _write(asked: Ask, request: Request) -> Response:
    """The body becomes the artifact, or goes to its end with ?append=true, in one piece: a reader
    sees it before or after."""
    where = await run_in_threadpool(shelf.named, asked, "write")
    path = where.path(asked.ids["path"])
    append = asked.query.get("append", "").lower() == "true"
    home, workspace = asked.ctx.home, asked.workspace
    there = artifacts.place(home, workspace, path).exists()
    if "w" not in shelf.write_permissions(asked, where) and there:
        raise Denied(f"job {asked.caller.job} may add artifacts there and change none")
    written = artifacts.part(home)
    try:
        await receive_file(request, written)
        act = artifacts.append if append else artifacts.publish
        await run_in_threadpool(act, home, workspace, written, path)
    finally:
        written.unlink(missing_ok=True)
    return ask.as_json(await run_in_threadpool(shelf.dto, asked, where, asked.ids["path"]))


def read(asked: Ask) -> Response:
    path = shelf.named(asked, "read").path(asked.ids["path"])
    file = artifacts.place(asked.ctx.home, asked.workspace, path)
    if not file.is_file():
        raise NotFound("artifact", asked.ids["path"])
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return FileResponse(file, media_type=kind, filename=file.name)


def announce(asked: Ask) -> Any:
    paths = [one.path for one in asked.read(Paths).paths]
    return shelf.announce(asked, shelf.named(asked, "write"), paths)


def create(asked: Ask) -> Any:
    """One artifact announced: {origin, container, path} → ArtifactDto. What has bytes already is
    told to be there."""
    said = asked.read(Made)
    named = replace(asked, ids={"origin": said.origin, "container": said.container})
    where = shelf.named(named, "write")
    if artifacts.place(asked.ctx.home, asked.workspace, where.path(said.path)).exists():
        raise Conflict(f"the artifact '{where.origin}/{where.container}/{said.path}' exists")
    made: dict[str, Any] = shelf.announce(named, where, [said.path])["artifacts"][said.path]
    return made


def metadata(asked: Ask) -> Any:
    return shelf.dto(asked, shelf.named(asked, "read"), asked.ids["path"])


def remove(asked: Ask) -> Any:
    """The file goes: metadata without bytes is nothing here."""
    where = shelf.named(asked, "write")
    if "w" not in shelf.write_permissions(asked, where):
        raise Denied(f"job {asked.caller.job} may not remove what was uploaded for others")
    shelf.dto(asked, where, asked.ids["path"])
    artifacts.remove(asked.ctx.home, asked.workspace, where.path(asked.ids["path"]))
    return {}


def remove_all(asked: Ask) -> Any:
    where = shelf.named(asked, "write")
    if "w" not in shelf.write_permissions(asked, where):
        raise Denied(f"job {asked.caller.job} may not remove what was uploaded for others")
    artifacts.remove(asked.ctx.home, asked.workspace, where.folder)
    return {}


def info(asked: Ask) -> Any:
    return shelf.read_info(asked, shelf.named(asked, "read"), asked.ids["path"])


def write_info(asked: Ask) -> Any:
    where = shelf.named(asked, "write")
    return shelf.info(asked, where, asked.ids["path"], shelf.write_permissions(asked, where))


def links_below(asked: Ask) -> Any:
    return shelf.links_below(asked, shelf.named(asked, "read"), asked.ids.get("path") or "")


def listing(asked: Ask) -> Any:
    return shelf.listing(asked, shelf.named(asked, "read"), asked.ids.get("path") or "")


def ingest(asked: Ask) -> Any:
    raise Unsupported("taking artifacts in from a container of another account")


_VERBS = ask.verbs(
    (
        ("POST", "artifacts/metadata", create),
        ("GET", f"artifacts/metadata/{_HERE}/(?P<path>.+)", metadata),
        ("DELETE", f"artifacts/metadata/{_HERE}/(?P<path>.+)", remove),
        ("GET", _CONTENT, read),
        ("GET", f"artifacts/contentinfo/{_HERE}/(?P<path>.+)", info),
        ("GET", f"artifacts/write/{_HERE}/(?P<path>.+)", write_info),
        ("GET", f"artifacts/prefix/contentinfo/{_HERE}(?:/(?P<path>.*))?", links_below),
        ("POST", f"artifacts/batch/metadata/{_HERE}", announce),
        ("POST", f"artifacts/batch/ingest/containersas/{_HERE}", ingest),
        ("DELETE", f"artifacts/batch/{_HERE}", remove_all),
        ("GET", f"artifacts/{_HERE}(?:/(?P<path>.*))?", listing),
    )
)
