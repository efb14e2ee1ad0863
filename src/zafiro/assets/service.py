"""What may be asked of assets, of all kinds by the same verbs."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from sqlalchemy.orm import Session

from zafiro.assets import registered as registered
from zafiro.assets import store, uris
from zafiro.assets.containers import etag, locked, refresh
from zafiro.assets.domain import (
    COMPONENT_DEFAULT,
    KINDS,
    LATEST,
    MODELS,
    Asset,
    Container,
    Kind,
    counted,
    text,
)
from zafiro.assets.sources import Look, inspect
from zafiro.assets.store import VersionRow
from zafiro.assets.uploads import look as look
from zafiro.core import clock
from zafiro.core.context import Context
from zafiro.core.errors import Invalid, NotFound, Unsupported
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

# (session, workspace, job, name of one of its outputs) → the URI of that output, or None. The
# slice that knows jobs adds itself here.
Resolver = Callable[[Session, Workspace, str, str], str | None]
resolvers: list[Resolver] = []

# Said by the server, never kept from what a client sends back.
_COMPUTED = ("provisioningState", "latestVersion", "nextVersion")
_CONTAINER = ("description", "tags", "isArchived", "dataType", *_COMPUTED)


def furnish(ctx: Context, db: Session, workspace_id: str) -> None:
    """A new workspace has no assets."""


def clear(ctx: Context, db: Session, workspace_id: str) -> None:
    store.clear(db, workspaces.by_id(db, workspace_id).guid)


def kind_of(name: str) -> Kind:
    try:
        return KINDS[name.lower()]
    except KeyError:
        raise Unsupported(f"the asset kind '{name}'") from None


# -- reading ----------------------------------------------------------------------------------


def get(db: Session, workspace: Workspace, kind: str, name: str, version: str) -> Asset:
    """Raises NotFound, saying which version there is."""
    row = store.version(db, workspace.guid, kind, name, version)
    if row is None:
        raise _missing(db, workspace, kind, name, version)
    return store.asset(workspace.id, row)


def latest(db: Session, workspace: Workspace, kind: str, name: str) -> Asset:
    """The version made last that is not archived (the last of all if all are)."""
    found = store.newest(db, workspace.guid, kind, name) or store.newest(
        db, workspace.guid, kind, name, archived=True
    )
    if found is None:
        raise _missing(db, workspace, kind, name, "")
    return store.asset(workspace.id, found)


def labelled(db: Session, workspace: Workspace, kind: str, name: str, label: str) -> Asset:
    """`latest`; components have `default` too, which is the same version; models have the
    aliases that MLflow's clients gave them."""
    holder = store.container(db, workspace.guid, kind, name) if kind == MODELS else None
    aliases = holder.aliases if holder else {}
    if label in aliases:
        return get(db, workspace, kind, name, aliases[label])
    known = (LATEST, "default") if kind == "components" else (LATEST, *aliases)
    if label.lower() not in known:
        raise NotFound("label", label, f"labels of {kind} are: {', '.join(known)}")
    return latest(db, workspace, kind, name)


def resolve(db: Session, workspace: Workspace, reference: str, kind: str = "") -> Asset:
    """The asset a reference names: an ARM id of a version or label (any case, with or without
    `azureml:`), `azureml:name:version`, `azureml:name@latest`; a bare name means the latest.

    `kind` says what the short forms are. Raises NotFound; Invalid for what is no reference or
    lies in another workspace; Unsupported for registries.
    """
    named = uris.reference(reference, kind)
    if named.room and named.room.lower() not in (workspace.id.lower(), workspace.guid.lower()):
        raise Invalid(
            "reference",
            f"'{reference}' lies in another workspace than '{workspace.name}'; "
            "register the asset here to use it",
        )
    of = kind_of(named.kind).name
    if named.label:
        return labelled(db, workspace, of, named.name, named.label)
    if not named.version or (of == "components" and named.version == COMPONENT_DEFAULT):
        return latest(db, workspace, of, named.name)
    return get(db, workspace, of, named.name, named.version)


def find_by_hash(db: Session, workspace: Workspace, kind: str, hash: str) -> list[Asset]:
    """Those with that content, whatever their names, newest first."""
    return [store.asset(workspace.id, row) for row in store.by_hash(db, workspace.guid, kind, hash)]


def of_run(db: Session, workspace: Workspace, run: str, *, limit: int = 100) -> list[Asset]:
    """What was made of a run's outputs, oldest first."""
    return [store.asset(workspace.id, row) for row in store.of_run(db, workspace.guid, run, limit)]


