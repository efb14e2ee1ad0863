from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    AccessKeyConfiguration,
    AccountKeyConfiguration,
    ApiKeyConfiguration,
    AzureBlobStoreConnection,
    AzureOpenAIConnection,
    ManagedIdentityConfiguration,
    NoneCredentialConfiguration,
    PatTokenConfiguration,
    SasTokenConfiguration,
    ServicePrincipalConfiguration,
    UsernamePasswordConfiguration,
    WorkspaceConnection,
)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential

from zafiro.testing.live import Live


@pytest.fixture
def made(ml: MLClient) -> Iterator[list[str]]:
    names: list[str] = []
    yield names
    for name in names:
        ml.connections.delete(name)


def secrets(server: Live, ml: MLClient, name: str) -> dict[str, Any]:
    """What listsecrets answers; the client asks for the keys of API-key connections only."""
    ws = (
        f"/subscriptions/{ml.subscription_id}/resourceGroups/{ml.resource_group_name}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{ml.workspace_name}"
    )
    token = DefaultAzureCredential().get_token("https://management.azure.com/.default").token
    answer = httpx.post(
        f"{server.url}{ws}/connections/{name}/listsecrets?api-version=2024-04-01-preview",
        headers={"Authorization": f"Bearer {token}"},
        verify=server.variables["REQUESTS_CA_BUNDLE"],
    )
    found: dict[str, Any] = answer.raise_for_status().json()["properties"]
    return found.get("credentials") or {}


@pytest.mark.parametrize(
    ("type", "credentials", "kept"),
    [
        ("git", PatTokenConfiguration(pat="p"), {"pat": "p"}),
        ("git", NoneCredentialConfiguration(), {}),
        (
            "git",
            UsernamePasswordConfiguration(username="u", password="p"),
            {"username": "u", "password": "p"},
        ),
        ("python_feed", PatTokenConfiguration(pat="p"), {"pat": "p"}),
        (
            "container_registry",
            ManagedIdentityConfiguration(client_id="c", resource_id="r"),
            {"clientId": "c", "resourceId": "r"},
        ),
        (
            "s3",
            AccessKeyConfiguration(access_key_id="i", secret_access_key="s"),
            {"accessKeyId": "i", "secretAccessKey": "s"},
        ),
        (
            "snowflake",
            UsernamePasswordConfiguration(username="u", password="p"),
            {"username": "u", "password": "p"},
        ),
        (
            "azure_sql_db",
            ServicePrincipalConfiguration(tenant_id="t", client_id="c", client_secret="s"),
            {"tenantId": "t", "clientId": "c", "clientSecret": "s"},
        ),
        ("azure_synapse_analytics", SasTokenConfiguration(sas_token="s"), {"sas": "s"}),
        ("custom", ApiKeyConfiguration(key="k"), {"key": "k"}),
    ],
)
def test_a_connection_reads_back_as_it_was_made_without_its_secrets(
    ml: MLClient,
    server: Live,
    fresh: str,
    made: list[str],
    type: str,
    credentials: Any,
    kept: dict[str, str],
) -> None:
    asked = WorkspaceConnection(
        name=fresh,
        type=type,
        target="https://example.com/x",
        credentials=credentials,
        metadata={"a": "b"},
    )
    ml.connections.create_or_update(asked)
    made.append(fresh)
    got = ml.connections.get(fresh)
    assert (got.type, got.target, got.metadata) == (type, "https://example.com/x", {"a": "b"})
    assert got.credentials.type == credentials.type
    for field in ("pat", "password", "secret_access_key", "client_secret", "sas_token", "key"):
        assert not getattr(got.credentials, field, None)
    assert secrets(server, ml, fresh) == kept


def test_the_key_of_a_service_is_shown_only_when_asked(
    ml: MLClient, fresh: str, made: list[str]
) -> None:
    asked = AzureOpenAIConnection(
        name=fresh, azure_endpoint="https://x.example", api_key="k", api_version="v"
    )
    ml.connections.create_or_update(asked)
    made.append(fresh)
    got = ml.connections.get(fresh)
    assert isinstance(got, AzureOpenAIConnection)
    assert (got.azure_endpoint, got.api_version, got.api_key) == ("https://x.example", "v", None)
    assert ml.connections.get(fresh, populate_secrets=True).api_key == "k"


def test_lists_are_by_type_or_of_all(ml: MLClient, fresh: str, made: list[str]) -> None:
    git, blob = f"{fresh}g", f"{fresh}b"
    nobody = NoneCredentialConfiguration()
    ml.connections.create_or_update(
        WorkspaceConnection(name=git, type="git", target="https://x", credentials=nobody)
    )
    made.append(git)
    ml.connections.create_or_update(
        AzureBlobStoreConnection(
            name=blob,
            url="https://x",
            container_name="c",
            account_name="a",
            credentials=AccountKeyConfiguration(account_key="k"),
        )
    )
    made.append(blob)

    def names(**asked: Any) -> set[str]:
        return {c.name for c in ml.connections.list(**asked)} & {git, blob}

    assert names(connection_type="git") == {git}
    assert names(connection_type="azure_blob") == {blob}
    assert names() == names(include_data_connections=True) == {git, blob}


def test_a_deleted_connection_is_gone(ml: MLClient, fresh: str) -> None:
    asked = WorkspaceConnection(
        name=fresh, type="git", target="https://x", credentials=NoneCredentialConfiguration()
    )
    ml.connections.create_or_update(asked)
    ml.connections.delete(fresh)
    with pytest.raises(ResourceNotFoundError, match=fresh):
        ml.connections.get(fresh)


def test_a_bad_name_is_refused_with_a_reason(ml: MLClient) -> None:
    asked = WorkspaceConnection(
        name="x", type="git", target="https://x", credentials=NoneCredentialConfiguration()
    )
    with pytest.raises(HttpResponseError, match="3 to 33 letters"):
        ml.connections.create_or_update(asked)
