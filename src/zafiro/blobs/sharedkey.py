"""SharedKey: requests signed with the key of the account."""

import hmac
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.utils import parsedate_to_datetime

from zafiro.blobs.domain import Refused
from zafiro.blobs.sas import sign
from zafiro.core import clock

_SIGNED = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)
_SKEW = timedelta(minutes=15)  # Azure's own
# Clients sort header names as Azure does, by a table in which a hyphen weighs nothing until all
# else is equal and an underscore comes before digits (azure-storage-blob 12.31); others sort by
# bytes. Both are accepted, the key proves the rest.
_WEIGHTS = str.maketrans({"-": None, "_": "!"})


def verify_shared_key(
    key: str,
    credential: str,
    method: str,
    raw_path: str,
    headers: Mapping[str, str],
    query: Sequence[tuple[str, str]],
) -> None:
    """Check `Authorization: SharedKey {credential}`. Raises Refused.

    `credential` is `{account as the client knows it}:{signature}`; that account name is part of
    what was signed and nothing else: the key decides. `raw_path` as it stood in the request.
    """
    account, _, signature = credential.strip().rpartition(":")
    names = [name for name in headers if name.startswith("x-ms-")]
    first = [method, *(headers.get(name, "") for name in _SIGNED)]
    if first[3] == "0":
        first[3] = ""
    if headers.get("x-ms-date"):
        first[6] = ""
    resource = f"/{account}{raw_path}"
    for name, value in sorted((name.lower(), value) for name, value in query):
        resource += f"\n{name}:{value}"
    for order in (
        sorted(names, key=lambda name: (name.translate(_WEIGHTS), name)),
        sorted(names),
    ):
        lines = [*first, *(f"{name}:{headers[name].strip()}" for name in order), resource]
        if hmac.compare_digest(sign(key, "\n".join(lines)).encode(), signature.encode()):
            return _check_date(headers.get("x-ms-date") or headers.get("date", ""))
    raise Refused(
        "AuthenticationFailed",
        "The MAC signature found in the HTTP request is not the same as any computed signature.",
    )


def _check_date(text: str) -> None:
    try:
        fresh = abs(clock.now() - parsedate_to_datetime(text)) <= _SKEW
    except (ValueError, TypeError):
        fresh = False
    if not fresh:
        raise Refused(
            "AuthenticationFailed",
            f"Request date header too old or too new (or missing): '{text}'. Check the clock.",
        )
