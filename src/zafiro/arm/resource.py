"""A resource type declares itself; zafiro.arm.router does the verbs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy.orm import Session
from starlette.responses import Response

from zafiro.arm.ids import ResourceId
from zafiro.core import documents
from zafiro.core.caller import Caller
from zafiro.core.context import Context
from zafiro.core.documents import Record
from zafiro.core.errors import Invalid, NotFound


class Wire(BaseModel):
    """A JSON shape Microsoft owns: camelCase outside, snake_case inside, unknown fields kept."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", protected_namespaces=()
    )

    def dump(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_none=True, mode="json")


class Envelope(Wire):
    """What stands beside `properties`, of every type."""

    location: str | None = None
    kind: str | None = None
    tags: dict[str, str | None] | None = None
    identity: dict[str, Any] | None = None
    sku: dict[str, Any] | None = None


@dataclass(frozen=True)
class Call:
    """One request to ARM: everything a type may want to know.

    id      of the resource, or of the one that holds the collection
    query   the query parameters, names lower-cased
    after   run when the transaction has committed (wake a loop, delete files)
    """

    ctx: Context
    db: Session
    caller: Caller
    id: ResourceId
    query: Mapping[str, str]
    headers: Mapping[str, str]
    after: list[Callable[[], None]] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """`next` is an opaque, URL-safe token for the page behind this one, or None."""

    records: Sequence[Record]
    next: str | None = None


class Keeper(Protocol):
    """Who keeps resources of a type. `Documents` is one; a slice with a table is another."""

    def put(self, call: Call, body: dict[str, Any]) -> tuple[Record, bool]:
        """Create or replace; True when new. Must honour If-Match where etags are shown."""
        ...

    def get(self, call: Call) -> Record: ...
    def under(self, call: Call, collection: str) -> Page:
        """`collection`: the last segment of the path ("versions"), below `call.id`."""
        ...

    def delete(self, call: Call) -> bool:
        """Whether there was anything to delete."""
        ...


class Documents:
    """Keeps resources as documents."""

    page_size = 200

    def put(self, call: Call, body: dict[str, Any]) -> tuple[Record, bool]:
        return documents.put(
            call.db,
            str(call.id),
            body,
            if_match=call.headers.get("if-match"),
            if_none_match=call.headers.get("if-none-match"),
            by=call.caller.name,
        )

    def get(self, call: Call) -> Record:
        found = documents.find(call.db, str(call.id))
        if found is None:
            raise NotFound(singular(call.id.segments[-2]), call.id.name)
        return found

    def under(self, call: Call, collection: str) -> Page:
        size = rows(call.query, self.page_size)
        holder = str(call.id)
        after = call.query.get("$skiptoken", "")
        found = documents.under(call.db, f"{holder}/{collection}", after=after, limit=size + 1)
        return Page(found[:size], found[size - 1].name if len(found) > size else None)

    def delete(self, call: Call) -> bool:
        return documents.delete(call.db, str(call.id))


Prepare = Callable[[Call, dict[str, Any]], dict[str, Any]]
Action = Callable[[Call, Record, dict[str, Any]], "dict[str, Any] | Response | None"]


@dataclass(frozen=True)
class ResourceType:
    """One ARM type.

    path        its place in the tree, without names: "workspaces/datastores"; types of other
                providers in full: "Microsoft.Storage/storageAccounts"
    shape       the wire model that checks the `properties` bag
    keeper      who keeps it; documents unless the type has behaviour
    prepare     (call, body) → body to keep: rules that need more than the shape; may raise Invalid
    reply       (call, record) → the body a GET shows, when it is not the one kept (secrets)
    actions     POST .../{name}/{action}, names lower-cased; `act` reads the kept record first
    created     status of a PUT that made something new; some clients accept only 200
    deleted     status of a DELETE that found something
    """

    path: str
    shape: type[Wire] = Wire
    keeper: Keeper = field(default_factory=Documents)
    prepare: Prepare = lambda call, body: body
    reply: Callable[[Call, Record], dict[str, Any]] = lambda call, record: record.body
    actions: Mapping[str, Action] = field(default_factory=dict)
    created: int = 201
    deleted: int = 200


@dataclass(frozen=True)
class ArmRoute:
    """A path of ARM's that is not a resource: "/subscriptions/{s}/providers/.../vmSizes".

    `act(call, names, body)`: `names` holds what stood for the braces.
    """

    method: str
    path: str
    act: Callable[["RouteCall"], "dict[str, Any] | Response | None"]


@dataclass(frozen=True)
class RouteCall:
    ctx: Context
    db: Session
    caller: Caller
    names: Mapping[str, str]
    query: Mapping[str, str]
    body: dict[str, Any]
    after: list[Callable[[], None]] = field(default_factory=list)


def rows(query: Mapping[str, str], usual: int, most: int = 1000) -> int:
    """How many rows a list is asked for: `$top`, or `count` as some clients spell it. Raises
    Invalid."""
    given = query.get("$top") or query.get("count") or str(usual)
    if not given.isdecimal() or len(given) > 18 or int(given) < 1:
        raise Invalid("$top", f"'{given}' is not a number of rows")
    return min(int(given), most)


def after(query: Mapping[str, str], *names: str) -> int | None:
    """Where a page that ended at a number goes on; `names` beside $skipToken. Raises Invalid."""
    given = next((v for n in ("$skiptoken", *names) if (v := query.get(n))), "")
    if given and (not given.isdecimal() or len(given) > 18):
        raise Invalid("$skipToken", f"'{given}' was not given by this server")
    return int(given) if given else None


def singular(collection: str) -> str:
    """'datastores' → 'datastore', for messages."""
    return {"data": "data asset", "codes": "code", "versions": "version"}.get(
        collection, collection[:-1] if collection.endswith("s") else collection
    )
