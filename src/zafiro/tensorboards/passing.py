"""A request passed on to a TensorBoard, and its answer back."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import httpx
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

Gone = httpx.ConnectError
_TIMEOUT_S = 60.0
# What belongs to one connection (RFC 9110), and what is for us only.
_NOT_ON = {
    *("connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade"),
    *("proxy-authorization", "proxy-authenticate", "authorization", "cookie", "host"),
    *("content-length", "set-cookie"),
}


async def passed_on(request: Request, socket: Path, rest: str, body: bytes) -> Response:
    """TensorBoard's answer, byte by byte as it comes. It sees neither who asks nor what we are."""
    headers = [(k, v) for k, v in request.headers.items() if k.lower() not in _NOT_ON]
    query = f"?{request.url.query}" if request.url.query else ""
    transport = httpx.AsyncHTTPTransport(uds=str(socket), verify=False)
    asked = httpx.Request(
        request.method,
        f"http://tensorboard/{quote(rest)}{query}",
        headers=headers,
        content=body or None,
        extensions={"timeout": httpx.Timeout(_TIMEOUT_S).as_dict()},
    )
    try:
        answer = await transport.handle_async_request(asked)
    except BaseException:
        await transport.aclose()
        raise

    async def pieces() -> AsyncIterator[bytes]:
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        try:
            async for piece in answer.stream:
                yield piece
        finally:
            await transport.aclose()

    kept = {k: v for k, v in answer.headers.items() if k.lower() not in _NOT_ON}
    return StreamingResponse(pieces(), answer.status_code, kept)
