"""What a datastore is, and where a URI leads."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from zafiro.core.errors import Invalid
from zafiro.core.names import ARTIFACT_STORE, BLOB_STORE, FILE_STORE, WORKING_STORE

BUILT_IN = (BLOB_STORE, ARTIFACT_STORE, FILE_STORE, WORKING_STORE)

# Type → the property that names the container.
CONTAINER_OF = {
    "AzureBlob": "containerName",
    "AzureFile": "fileShareName",
    "AzureDataLakeGen2": "filesystem",
}
TYPES = (*CONTAINER_OF, "AzureDataLakeGen1", "OneLake")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}")
# How an account of this server is shown to clients: HOST:PORT/storage/ACCOUNT.
_SHOWN = re.compile(r"[^/]+/storage/([A-Za-z0-9]{3,24})")


@dataclass(frozen=True)
class Datastore:
    """account, container: empty for the types that have none (Gen1, OneLake).
    local: the account is one of this server's; its bytes are plain files.
    credentials: "AccountKey", "Sas", "ServicePrincipal", "Certificate" or "None".
    """

    id: str
    name: str
    type: str
    account: str
    container: str
    local: bool
    endpoint: str
    protocol: str
    credentials: str
    is_default: bool

    @property
    def is_built_in(self) -> bool:
        return self.name.lower() in BUILT_IN

    @property
    def uri(self) -> str:
        """Of its root, in the short form; append the path."""
        return f"azureml://datastores/{self.name}/paths/"


@dataclass(frozen=True)
class Location:
    """Where a URI leads: `path` on this server, else `url` to fetch.

    path        a file or folder, which need not be there yet
    url         https, with what it takes to read it; a secret, never to be logged
    account, container, name
                of a blob or file in a storage account (empty for other URLs); at such a `url`
                folders can be listed too
    writable    whether work may write there
    """

    uri: str
    path: Path | None = None
    url: str = field(default="", repr=False)
    account: str = ""
    container: str = ""
    name: str = ""
    writable: bool = False


def check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid(
            "name",
            f"'{name}' is no datastore name: 1 to 255 letters, digits, '-' or '_', beginning with "
            "a letter or digit",
        )


def plain_account(shown: str) -> str:
    """An account's own name, also from the form in which clients were shown it."""
    match = _SHOWN.fullmatch(shown)
    return match[1] if match else shown


def segments(path: str, uri: str) -> list[str]:
    """The parts of a path inside a container. Raises Invalid for one that could lead out."""
    parts = [part for part in path.split("/") if part]
    if "\0" in path or not {".", ".."}.isdisjoint(parts):
        raise Invalid("uri", f"'{uri}' has a '.' or '..' (or a NUL) in its path")
    return parts


def below(folder: Path, parts: list[str], uri: str) -> Path:
    """folder/parts, not led out of `folder` by a symbolic link. Raises Invalid if it is."""
    path = folder.joinpath(*parts)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Invalid("uri", f"'{uri}' leads out of its container by a symbolic link")
    return path
