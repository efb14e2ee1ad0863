"""Which account, container and blob a URL means, in every spelling clients use."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from zafiro.blobs.domain import Wrong, check_container
from zafiro.blobs.service import Store
from zafiro.core.errors import Unsupported

_HOST = re.compile(r"([a-z0-9]{3,24})(-secondary)?\.(blob|dfs|file|queue|table)\.", re.IGNORECASE)
_ELSEWHERE = {
    "dfs": "the Data Lake Gen2 (dfs) protocol",
    "file": "the Azure Files protocol",
    "queue": "the Queue protocol",
    "table": "the Table protocol",
}


@dataclass(frozen=True)
class Address:
    account: str
    container: str = ""
    blob: str = ""


def under_storage(store: Store, raw_path: str) -> list[Address]:
    """`/storage/{account}.blob.core.windows.net/{container}/{blob}`, percent-encoded.

    The account's segment may be missing: azure-ai-ml 1.35 joins the context of an environment to
    the account's URL in a way that drops it. Then there is one address for every account that may
    be meant, and the signature tells.
    """
    rest = raw_path.split("/storage/", 1)[1] if "/storage/" in raw_path else ""
    first, _, below = rest.partition("/")
    host = _HOST.match(first)
    if host:
        _only_blobs(host[3])
        return [_address(host[1].lower(), below)]
    return _guess(store, rest)


def at_root(store: Store, raw_path: str, headers: Mapping[str, str]) -> list[Address]:
    """`/{container}/{blob}` with the account in the user name of a Basic header, in the host's
    name or before the signature of a SharedKey header; or `/{account}/{container}/{blob}`.

    Where none of these names it (requests 2.34 sends no Basic header for a URL with a user and no
    password) there is one address for every account that may be meant.
    """
    rest = raw_path.lstrip("/")
    host = _HOST.match(_user(headers.get("authorization", ""))) or _HOST.match(
        headers.get("host", "")
    )
    if host:
        _only_blobs(host[3])
        return [_address(host[1].lower(), rest)]
    return _guess(store, rest, _signer(headers.get("authorization", "")))


def _only_blobs(kind: str) -> None:
    if kind.lower() in _ELSEWHERE:
        raise Unsupported(_ELSEWHERE[kind.lower()])


def _guess(store: Store, rest: str, signer: str = "") -> list[Address]:
    first, _, below = rest.partition("/")
    accounts = store.accounts()
    if first in accounts:
        return [_address(first, below)]
    if signer in accounts:
        return [_address(signer, rest)]
    found = [_address(account, rest) for account in accounts]
    return [address for address in found if first and _has(store, address)] or found


def _has(store: Store, address: Address) -> bool:
    return store.place(address.account, check_container(address.container)).exists()


def _address(account: str, rest: str) -> Address:
    container, _, blob = rest.partition("/")
    return Address(account, _decoded(container), _decoded(blob))


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode()
    except UnicodeDecodeError:
        raise Wrong("InvalidUri", "the path of the URL is not UTF-8") from None


def _user(authorization: str) -> str:
    scheme, _, credential = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        user = base64.b64decode(credential).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return user if "." in user else f"{user}.blob."


def _signer(authorization: str) -> str:
    """The account of a SharedKey header, when it is a name and nothing else."""
    scheme, _, credential = authorization.partition(" ")
    account = credential.rpartition(":")[0]
    return account if scheme == "SharedKey" and account.isalnum() and account.islower() else ""
