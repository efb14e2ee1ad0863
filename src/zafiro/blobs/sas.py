"""Shared access signatures: what they say, making them, and checking them.

Three spellings are signed: the service SAS of a container (sr=c) and of a blob (sr=b), and the
account SAS. Fields and order as azure-storage-blob 12.31 signs them (`sv` 2020-12-06 and later)
and as its elder siblings did (2015-04-05 and later).
"""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import quote

from zafiro.blobs.domain import Refused
from zafiro.core import clock
from zafiro.core.errors import Unsupported
from zafiro.core.secrets import Secrets

VERSION = "2025-11-05"  # what we sign with, and answer with when a request names none

_NEW, _SNAPSHOTS, _OLDEST = "2020-12-06", "2018-11-09", "2015-04-05"
_OVERRIDES = ("rscc", "rscd", "rsce", "rscl", "rsct")


@dataclass(frozen=True)
class Signed:
    """What a good signature allows. `resources` is of an account SAS: of "s", "c" and "o"."""

    permissions: str
    resources: str = ""


def sign(key: str, text: str) -> str:
    """HMAC-SHA256 with a base64 key, as base64."""
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def mint_sas(
    secrets: Secrets,
    account: str,
    container: str,
    *,
    blob: str | None = None,
    permissions: str = "r",
    expires: datetime,
) -> str:
    """A service SAS without a leading "?", for a container, or for one blob in it.

    `permissions` of r (read) a (append) c (create) w (write) d (delete) l (list), in any order.
    """
    query = {
        "se": expires.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sp": "".join(letter for letter in "racwdxltmeopi" if letter in permissions),
        "sv": VERSION,
        "sr": "c" if blob is None else "b",
    }
    path = f"{account}/{container}" if blob is None else f"{account}/{container}/{blob}"
    query["sig"] = sign(secrets.account_key(account), _service_text(query, f"/blob/{path}"))
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())


def mint_account_sas(
    secrets: Secrets, account: str, *, permissions: str = "r", expires: datetime
) -> str:
    """The same for all containers of an account and the blobs in them."""
    query = {
        "se": expires.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sp": "".join(letter for letter in "rwdxlacuptfi" if letter in permissions),
        "sv": VERSION,
        "ss": "b",
        "srt": "co",
    }
    query["sig"] = sign(secrets.account_key(account), _account_text(query, account))
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())


def verify_sas(
    key: str,
    query: Mapping[str, str],
    names: Iterable[str],
    container: str,
    blob: str,
    *,
    secure: bool,
    client: str,
) -> Signed:
    """What this request's SAS allows.

    `names` are the spellings of the account's name a client may have signed: behind a path-style
    URL azure-storage-blob takes `storage/ACCOUNT.blob.core.windows.net` for the account. `client`
    is the caller's address. Raises Refused.
    """
    if "skoid" in query:
        raise Unsupported("a user delegation SAS")
    if query.get("si"):
        raise Unsupported("a SAS that names a stored access policy")
    if query.get("sr", "b") not in ("b", "c"):
        raise Unsupported(f"a SAS with sr={query['sr']}")
    if query.get("sv", "") < _OLDEST:
        raise _wrong(f"sv must be a version from {_OLDEST} on")
    whole_account = "ss" in query or "srt" in query
    for name in names:
        if whole_account:
            text = _account_text(query, name)
        else:
            path = f"/blob/{name}/{container}"
            text = _service_text(query, path if query.get("sr") == "c" else f"{path}/{blob}")
        if hmac.compare_digest(sign(key, text).encode(), query["sig"].encode()):
            break
    else:
        raise _wrong("Signature did not match")
    _check_times(query)
    _check_from(query, secure, client)
    if not whole_account:
        return Signed(query.get("sp", ""))
    if "b" not in query.get("ss", ""):
        raise Refused("AuthorizationServiceMismatch", "The SAS is not for the Blob service.")
    return Signed(query.get("sp", ""), query.get("srt", ""))


def _service_text(query: Mapping[str, str], resource: str) -> str:
    get, version = query.get, query.get("sv", "")
    fields = [get("sp", ""), get("st", ""), get("se", ""), resource, get("si", "")]
    fields += [get("sip", ""), get("spr", ""), version]
    if version >= _SNAPSHOTS:
        fields += [get("sr", ""), get("snapshot", "")]
    if version >= _NEW:
        fields.append(get("ses", ""))
    return "\n".join(fields + [get(name, "") for name in _OVERRIDES])


def _account_text(query: Mapping[str, str], account: str) -> str:
    fields = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]
    if query.get("sv", "") >= _NEW:
        fields.append("ses")
    return "".join(f"{line}\n" for line in [account, *(query.get(f, "") for f in fields)])


def _check_times(query: Mapping[str, str]) -> None:
    now = clock.now()
    if not query.get("se"):
        raise _wrong("se is mandatory")
    if now >= _moment("se", query["se"]):
        raise _wrong(f"Signature not valid in the specified time frame: expired {query['se']}")
    if query.get("st") and now < _moment("st", query["st"]):
        raise _wrong(f"Signature not valid in the specified time frame: starts {query['st']}")


def _check_from(query: Mapping[str, str], secure: bool, client: str) -> None:
    if query.get("spr") == "https" and not secure:
        raise Refused("AuthorizationProtocolMismatch", "The SAS is for https only.")
    if query.get("sip"):
        first, _, last = query["sip"].partition("-")
        try:
            low, high = ipaddress.ip_address(first), ipaddress.ip_address(last or first)
            here = ipaddress.ip_address(client)
            inside = low.version == here.version and int(low) <= int(here) <= int(high)
        except ValueError:
            inside = False
        if not inside:
            raise Refused("AuthorizationSourceIPMismatch", "The SAS is not for this address.")


def _moment(name: str, text: str) -> datetime:
    """Also of `2026-11-20`, `2026-11-20T17:00Z` and of seven digits behind the second."""
    head, dot, fraction = text.removesuffix("Z").partition(".")
    try:
        found = datetime.fromisoformat(f"{head}.{fraction[:6]:0<6}" if dot else head)
    except ValueError:
        raise _wrong(f"{name} is not a UTC time: '{text}'") from None
    return found.replace(tzinfo=timezone.utc) if found.tzinfo is None else found


def _wrong(why: str) -> Refused:
    return Refused("AuthenticationFailed", why)