def versions(
    db: Session,
    workspace: Workspace,
    kind: str,
    name: str,
    *,
    by: str = "created",
    descending: bool = True,
    archived: bool | None = False,
    stage: str = "",
    wanted: Callable[[Asset], bool] | None = None,
    after: int | None = None,
    limit: int = 200,
) -> tuple[list[Asset], int | None]:
    """One page of a name's versions, and what to pass as `after` for the next one.

    by: "created" or "modified". `archived` None takes both; those of an archived container count
    as archived. An unknown name has none.
    """
    holder = store.container(db, workspace.guid, kind, name)
    if holder is None or (holder.is_archived and archived is False):
        return [], None
    if holder.is_archived and archived:
        archived = None
    rows = store.versions(
        db,
        workspace.guid,
        kind,
        name,
        by=by,
        descending=descending,
        archived=archived,
        stage=stage,
        after=after,
        limit=None if wanted else limit + 1,
    )
    found = [(row.number, store.asset(workspace.id, row)) for row in rows]
    if wanted:
        found = [(number, asset) for number, asset in found if wanted(asset)]
    more = found[limit - 1][0] if len(found) > limit else None
    return [asset for _, asset in found[:limit]], more


def container(db: Session, workspace: Workspace, kind: str, name: str) -> Container:
    row = store.container(db, workspace.guid, kind, name)
    if row is None:
        raise NotFound(KINDS[kind].singular, name)
    return store.about(workspace.id, row)


def containers(
    db: Session,
    workspace: Workspace,
    kind: str,
    *,
    archived: bool | None = False,
    after: str = "",
    limit: int | None = None,
) -> list[Container]:
    """By name; those that hold anonymous assets are not shown."""
    rows = store.containers(db, workspace.guid, kind, archived=archived, after=after, limit=limit)
    return [store.about(workspace.id, row) for row in rows]


# -- writing ----------------------------------------------------------------------------------


def put(
    db: Session,
    workspace: Workspace,
    kind: str,
    name: str,
    version: str,
    body: Mapping[str, Any],
    *,
    look: Look | None = None,
    by: str = "",
) -> tuple[Asset, bool]:
    """Write a version, and its container with the first; True when the version is new.

    `body` is the ARM resource: {"properties": {…}} and what stands beside it.
    What was sent before and is not sent now is kept: clients leave out what they do not change.
    With `look`, what the asset points at has to be there when it is on this machine.

    Raises PathFixed or Conflict for another definition under a version that exists, Invalid for
    properties that make no sense, an archived container, or a job output nobody knows.
    """
    of = kind_of(kind)
    holder, _ = locked(db, workspace, of.name, name, by=by)
    row = store.version(db, workspace.guid, of.name, name, version)
    new = row is None
    kept: dict[str, Any] = dict(row.body["properties"]) if row else {}
    sent = {k: v for k, v in (body.get("properties") or {}).items() if v is not None}
    properties = {**kept, **{k: v for k, v in sent.items() if k not in _COMPUTED}}
    anonymous = bool(properties.get("isAnonymous"))
    if of.uri:
        properties[of.uri] = placed(db, workspace, of, text(properties, of.uri))
    if of.name == "components":
        _say_version(properties, version, anonymous)
    of.check(properties)
    if row is not None and not anonymous:
        of.must_match(name, version, kept, properties)
    if look is not None and (row is None or anonymous):
        properties.update(inspect(of, properties, look))
    if new and holder.is_archived and not anonymous:
        raise Invalid(
            "name", f"{of.singular} '{name}' is archived; restore it before adding a version"
        )
    at = clock.now()
    if row is None:
        row = VersionRow(
            workspace=workspace.guid,
            kind=of.name,
            key=holder.key,
            version_key=version.lower(),
            name=holder.name,
            version=version,
            counted=counted(version),
            source=text(sent, of.uri) if of.uri else "",
            run_id=text(properties, "jobName") or uris.run_of(text(sent, of.uri)),
            created_at=at,
            created_by=by,
        )
        db.add(row)
    beside = {k: v for k, v in body.items() if k != "properties"}
    row.body = {**(row.body or {}), **beside, "properties": properties}
    row.type, row.hash = of.type(properties), of.hash(properties)
    row.uri, row.stage = text(properties, of.uri) if of.uri else "", text(properties, "stage")
    row.is_archived, row.is_anonymous = bool(properties.get("isArchived")), anonymous
    row.etag, row.modified_at = etag(), at
    holder.counted = max(holder.counted, counted(version))
    holder.is_anonymous = holder.is_anonymous and anonymous
    holder.modified_at = at
    db.flush()
    refresh(db, holder)
    return store.asset(workspace.id, row), new


