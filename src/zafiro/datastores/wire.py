"""JSON shapes of datastores.

Source: azure-ai-ml 1.35.2, arm_ml_service/models (2024-10-01-preview).
"""

from typing import Any

from pydantic import field_validator

from zafiro.arm.resource import Wire
from zafiro.core.errors import Invalid
from zafiro.core.names import STORAGE_SUFFIX
from zafiro.datastores.domain import CONTAINER_OF, TYPES, Datastore

# credentialsType → the secret it holds, and what must stand beside it.
SECRET_OF = {
    "AccountKey": "key",
    "Sas": "sasToken",
    "ServicePrincipal": "clientSecret",
    "Certificate": "certificate",
}
_PRINCIPAL = ("tenantId", "clientId", "authorityUrl", "resourceUrl", "thumbprint")


class DatastoreShape(Wire):
    datastore_type: str
    account_name: str | None = None
    container_name: str | None = None
    file_share_name: str | None = None
    filesystem: str | None = None
    store_name: str | None = None
    one_lake_workspace_name: str | None = None
    artifact: dict[str, Any] | None = None
    endpoint: str | None = None
    protocol: str | None = None
    description: str | None = None
    is_default: bool | None = None
    credentials: dict[str, Any] | None = None
    tags: dict[str, str | None] | None = None

    @field_validator("datastore_type")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in TYPES:
            raise ValueError(f"'{value}' is not one of {', '.join(TYPES)}")
        return value


def check(properties: dict[str, Any]) -> None:
    """Raises Invalid when what the type needs is missing."""
    kind = properties["datastoreType"]
    needed = {
        "AzureDataLakeGen1": ("storeName",),
        "OneLake": ("oneLakeWorkspaceName", "artifact"),
    }.get(kind) or ("accountName", CONTAINER_OF[kind])
    for field in needed:
        if not properties.get(field):
            raise Invalid(f"properties.{field}", f"a datastore of type {kind} needs it")


def split(credentials: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """(what may be shown, the secret or None when none was sent).

    The secret has the form that listSecrets answers. Raises Invalid for an unknown kind.
    """
    given = credentials or {}
    kind, bag = str(given.get("credentialsType") or "None"), given.get("secrets") or {}
    if not isinstance(bag, dict):
        raise Invalid("properties.credentials.secrets", "is an object")
    if kind == "None":
        return {"credentialsType": "None"}, None
    if kind not in SECRET_OF:
        known = ", ".join((*SECRET_OF, "None"))
        raise Invalid("properties.credentials.credentialsType", f"'{kind}' is not one of {known}")
    shown = {"credentialsType": kind, **{k: given[k] for k in _PRINCIPAL if given.get(k)}}
    value = bag.get(SECRET_OF[kind])
    if not value:
        return shown, None
    text = str(value).lstrip("?") if kind == "Sas" else str(value)
    return shown, {"secretsType": kind, SECRET_OF[kind]: text}


def shown(url: str, store: Datastore, properties: dict[str, Any]) -> dict[str, Any]:
    """The properties as they are answered: accounts of this server with the address at which
    they are now, so that https://{accountName}.blob.{endpoint} leads to them."""
    if not store.local:
        return properties
    account = f"{url.removeprefix('https://')}/storage/{store.account}"
    reached = {"accountName": account, "endpoint": STORAGE_SUFFIX, "protocol": "https"}
    return {**properties, **reached}
