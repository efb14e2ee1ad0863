"""One HTTP request of the Blob protocol, taken apart, and the ways to answer it."""

import asyncio
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote

from starlette.types import Message, Receive, Scope, Send

from zafiro.blobs.domain import Wrong
from zafiro.blobs.sas import VERSION
from zafiro.blobs.store import Opened

T = TypeVar("T")

# File work. More threads than cores, as they mostly wait for the disk.
POOL = ThreadPoolExecutor(16, "blob-files")
_WRITE = 1 << 20
_MOST_PIECES = 512  # of a body, in one write
# Two of these are in memory for each download. Whole files by ASGI's pathsend cost Granian 2.8 as
# much processor time as pieces of this size, and could not be cut where a growing file was when
# the answer began.
_READ = 2 << 20


class Gone(Exception):
    """The client went away in the middle of its request."""


class Sink(Protocol):
    """Where a body goes. `write` is called in threads, one call at a time."""

    @property
    def size(self) -> int: ...
    def write(self, pieces: Sequence[bytes]) -> None: ...


async def run(work: Callable[..., T], *args: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(POOL, work, *args)


class Call:
    """Header names are lower case. `query` has the last value of each name."""

    __slots__ = (
        "_drained",
        "_receive",
        "_send",
        "account",
        "blob",
        "client",
        "container",
        "headers",
        "method",
        "query",
        "query_pairs",
        "raw_path",
        "scope",
        "secure",
        "started",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self._receive, self._send = scope, receive, send
        self.method: str = scope["method"]
        self.raw_path: str = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        self.raw_path = self.raw_path.partition("?")[0]
        self.headers: dict[str, str] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        text: str = scope["query_string"].decode("latin-1")
        self.query_pairs = [
            (unquote(name), unquote(value))
            for name, _, value in (part.partition("=") for part in text.split("&") if part)
        ]
        self.query = dict(self.query_pairs)
        self.secure = scope.get("scheme") == "https"
        self.client: str = (scope.get("client") or ("", 0))[0]
        self.account = self.container = self.blob = ""
        self.started = self._drained = False

    # -- asking -------------------------------------------------------------------------------

    def number(self, name: str, default: int | None = None) -> int:
        """A header with a whole number."""
        text = self.headers.get(name, "")
        if not text and default is not None:
            return default
        if not text.isdecimal() or len(text) > 19:
            raise Wrong("InvalidHeaderValue", f"{name} must be a whole number, not '{text}'")
        return int(text)

    @property
    def length(self) -> int:
        if "content-length" not in self.headers:
            raise Wrong("MissingContentLengthHeader", "Content-Length must be specified.", 411)
        return self.number("content-length")

    @property
    def metadata(self) -> dict[str, str]:
        found = {}
        for name, value in self.headers.items():
            if name.startswith("x-ms-meta-"):
                if not name[10:].isidentifier():
                    raise Wrong("InvalidMetadata", f"no name for metadata: '{name[10:]}'")
                found[name[10:]] = value
        if sum(len(k) + len(v) for k, v in found.items()) > 8192:
            raise Wrong("MetadataTooLarge", "Metadata may be 8 KiB in all.")
        return found

    async def _next(self) -> Message:
        message = await self._receive()
        self._drained = not message.get("more_body", False)
        return message

    async def body(self, at_most: int) -> bytes:
        """The whole body. Raises Wrong 413, and Gone when it was cut short."""
        if self.length > at_most:
            raise Wrong("RequestBodyTooLarge", f"The body may be {at_most} bytes.", 413)
        received = bytearray()
        while True:
            message = await self._next()
            if message["type"] != "http.request":
                raise Gone
            received += message.get("body", b"")
            if not message.get("more_body", False):
                break
        if len(received) != self.length:
            raise Gone
        return bytes(received)

    async def pour(self, sink: Sink) -> None:
        """The body into a file, as it comes; never more than two pieces are in memory."""
        writing: asyncio.Future[None] | None = None
        held: list[bytes] = []
        held_bytes = 0
        loop = asyncio.get_running_loop()
        try:
            while True:
                message = await self._next()
                if message["type"] != "http.request":
                    raise Gone
                piece: bytes = message.get("body", b"")
                if piece:
                    held.append(piece)
                    held_bytes += len(piece)
                more = message.get("more_body", False)
                if held and (not more or held_bytes >= _WRITE or len(held) >= _MOST_PIECES):
                    if writing is not None:
                        await writing
                    writing = loop.run_in_executor(POOL, sink.write, held)
                    held, held_bytes = [], 0
                if not more:
                    break
        finally:
            if writing is not None:
                await writing
        if sink.size != self.length:
            raise Gone

    async def drain(self, at_most: int = 256 << 20) -> None:
        """Read and forget the body: a client that is still sending does not hear an answer."""
        while at_most > 0 and not self._drained:
            message = await self._next()
            at_most -= len(message.get("body", b""))

    # -- answering ----------------------------------------------------------------------------

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        self.started = True
        asked = self.headers
        lines = [
            (b"x-ms-request-id", str(uuid.UUID(bytes=os.urandom(16))).encode()),
            (b"x-ms-version", asked.get("x-ms-version", VERSION).encode("latin-1")),
        ]
        if "x-ms-client-request-id" in asked:
            echo = asked["x-ms-client-request-id"].encode("latin-1")
            lines.append((b"x-ms-client-request-id", echo))
        for name, value in headers.items():
            lines.append((name.encode("latin-1"), value.encode("latin-1")))
        await self._send({"type": "http.response.start", "status": status, "headers": lines})

    async def answer(
        self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> None:
        lines = dict(headers or {})
        if status not in (204, 304):
            lines.setdefault("content-length", str(len(body)))
        await self.start(status, lines)
        await self._send(
            {"type": "http.response.body", "body": b"" if self.method == "HEAD" else body}
        )

    async def send_file(
        self, status: int, headers: Mapping[str, str], opened: Opened, first: int, count: int
    ) -> None:
        """`count` bytes of an open file from `first`."""
        if count <= _READ:
            content = await run(os.pread, opened.fd, count, first) if count else b""
            if len(content) < count:
                raise Gone  # somebody cut the file just now
            await self.start(status, headers)
            await self._send({"type": "http.response.body", "body": content})
            return
        await self.start(status, headers)
        await self._send_pieces(opened.fd, first, count)

    async def _send_pieces(self, fd: int, first: int, count: int) -> None:
        loop, end = asyncio.get_running_loop(), first + count
        reading = loop.run_in_executor(POOL, os.pread, fd, min(_READ, count), first)
        while True:
            piece = await reading
            if not piece:
                raise Gone
            first += len(piece)
            more = first < end
            if more:
                reading = loop.run_in_executor(POOL, os.pread, fd, min(_READ, end - first), first)
            try:
                await self._send({"type": "http.response.body", "body": piece, "more_body": more})
            except BaseException:
                if more:
                    await asyncio.wait([reading])
                raise
            if not more:
                return