def register(
    db: Session,
    workspace: Workspace,
    kind: str,
    name: str,
    version: str | None,
    properties: Mapping[str, Any],
    *,
    look: Look | None = None,
    by: str = "",
) -> Asset:
    """The same for other slices, which have a properties bag ({"dataUri": …}, {"modelUri": …});
    under the next free version when none is given."""
    if not version:
        holder, _ = locked(db, workspace, kind_of(kind).name, name, by=by)
        version = store.next_version(holder)
    body = {"properties": properties}
    return put(db, workspace, kind, name, version, body, look=look, by=by)[0]


def put_container(
    db: Session,
    workspace: Workspace,
    kind: str,
    name: str,
    properties: Mapping[str, Any],
    *,
    by: str = "",
) -> tuple[Container, bool]:
    """Create or change what is said about all versions: archived or not, tags, description.

    What is not sent is kept; the versions are not touched.
    """
    of = kind_of(kind)
    row, new = locked(db, workspace, of.name, name, by=by)
    row.is_anonymous = row.is_anonymous and not new
    sent = {k: v for k, v in properties.items() if v is not None}
    row.description = sent.get("description", row.description)
    row.tags = sent.get("tags", row.tags)
    row.is_archived = bool(sent.get("isArchived", row.is_archived))
    row.extra = {**row.extra, **{k: v for k, v in sent.items() if k not in _CONTAINER}}
    row.etag, row.modified_at = etag(), clock.now()
    db.flush()
    return store.about(workspace.id, row), new


def delete(
    db: Session, workspace: Workspace, kind: str, name: str, version: str | None = None
) -> bool:
    """A version, or all of a name. Whether there was one. A version's number is not given
    again while its container is there."""
    if version is None:
        return store.remove(db, workspace.guid, kind, name)
    row = store.version(db, workspace.guid, kind, name, version)
    holder = store.container(db, workspace.guid, kind, name, lock=True)
    if row is None or holder is None:
        return False
    db.delete(row)
    db.flush()
    holder.aliases = {a: v for a, v in holder.aliases.items() if v != row.version}
    holder.modified_at = clock.now()
    refresh(db, holder)
    return True


def pointing_into(db: Session, guid: str, folder: str) -> list[str]:
    """Artifact paths, in or below `folder`, of what assets of a workspace (by its GUID) lie in:
    "ExperimentRun/dcid.x/model" for one below "ExperimentRun/dcid.x", however its URI says so."""
    spelled = [folder]
    run = folder.removeprefix("ExperimentRun/dcid.")
    if run != folder and "/" not in run:
        spelled += [f"jobs/{run}/outputs/artifacts/paths", f"runs:/{run}"]
    found = []
    for uri in store.uris_with(db, guid, spelled):
        said = unquote(uri)
        for part in spelled:
            _, there, after = said.partition(part)
            if there and (not after or after.startswith("/")):
                found.append((folder + after).rstrip("/"))
    return found


def placed(db: Session, workspace: Workspace, of: Kind, uri: str) -> str:
    """`uri` in the form that every client can read: paths in datastores in full, job outputs and
    run artifacts as the paths they lie at.

    Raises Invalid for an output of a job that nobody knows.
    """
    found = uris.place(workspace, uri)
    if isinstance(found, uris.JobOutput):
        answers = (ask(db, workspace, found.job, found.output) for ask in resolvers)
        base = next((answer for answer in answers if answer), None)
        if base is None:
            raise Invalid(of.uri, f"job '{found.job}' has no output '{found.output}' to register")
        return placed(db, workspace, of, f"{base.rstrip('/')}/{found.path}" if found.path else base)
    return uri if found is None else uris.long(workspace, found)


def _say_version(properties: dict[str, Any], version: str, anonymous: bool) -> None:
    """azure-ai-ml 1.35.2 reads a component's version from its spec."""
    spec = properties.get("componentSpec")
    if isinstance(spec, dict) and (not anonymous or not spec.get("version")):
        properties["componentSpec"] = {**spec, "version": version}


def _missing(db: Session, workspace: Workspace, kind: str, name: str, version: str) -> NotFound:
    holder = store.container(db, workspace.guid, kind, name)
    said = KINDS[kind].singular
    if holder is None:
        return NotFound(said, f"{name}:{version}" if version else name)
    if not version:
        return NotFound(said, name, "it has no versions any more")
    hint = f"its latest version is {holder.latest}" if holder.latest else ""
    return NotFound(said, f"{name}:{version}", hint)
