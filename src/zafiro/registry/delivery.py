"""One call of a webhook: signed, and never to an address that is not public unless allowed.

Headers and signature: mlflow/webhooks/delivery.py, mlflow 3.17 (after standardwebhooks.com). The
address is judged once the socket is connected, before anything is sent, so that a name which leads
elsewhere the second time it is looked up gains nothing. Redirects are not followed.
"""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpcore

from zafiro.core import clock

TIMEOUT_S = 30.0
_MOST_SHOWN = 64 << 10
_RETRIED = frozenset({429, 500, 502, 503, 504})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Outcome:
    """status      what the receiver answered, None when it could not be asked
    body        the beginning of its answer
    why         what went wrong, "" for nothing
    again       whether it may go better later; `after_s` when the receiver said when
    """

    status: int | None = None
    body: str = ""
    why: str = ""
    again: bool = False
    after_s: float | None = None


def send(url: str, secret: str | None, id: str, body: str, *, private: bool) -> Outcome:
    """POST it once. Never raises for what the other side does."""
    headers = _headers(secret, id, body)
    try:
        with (
            httpcore.ConnectionPool(network_backend=_Guarded(private)) as pool,
            pool.stream(
                "POST", url, headers=headers, content=body.encode(), extensions=_timeouts()
            ) as answer,
        ):
            return _outcome(answer)
    except NotPublic as e:
        return Outcome(why=str(e))
    except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, ValueError) as e:
        return Outcome(why=f"{type(e).__name__}: {e}")
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as e:
        return Outcome(why=f"{type(e).__name__}: {e}", again=True)
    except OSError as e:
        return Outcome(why=f"{type(e).__name__}: {e}", again=True)


class NotPublic(Exception):
    """Neither a network error nor tried again."""


def is_public(address: Address) -> bool:
    """Also for IPv4 addresses inside IPv6 ones."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global
    return address.is_global


class _Guarded(httpcore.SyncBackend):
    def __init__(self, private: bool) -> None:
        self._private = private

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        peer = stream.get_extra_info("server_addr")[0].partition("%")[0]
        if not self._private and not is_public(ipaddress.ip_address(peer)):
            stream.close()
            raise NotPublic(
                f"{host} leads to {peer}, which is not a public IP address; start the server with "
                "ZAFIRO_WEBHOOK_PRIVATE=true to allow it"
            )
        return stream


def _headers(secret: str | None, id: str, body: str) -> dict[bytes | str, bytes | str]:
    at = str(int(clock.now().timestamp()))
    headers: dict[bytes | str, bytes | str] = {
        "Content-Type": "application/json",
        "X-MLflow-Delivery-Id": id,
        "X-MLflow-Timestamp": at,
    }
    if secret:
        signed = hmac.new(secret.encode(), f"{id}.{at}.{body}".encode(), hashlib.sha256).digest()
        headers["X-MLflow-Signature"] = f"v1,{base64.b64encode(signed).decode()}"
    return headers


def _outcome(answer: httpcore.Response) -> Outcome:
    read = bytearray()
    for piece in answer.iter_stream():
        read += piece
        if len(read) >= _MOST_SHOWN:
            break
    body, status = bytes(read[:_MOST_SHOWN]).decode(errors="replace"), answer.status
    if status < 300:
        return Outcome(status, body)
    again = status in _RETRIED
    return Outcome(status, body, f"it answered {status}", again, _after(answer) if again else None)


def _after(answer: httpcore.Response) -> float | None:
    for name, value in answer.headers:
        if name.lower() == b"retry-after" and value.isdigit():
            return float(min(int(value), 3600))
    return None


def _timeouts() -> dict[str, Any]:
    return {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_S)}
