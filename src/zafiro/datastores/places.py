"""Where a URI leads, as seen by the work of one workspace."""

from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from sqlalchemy.orm import Session

from zafiro.core.context import Context
from zafiro.core.errors import Denied, Invalid, NotFound, Unsupported
from zafiro.core.names import STORAGE_SUFFIX
from zafiro.datastores import address, kept
from zafiro.datastores.address import InAccount, InDatastore, OnTheWeb
from zafiro.datastores.domain import Location, below, segments
from zafiro.workspaces import service as workspaces
from zafiro.workspaces.domain import Workspace

_SERVICE = {"AzureBlob": "blob", "AzureDataLakeGen2": "dfs", "AzureFile": "file"}


def locate(ctx: Context, db: Session, workspace: Workspace, uri: str) -> Location:
    """Where the data behind `uri` is, as seen by the work of `workspace`.

    Understood, in any case: azureml://datastores/D/paths/P, the long form of it,
    azureml://datastores/D/ExperimentRun/…, URLs of this server's storage (also those that lost
    their account), wasbs://, abfss://, https:// and http://. What lies in Azure and on other hosts
    is taken from settings.url_mirror where that has it. Nothing need exist there.

    Raises Invalid for what is no such URI or leads out of its container, NotFound for an unknown
    datastore, account or container, Denied for an account of this server that the workspace has
    no key for, Unsupported for what cannot be read yet.
    """
    found = address.parse(uri.strip(), _hosts(ctx))
    match found:
        case InDatastore():
            return _in_datastore(ctx, db, workspace, uri, found)
        case OnTheWeb():
            return _mirrored(ctx, uri, found.url) or Location(uri, url=found.url)
    account = found.account or _account_with(ctx, db, workspace, found.container, uri)
    if kept.is_local(ctx, account):
        if _is_own(workspace, account) or _has_key(ctx, db, workspace, account):
            return _on_disk(ctx, uri, account, found.container, found.path)
        if "sig=" in found.query:
            return _over_http(ctx, uri, account, found.container, found.path, found.query)
        raise _not_yours(workspace, account)
    if found.here:
        raise NotFound("storage account", account)
    return _in_azure(ctx, db, workspace, uri, found)


def _in_datastore(
    ctx: Context, db: Session, workspace: Workspace, uri: str, found: InDatastore
) -> Location:
    room = workspaces.find(db, *found.workspace) if found.workspace else workspace
    record = kept.record(db, room, found.datastore)
    store, is_ours = kept.of_record(ctx, record), room.guid == workspace.guid
    place = (store.account, store.container, found.path)
    if store.local and _is_own(workspace, store.account):
        return _on_disk(ctx, uri, *place)
    if store.local and is_ours and kept.opens(ctx, record, store):
        return _on_disk(ctx, uri, *place)
    if store.local and is_ours and store.credentials == "Sas":
        return _over_http(ctx, uri, *place, kept.secrets(ctx, record)["sasToken"])
    if store.local:
        raise _not_yours(workspace, store.account)
    if not is_ours:
        raise Denied(
            f"the datastore '{store.name}' belongs to the workspace '{room.name}'; "
            f"register one like it in '{workspace.name}'"
        )
    if store.type not in _SERVICE:
        raise Unsupported(f"reading from datastores of type {store.type} ('{store.name}')")
    parts = segments(found.path, uri)
    host = f"{store.account}.{_SERVICE[store.type]}.{store.endpoint}"
    bare = f"https://{host}/{quote('/'.join((store.container, *parts)))}"
    there = _mirrored(ctx, uri, bare)
    if there:
        return there
    match store.credentials:
        case "None":
            url = bare
        case "Sas":
            url = f"{bare}?{kept.secrets(ctx, record)['sasToken']}"
        case other:
            raise Unsupported(
                f"reading '{store.name}' in Azure with credentials of type {other} (a Sas works)"
            )
    name = "/".join(parts)
    return Location(uri, url=url, account=store.account, container=store.container, name=name)


def _in_azure(
    ctx: Context, db: Session, workspace: Workspace, uri: str, found: InAccount
) -> Location:
    """An account of Azure's, by URL: what the workspace knows of it opens it."""
    parts = segments(found.path, uri)
    path = quote("/".join((found.container, *parts)))
    bare = f"https://{found.account}.{found.service}.{STORAGE_SUFFIX}/{path}"
    there = _mirrored(ctx, uri, bare)
    if there:
        return there
    query = found.query
    if not query:
        for record in kept.records(db, workspace):
            store = kept.of_record(ctx, record)
            same = (store.account.lower(), store.container) == (found.account, found.container)
            if same and store.credentials == "Sas":
                query = kept.secrets(ctx, record)["sasToken"]
    return Location(
        uri,
        url=f"{bare}?{query}" if query else bare,
        account=found.account,
        container=found.container,
        name="/".join(parts),
    )


def _on_disk(ctx: Context, uri: str, account: str, container: str, path: str) -> Location:
    parts = segments(path, uri)
    if not container or container.startswith(".") or "/" in container or "\0" in container:
        raise Invalid("uri", f"'{uri}' names no container")
    folder = ctx.home.storage / account / container
    if not folder.is_dir():
        raise NotFound("container", container, f"it is not in the storage account '{account}'")
    where = below(folder, parts, uri)
    return Location(uri, where, "", account, container, "/".join(parts), writable=True)


def _over_http(
    ctx: Context, uri: str, account: str, container: str, path: str, query: str
) -> Location:
    """An account of this server that only a signature opens: its storage face judges that."""
    parts = segments(path, uri)
    place = quote("/".join((container, *parts)))
    url = f"{ctx.url}/storage/{account}.blob.{STORAGE_SUFFIX}/{place}?{query}"
    return Location(uri, url=url, account=account, container=container, name="/".join(parts))


def _mirrored(ctx: Context, uri: str, url: str) -> Location | None:
    """What stands in for `url` on this machine, if there is something."""
    if not ctx.settings.url_mirror:
        return None
    split = urlsplit(url)
    folder = Path(ctx.settings.url_mirror).expanduser().absolute()
    parts = segments(f"{split.hostname}/{unquote(split.path)}", uri)
    where = below(folder, parts, uri)
    return Location(uri, where) if where.exists() else None


def _is_own(workspace: Workspace, account: str) -> bool:
    return account == workspace.storage_account.lower()


def _has_key(ctx: Context, db: Session, workspace: Workspace, account: str) -> bool:
    """Whether one of the workspace's datastores holds the key of an account of this server."""
    return any(
        kept.opens(ctx, record, store)
        for record in kept.records(db, workspace)
        if (store := kept.of_record(ctx, record)).account == account
    )


def _account_with(ctx: Context, db: Session, workspace: Workspace, container: str, uri: str) -> str:
    """The account that a URL lost, from what the workspace knows."""
    for record in kept.records(db, workspace):
        store = kept.of_record(ctx, record)
        if store.local and store.container == container:
            return store.account
    raise Invalid("uri", f"'{uri}' names no storage account, and no datastore has '{container}'")


def _not_yours(workspace: Workspace, account: str) -> Denied:
    return Denied(
        f"the workspace '{workspace.name}' has no key of the storage account '{account}'; "
        "register a datastore with its account key"
    )


def _hosts(ctx: Context) -> set[str]:
    given = {urlsplit(url).hostname or "" for url in (ctx.url, ctx.storage_url)}
    return {*given, "localhost", "127.0.0.1"} - {""}
