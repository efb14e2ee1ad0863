"""The headers and the XML that the Blob protocol speaks."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from email.utils import format_datetime
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from zafiro.blobs.blocks import MOST_BLOCKS, BlockLists
from zafiro.blobs.containers import Container
from zafiro.blobs.domain import APPEND, Blob, Traits, Wrong
from zafiro.blobs.listing import Page

_HEAD = '<?xml version="1.0" encoding="utf-8"?>'
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Response headers and the traits behind them.
_TRAIT_HEADERS = (
    ("content-encoding", "encoding"),
    ("content-language", "language"),
    ("content-disposition", "disposition"),
    ("cache-control", "cache_control"),
)


def http_date(ns: int) -> str:
    moment = datetime.fromtimestamp(ns // 1_000_000_000, timezone.utc)
    return format_datetime(moment, usegmt=True)


def error(code: str, message: str, detail: Mapping[str, str] | None = None) -> bytes:
    more = "".join(f"<{k}>{_text(v)}</{k}>" for k, v in (detail or {}).items())
    return (
        f"{_HEAD}<Error><Code>{code}</Code><Message>{_text(message)}</Message>{more}</Error>"
    ).encode()


# -- headers ------------------------------------------------------------------------------------


def traits_of(headers: Mapping[str, str], metadata: Mapping[str, str]) -> Traits:
    """What the x-ms-blob-* headers of Put Blob, Put Block List and Set Properties say."""
    get = headers.get
    return Traits(
        get("x-ms-blob-content-type", "") or get("content-type", ""),
        get("x-ms-blob-content-md5", ""),
        get("x-ms-blob-content-encoding", "") or get("content-encoding", ""),
        get("x-ms-blob-content-language", "") or get("content-language", ""),
        get("x-ms-blob-content-disposition", ""),
        get("x-ms-blob-cache-control", "") or get("cache-control", ""),
        get("x-ms-access-tier", ""),
        metadata,
    )


def version_headers(blob: Blob) -> dict[str, str]:
    """What an answer to a write says: which version there is now."""
    return {"etag": blob.etag, "last-modified": http_date(blob.modified_ns)}


def blob_headers(blob: Blob, overrides: Mapping[str, str]) -> dict[str, str]:
    """All about a blob, for GET and HEAD; `overrides` are the rsc* parameters of a SAS."""
    traits = blob.traits
    found = version_headers(blob) | {
        "content-type": traits.content_type,
        "accept-ranges": "bytes",
        "x-ms-blob-type": blob.kind,
        "x-ms-creation-time": http_date(blob.created_ns),
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
        "x-ms-server-encrypted": "false",
    }
    for header, name in _TRAIT_HEADERS:
        if value := getattr(traits, name):
            found[header] = value
    if blob.kind == APPEND:
        found["x-ms-blob-committed-block-count"] = str(blob.appended)
    else:
        found["x-ms-access-tier"] = traits.tier or "Hot"
        if not traits.tier:
            found["x-ms-access-tier-inferred"] = "true"
    for name, value in traits.metadata.items():
        found[f"x-ms-meta-{name}"] = value
    for parameter, header in (
        ("rscc", "cache-control"),
        ("rscd", "content-disposition"),
        ("rsce", "content-encoding"),
        ("rscl", "content-language"),
        ("rsct", "content-type"),
    ):
        if parameter in overrides:
            if any(not sign.isprintable() or sign > "\xff" for sign in overrides[parameter]):
                raise Wrong("InvalidQueryParameterValue", f"{parameter} is no value of a header")
            found[header] = overrides[parameter]
    return found


def container_headers(container: Container) -> dict[str, str]:
    return {
        "etag": container.etag,
        "last-modified": http_date(container.modified_ns),
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
        "x-ms-has-immutability-policy": "false",
        "x-ms-has-legal-hold": "false",
        **{f"x-ms-meta-{name}": value for name, value in container.metadata.items()},
    }


# -- lists --------------------------------------------------------------------------------------


def blob_list(
    endpoint: str, container: str, asked: Mapping[str, str], page: Page, *, metadata: bool
) -> bytes:
    """Source: List Blobs; order of elements as azure-storage-blob 12.31 reads them."""
    lines = [
        f"{_HEAD}<EnumerationResults ServiceEndpoint={quoteattr(endpoint)} "
        f"ContainerName={quoteattr(container)}>"
    ]
    lines += _echo(asked, ("prefix", "marker", "maxresults", "delimiter"))
    lines.append("<Blobs>")
    lines += [_blob(blob, metadata) for blob in page.blobs]
    lines += [f"<BlobPrefix>{_name(prefix)}</BlobPrefix>" for prefix in page.prefixes]
    following = quote(page.next, safe="") if page.next else ""
    lines.append(f"</Blobs><NextMarker>{following}</NextMarker></EnumerationResults>")
    return "".join(lines).encode()


def container_list(
    endpoint: str,
    asked: Mapping[str, str],
    containers: Iterable[Container],
    following: str,
    *,
    metadata: bool,
) -> bytes:
    lines = [f"{_HEAD}<EnumerationResults ServiceEndpoint={quoteattr(endpoint)}>"]
    lines += _echo(asked, ("prefix", "marker", "maxresults"))
    lines.append("<Containers>")
    for container in containers:
        lines.append(
            f"<Container><Name>{_text(container.name)}</Name><Properties>"
            f"<Last-Modified>{http_date(container.modified_ns)}</Last-Modified>"
            f"<Etag>{_text(container.etag)}</Etag><LeaseStatus>unlocked</LeaseStatus>"
            "<LeaseState>available</LeaseState></Properties>"
            f"{_metadata(container.metadata) if metadata else ''}</Container>"
        )
    lines.append(f"</Containers><NextMarker>{_text(following)}</NextMarker></EnumerationResults>")
    return "".join(lines).encode()


def block_lists(found: BlockLists, which: str) -> bytes:
    """`which` of committed, uncommitted, all."""
    lines = [f"{_HEAD}<BlockList>"]
    for name, blocks in (
        ("Committed", found.committed),
        ("Uncommitted", found.uncommitted),
    ):
        if which in (name.lower(), "all"):
            rows = (
                f"<Block><Name>{_text(block)}</Name><Size>{size}</Size></Block>"
                for block, size in blocks
            )
            lines.append(f"<{name}Blocks>{''.join(rows)}</{name}Blocks>")
    lines.append("</BlockList>")
    return "".join(lines).encode()


def service_properties() -> bytes:
    """Nothing is logged, counted, deleted softly or served to other origins."""
    return (
        f"{_HEAD}<StorageServiceProperties><Logging><Version>1.0</Version><Delete>false</Delete>"
        "<Read>false</Read><Write>false</Write><RetentionPolicy><Enabled>false</Enabled>"
        "</RetentionPolicy></Logging><HourMetrics><Version>1.0</Version><Enabled>false</Enabled>"
        "</HourMetrics><MinuteMetrics><Version>1.0</Version><Enabled>false</Enabled>"
        "</MinuteMetrics><Cors/><DeleteRetentionPolicy><Enabled>false</Enabled>"
        "</DeleteRetentionPolicy><StaticWebsite><Enabled>false</Enabled></StaticWebsite>"
        "</StorageServiceProperties>"
    ).encode()


def no_policies() -> bytes:
    return f"{_HEAD}<SignedIdentifiers/>".encode()


def wanted_blocks(body: bytes) -> Iterator[tuple[str, str]]:
    """The (Committed|Uncommitted|Latest, block id) of a Put Block List, in order."""
    if b"<!" in body:  # no entities, no document types: nothing that could grow
        raise Wrong("InvalidXmlDocument", "XML specified is not syntactically valid.")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as e:
        raise Wrong("InvalidXmlDocument", f"XML specified is not syntactically valid: {e}") from e
    if root.tag != "BlockList" or len(root) > MOST_BLOCKS:
        raise Wrong("InvalidXmlDocument", f"a BlockList of at most {MOST_BLOCKS} blocks is needed")
    for block in root:
        if block.tag not in ("Committed", "Uncommitted", "Latest"):
            raise Wrong("InvalidXmlNodeValue", f"there are no <{block.tag}> blocks")
        yield block.tag, (block.text or "").strip()


def _blob(blob: Blob, metadata: bool) -> str:
    traits = blob.traits
    rows = [
        f"<Blob>{_name(blob.name)}<Properties>"
        f"<Creation-Time>{http_date(blob.created_ns)}</Creation-Time>"
        f"<Last-Modified>{http_date(blob.modified_ns)}</Last-Modified>"
        f"<Etag>{blob.etag[1:-1]}</Etag><Content-Length>{blob.size}</Content-Length>"
        f"<Content-Type>{_text(traits.content_type)}</Content-Type>"
        f"<Content-Encoding>{_text(traits.encoding)}</Content-Encoding>"
        f"<Content-Language>{_text(traits.language)}</Content-Language>"
        f"<Content-MD5>{_text(traits.md5)}</Content-MD5>"
        f"<Cache-Control>{_text(traits.cache_control)}</Cache-Control>"
        f"<Content-Disposition>{_text(traits.disposition)}</Content-Disposition>"
        f"<BlobType>{blob.kind}</BlobType>"
    ]
    if blob.kind != APPEND:
        rows.append(f"<AccessTier>{_text(traits.tier or 'Hot')}</AccessTier>")
        if not traits.tier:
            rows.append("<AccessTierInferred>true</AccessTierInferred>")
    rows.append(
        "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
        "<ServerEncrypted>false</ServerEncrypted></Properties>"
        f"{_metadata(traits.metadata) if metadata else ''}<OrMetadata/></Blob>"
    )
    return "".join(rows)


def _metadata(metadata: Mapping[str, str]) -> str:
    rows = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in metadata.items())
    return f"<Metadata>{rows}</Metadata>"


def _echo(asked: Mapping[str, str], names: Iterable[str]) -> Iterator[str]:
    tags = {
        "prefix": "Prefix",
        "marker": "Marker",
        "maxresults": "MaxResults",
        "delimiter": "Delimiter",
    }
    for name in names:
        if asked.get(name):
            yield f"<{tags[name]}>{_text(asked[name])}</{tags[name]}>"


def _name(name: str) -> str:
    if _NOT_XML.search(name):
        return f'<Name Encoded="true">{quote(name)}</Name>'
    return f"<Name>{_text(name)}</Name>"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text)).replace("\r", "&#13;")
