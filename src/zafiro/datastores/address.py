"""The URIs that name data, taken apart. Pure: knows no datastore and no disk."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from zafiro.core.errors import Invalid, Unsupported


@dataclass(frozen=True)
class InDatastore:
    """workspace: (subscription, group, name) when the URI says it."""

    datastore: str
    path: str
    workspace: tuple[str, str, str] | None = None


@dataclass(frozen=True)
class InAccount:
    """account: "" when the URL lost it (see `parse`). service: blob, dfs or file.
    here: the URL names this server, so the account can only be one of its own.
    """

    account: str
    container: str
    path: str
    service: str = "blob"
    query: str = ""
    here: bool = False


@dataclass(frozen=True)
class OnTheWeb:
    url: str


Address = InDatastore | InAccount | OnTheWeb

_DATASTORE = re.compile(
    r"azureml://(?:subscriptions/([^/]+)/resourcegroups/([^/]+)/(?:providers/[^/]+/)?"
    r"workspaces/([^/]+)/)?datastores/([^/]+)(?:/paths(?:/(.*))?|/(ExperimentRun/.+))?/?",
    re.IGNORECASE | re.DOTALL,
)
_ACCOUNT_HOST = re.compile(
    r"([a-z0-9]{3,24})\.(blob|dfs|file)\.core\.windows\.net(?::\d+)?", re.IGNORECASE
)
_STORAGE = "/storage/"


def parse(uri: str, ours: Collection[str]) -> Address:
    """What kind of place `uri` is. `ours`: the host names of this server.

    Ports are not compared for URLs of this server: it may have moved since they were written.
    `https://OURS/storage/{container}/{path}` lost its account: azure-ai-ml 1.35.2 joins the URL
    of an account written as a path with a blob's name in a way that drops the last segment.

    Raises Invalid for what is no address of data, Unsupported for schemes Azure has and we do not.
    """
    match = _DATASTORE.fullmatch(uri)
    if match:
        subscription, group, workspace, datastore, path, artifact = match.groups()
        room = (subscription, group, workspace) if workspace else None
        return InDatastore(datastore, artifact or path or "", room)
    try:
        url = urlsplit(uri)
        url.port  # noqa: B018 raises for what is no number
    except ValueError as e:
        raise Invalid("uri", f"'{uri}' is not a URI: {e}") from e
    match url.scheme.lower():
        case "https" | "http":
            return _web(uri, url, ours)
        case "wasbs" | "wasb" | "abfss" | "abfs":
            return _hadoop(uri, url, ours)
        case "adl":
            raise Unsupported("'adl://' (Azure Data Lake Storage Gen1, retired by Azure)")
        case "azureml":
            raise Invalid("uri", f"'{uri}' does not name a datastore and a path in it")
    raise Invalid(
        "uri",
        f"'{uri}' has the scheme '{url.scheme}'; known are azureml, https, http, wasbs and abfss",
    )


def _web(uri: str, url: SplitResult, ours: Collection[str]) -> Address:
    host = url.hostname or ""
    if not host:
        raise Invalid("uri", f"'{uri}' names no host")
    path = unquote(url.path)
    user = _ACCOUNT_HOST.fullmatch(unquote(url.username or ""))
    if host in ours and user:  # https://ACCOUNT.blob.core.windows.net@HOST:PORT/container/path
        return _in_account(user, path, url.query, here=True)
    if host in ours and path.startswith(_STORAGE):
        first, _, rest = path[len(_STORAGE) :].partition("/")
        account = _ACCOUNT_HOST.fullmatch(first)
        if account:
            return _in_account(account, rest, url.query, here=True)
        return InAccount("", first, rest, query=url.query, here=True)
    account = _ACCOUNT_HOST.fullmatch(host)
    return _in_account(account, path, url.query) if account else OnTheWeb(uri)


def _in_account(host: re.Match[str], path: str, query: str, *, here: bool = False) -> InAccount:
    container, _, rest = path.lstrip("/").partition("/")
    return InAccount(host[1].lower(), container, rest, host[2].lower(), query, here)


def _hadoop(uri: str, url: SplitResult, ours: Collection[str]) -> Address:
    container, _, place = url.netloc.rpartition("@")
    if not container:
        # Microsoft's own examples write wasbs://ACCOUNT/CONTAINER/PATH, as in an https URL.
        host, path = _ACCOUNT_HOST.fullmatch(place), unquote(url.path)
        if host and path.lstrip("/").partition("/")[2]:
            return _in_account(host, path, "")
        raise Invalid("uri", f"'{uri}' names no container: write {url.scheme}://container@account…")
    path = unquote(url.path)
    host = _ACCOUNT_HOST.fullmatch(place)
    if host:
        return InAccount(host[1].lower(), container, path.lstrip("/"), host[2].lower())
    if url.hostname in ours and path.startswith(_STORAGE):
        # As users write it who take the account's name from one of our datastores.
        first, _, rest = path[len(_STORAGE) :].partition("/")
        host = _ACCOUNT_HOST.fullmatch(first)
        if host:
            return InAccount(host[1].lower(), container, rest, host[2].lower(), here=True)
    if (url.hostname or "").endswith(".fabric.microsoft.com"):
        raise Unsupported("reading from OneLake")
    raise Invalid("uri", f"'{uri}' names no storage account (…blob.core.windows.net)")
