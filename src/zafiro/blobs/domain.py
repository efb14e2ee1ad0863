"""What a blob is, which names there are, and what a conditional request asks."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from zafiro.core.errors import Conflict, Denied, Invalid
from zafiro.core.names import is_account

BLOCK, APPEND = "BlockBlob", "AppendBlob"
OCTETS = "application/octet-stream"

_CONTAINER = re.compile(r"\$root|\$web|\$logs|(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")


class Wrong(Invalid):
    """A request the protocol does not allow; `code` as Azure spells it."""

    def __init__(self, code: str, why: str, status: int = 400) -> None:
        super().__init__("", why)
        self.code, self.status = code, status


class Clash(Conflict):
    """409, or 412 with `precondition`; `code` as Azure spells it."""

    def __init__(self, code: str, why: str, *, precondition: bool = False) -> None:
        super().__init__(why, precondition=precondition)
        self.code = code


class Refused(Denied):
    """401 with `unknown`, else 403; `code` as Azure spells it."""

    def __init__(self, code: str, why: str, *, unknown: bool = False) -> None:
        super().__init__(why, unknown=unknown)
        self.code = code


class Unchanged(Exception):
    """304: the reader has it already."""


@dataclass(frozen=True)
class Traits:
    """What a client may say about a blob's content, beside the bytes. md5 is base64."""

    content_type: str = OCTETS
    md5: str = ""
    encoding: str = ""
    language: str = ""
    disposition: str = ""
    cache_control: str = ""
    tier: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Blob:
    """A blob as it was when looked at. Times are ns since 1970; `etag` carries its quotes."""

    name: str
    size: int
    etag: str
    modified_ns: int
    created_ns: int
    kind: str = BLOCK
    traits: Traits = Traits()
    blocks: tuple[tuple[str, int], ...] = ()  # committed block ids and their sizes
    appended: int = 0  # how often an append blob was appended to

    @property
    def modified(self) -> datetime:
        """To the second, as HTTP says it."""
        return datetime.fromtimestamp(self.modified_ns // 1_000_000_000, timezone.utc)


def etag(*parts: int) -> str:
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()
    return f'"0x{digest.upper()}"'


def check_account(name: str) -> str:
    if not is_account(name):
        raise Wrong(
            "InvalidResourceName", f"an account is 3 to 24 lower-case letters and digits: '{name}'"
        )
    return name


def check_container(name: str) -> str:
    if not _CONTAINER.fullmatch(name):
        raise Wrong(
            "InvalidResourceName",
            "a container is 3 to 63 lower-case letters, digits and single hyphens, "
            f"not hyphens at its ends: '{name}'",
        )
    return name


def check_blob(name: str) -> str:
    """Raises for what no store could keep. `a//b` and `a/` are names; `a/../b` is not."""
    if not name or len(name) > 1024:
        raise Wrong("InvalidUri", "a blob's name has 1 to 1,024 characters")
    if "\0" in name:
        raise Wrong("InvalidUri", "a blob's name holds no NUL")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise Wrong("InvalidUri", "a blob's name is UTF-8") from None
    if not {".", ".."}.isdisjoint(name.split("/")):
        raise Wrong("InvalidUri", "no segment of a blob's name may be '.' or '..'")
    return name


def is_plain(name: str) -> bool:
    """Whether a file of this very name could stand in the container's folder."""
    encoded = name.encode()
    return len(encoded) < 3000 and all(0 < len(part) < 256 for part in encoded.split(b"/"))


@dataclass(frozen=True)
class Conditions:
    """The conditional headers of a request."""

    match: str = ""
    none_match: str = ""
    modified_since: datetime | None = None
    unmodified_since: datetime | None = None

    def __bool__(self) -> bool:
        return self != NO_CONDITIONS

    @classmethod
    def of(cls, headers: Mapping[str, str], prefix: str = "") -> "Conditions":
        """`prefix` is "x-ms-source-" for the conditions on the source of a copy."""
        return cls(
            headers.get(f"{prefix}if-match", ""),
            headers.get(f"{prefix}if-none-match", ""),
            _moment(headers, f"{prefix}if-modified-since"),
            _moment(headers, f"{prefix}if-unmodified-since"),
        )

    def check_write(self, blob: Blob | None) -> None:
        """Raises Clash 412 when they fail; 409 for "only when new" and there is one."""
        if self.none_match == "*" and blob is not None:
            raise Clash("BlobAlreadyExists", "The specified blob already exists.")
        if self.match and not _matches(self.match, blob):
            raise _not_met()
        if blob is None:
            return
        if self.none_match and _matches(self.none_match, blob):
            raise _not_met()
        if self.modified_since and blob.modified <= self.modified_since:
            raise _not_met()
        if self.unmodified_since and blob.modified > self.unmodified_since:
            raise _not_met()

    def check_read(self, blob: Blob) -> None:
        """Raises Unchanged (304) or Clash (412)."""
        if self.match and not _matches(self.match, blob):
            raise _not_met()
        if self.unmodified_since and blob.modified > self.unmodified_since:
            raise _not_met()
        if self.none_match:
            if _matches(self.none_match, blob):
                raise Unchanged
        elif self.modified_since and blob.modified <= self.modified_since:
            raise Unchanged


NO_CONDITIONS = Conditions()


def _not_met() -> Clash:
    return Clash(
        "ConditionNotMet",
        "The condition specified using HTTP conditional header(s) is not met.",
        precondition=True,
    )


def _matches(wanted: str, blob: Blob | None) -> bool:
    if blob is None:
        return False
    bare = blob.etag.strip('"')
    return wanted == "*" or bare in (one.strip().strip('"') for one in wanted.split(","))


def _moment(headers: Mapping[str, str], name: str) -> datetime | None:
    text = headers.get(name)
    if not text:
        return None
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        raise Wrong("InvalidHeaderValue", f"{name} is not an HTTP date: '{text}'") from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def span(text: str, size: int) -> tuple[int, int] | None:
    """What `bytes=a-b` asks of `size` bytes: (first, how many), or None for all of them.

    An end past the last byte is cut. Raises Wrong 416 for a start past it, as Azure does; a header
    that is not one range of bytes is ignored, as RFC 9110 wants.
    """
    found = re.fullmatch(r"\s*bytes=([0-9]{0,19})-([0-9]{0,19})\s*", text)
    if not found or found[0].strip() == "bytes=-":
        return None
    if not found[1]:  # the last n bytes
        count = min(int(found[2]), size)
        first = size - count
    else:
        first = int(found[1])
        last = int(found[2]) if found[2] else size - 1
        if found[2] and last < first:
            return None
        count = min(last, size - 1) - first + 1
    if count <= 0:
        raise Wrong(
            "InvalidRange",
            "The range specified is invalid for the current size of the resource.",
            416,
        )
    return first, count


def block_id(text: str) -> bytes:
    """The bytes behind a base64 block id, at most 64."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""
    if not 0 < len(raw) <= 64:
        raise Wrong(
            "InvalidQueryParameterValue", f"a block id is base64 of 1 to 64 bytes: '{text}'"
        )
    return raw
