"""What a browser gets first: the built page, told which scripts its address will need, so that it
asks for all of them at once, and behind that the answers its first screen would ask for.

The head is sent before those answers are there: scripts are fetched while the database is read.
"""

import json
import re
import zlib
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from zafiro.core.errors import ZafiroError
from zafiro.studio import files
from zafiro.studio.signin import Cookies

# [the key of a query of the studio's, its answer]
Answers = list[tuple[list[str], Any]]

# As studio/src/app/router.tsx has it. One that is not true any more costs time, nothing else.
_PAGES = (
    (r"/home", "src/home/Home.tsx"),
    (r"/jobs", "src/jobs/JobsPage.tsx"),
    (r"/jobs/[^/]+", "src/job/JobPage.tsx"),
    (r"/experiments", "src/experiments/Experiments.tsx"),
    (r"/experiments/.+", "src/experiments/Experiment.tsx"),
    (r"/experiments/[^/]+", "src/experiments/Experiment.tsx"),
    (r"/compare", "src/compare/Compare.tsx"),
    (r"/compute", "src/computes/Computes.tsx"),
    (r"/compute/[^/]+", "src/computes/Compute.tsx"),
    (r"/(?:data|models|environments|components)", "src/assets/Assets.tsx"),
    (r"/(?:data|models|environments|components)/[^/]+/[^/]+", "src/assets/Asset.tsx"),
)
_WORKSPACE = re.compile(r"/studio/w/[^/]+")
_ANY: TypeAdapter[Any] = TypeAdapter(Any)


def page(
    request: Request, cookies: Cookies, answers: Callable[[], Callable[[Request], Answers]]
) -> Response:
    """The one HTML page. `answers()` gives what makes the answers, and may be slow the first time;
    who is not signed in gets none."""
    built = files.page(request)
    if built.status_code != 200:
        return built
    spanish = request.headers.get("accept-language", "").lower().startswith("es")
    written = (files.BUILT / "manifest.json").stat().st_mtime_ns
    head, tail = _parts(written, request.url.path, spanish)
    headers = {**files.HEADERS, "Cache-Control": "no-store", "Vary": "Accept-Encoding, Cookie"}
    try:
        cookies.caller(request)
    except ZafiroError:
        return Response(head + tail, headers=headers, media_type="text/html; charset=utf-8")

    def known() -> bytes:
        try:
            said = _ANY.dump_json(answers()(request))
        except ZafiroError:  # the page asks itself, and shows what is wrong
            return b""
        # In a script nothing but "</script" and "<!--" means anything.
        safe = said.replace(b"<", b"\\u003c")
        return b'<script type="application/json" id="first">' + safe + b"</script>"

    async def whole() -> AsyncIterator[bytes]:
        yield head
        yield await run_in_threadpool(known)
        yield tail

    chunks = whole()
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        chunks = _packed(chunks)
    response = StreamingResponse(chunks, headers=headers, media_type="text/html; charset=utf-8")
    cookies.give(response, secure=request.url.scheme == "https")
    return response


async def _packed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packer = zlib.compressobj(wbits=31)
    async for chunk in chunks:
        yield packer.compress(chunk) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()


@lru_cache(maxsize=256)
def _parts(written: int, path: str, spanish: bool) -> tuple[bytes, bytes]:
    """The built page with the scripts of that path named, cut where the answers go."""
    html = (files.BUILT / "index.html").read_text()
    manifest = json.loads((files.BUILT / "manifest.json").read_text())
    wanted: dict[str, None] = {}

    def add(entry: str) -> None:
        one = manifest.get(entry)
        if one is not None and one["file"] not in wanted:
            wanted[one["file"]] = None
            for other in (*one.get("imports", ()), *(f"css:{name}" for name in one.get("css", ()))):
                if other.startswith("css:"):
                    wanted[other] = None
                else:
                    add(other)

    add(f"src/i18n/{'es' if spanish else 'en'}.json")
    rest = _WORKSPACE.sub("", path, count=1)
    for pattern, entry in _PAGES:
        if re.fullmatch(pattern, rest):
            add(entry)
    links = []
    for name in wanted:
        address = f"/studio/{name.removeprefix('css:')}"
        if address in html:
            continue
        what = 'rel="preload" as="style"' if name.startswith("css:") else 'rel="modulepreload"'
        links.append(f'<link {what} crossorigin href="{address}">\n')
    head, _, tail = html.replace("</head>", "".join(links) + "</head>", 1).rpartition("</body>")
    return head.encode(), f"</body>{tail}".encode()
