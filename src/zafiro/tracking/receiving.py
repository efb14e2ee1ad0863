"""Bytes of a request on their way to a file, off the event loop."""

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

_BUFFER = 1 << 20


async def receive_file(request: Request, into: Path) -> None:
    """The whole body, written in pieces of a megabyte."""
    pieces, held = [], 0
    with into.open("wb") as file:
        async for piece in request.stream():
            pieces.append(piece)
            held += len(piece)
            if held >= _BUFFER:
                await run_in_threadpool(file.writelines, pieces)
                pieces, held = [], 0
        file.writelines(pieces)
