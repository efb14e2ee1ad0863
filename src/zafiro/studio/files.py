"""The built studio, served: pages, their scripts, and the headers that keep a browser to them.

Everything comes from this server: the policy below allows no other source, so no page can ask
anything of the network. Styles may stand in the page because Fluent UI writes them there.
"""

import mimetypes
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

BUILT = Path(__file__).parent / "static"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "frame-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# What a user's file may do when it is opened by its address: nothing.
SANDBOX = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# HTML that a user's code wrote may run its own scripts, as reports and figures do, in a place of its
# own: an origin that is nobody's, without cookies, storage or a way to any server.
PAGE = {
    "Content-Security-Policy": "; ".join(
        (
            "sandbox allow-scripts",
            "default-src 'none'",
            "script-src 'unsafe-inline' blob: data:",
            "style-src 'unsafe-inline'",
            "img-src data: blob:",
            "font-src data:",
            "media-src data: blob:",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_PAGES = {".html", ".htm"}
_IMAGES = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"}

_MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Zafiro Studio</title>
<body style="font: 16px/1.5 system-ui; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>The studio is not built</h1>
<p>This server runs from a source tree whose pages were not built yet. In that tree, run</p>
<pre style="padding: 1rem; background: #8882">make studio</pre>
<p>and open this page again; the server need not be restarted.</p>
"""


def page(request: Request) -> Response:
    """The one HTML page; what it shows is in its URL."""
    index = BUILT / "index.html"
    if not index.is_file():
        return HTMLResponse(_MISSING, 503, HEADERS)
    return _file(request, index, "no-cache", "text/html; charset=utf-8")


def asset(request: Request) -> Response:
    """A script, style or picture of the build. Their names change with their content."""
    root = (BUILT / "assets").resolve()
    found = (root / request.path_params["path"]).resolve()
    if not found.is_relative_to(root) or not found.is_file():
        return PlainTextResponse("no such file", 404, HEADERS)
    kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
    return _file(request, found, "public, max-age=31536000, immutable", kind)


def _file(request: Request, path: Path, cache: str, kind: str) -> Response:
    headers = {**HEADERS, "Cache-Control": cache, "Vary": "Accept-Encoding"}
    packed = path.with_name(path.name + ".gz")
    if packed.is_file() and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        path = packed
    return Response(_read(path, path.stat().st_mtime_ns), headers=headers, media_type=kind)


@lru_cache(maxsize=512)
def _read(path: Path, written: int) -> bytes:
    return path.read_bytes()  # the whole build is 3 MB; opening files costs more than sending them


def users(path: Path, *, download: bool, page: bool = False) -> Response:
    """A file that a user's code wrote: pictures are shown, HTML where a page is asked for, anything
    else is saved."""
    if page and path.suffix.lower() in _PAGES and not download:
        return FileResponse(path, headers=PAGE, media_type="text/html; charset=utf-8")
    if path.suffix.lower() in _IMAGES and not download:
        return FileResponse(path, headers={**SANDBOX, "Cache-Control": "no-cache"})
    return FileResponse(
        path,
        headers=SANDBOX,
        media_type="application/octet-stream",
        filename=path.name,
        content_disposition_type="attachment",
    )
