from collections.abc import Iterator

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    AccountKeyConfiguration,
    AzureBlobDatastore,
    AzureDataLakeGen1Datastore,
    AzureDataLakeGen2Datastore,
    AzureFileDatastore,
    CertificateConfiguration,
    Datastore,
    NoneCredentialConfiguration,
    OneLakeArtifact,
    OneLakeDatastore,
    SasTokenConfiguration,
    ServicePrincipalConfiguration,
)
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobServiceClient

from zafiro.testing.live import Live

_PRINCIPAL = {"tenant_id": "t", "client_id": "c", "authority_url": "https://login.example"}


@pytest.fixture
def made(ml: MLClient) -> Iterator[list[str]]:
    names: list[str] = []
    yield names
    for name in names:
        ml.datastores.delete(name)


def test_a_workspace_has_a_default_datastore_the_client_can_reach(
    ml: MLClient, server: Live
) -> None:
    store = ml.datastores.get_default()
    host = server.url.removeprefix("https://")
    assert isinstance(store, AzureBlobDatastore)
    assert store.name == "workspaceblobstore"
    assert store.account_name.startswith(f"{host}/storage/")
    assert (store.endpoint, store.protocol) == ("core.windows.net", "https")
    names = {s.name for s in ml.datastores.list()}
    assert {"workspaceblobstore", "workspaceartifactstore", "workspacefilestore"} <= names
    assert isinstance(ml.datastores.get("workspacefilestore"), AzureFileDatastore)


@pytest.mark.parametrize("name", ["workspaceblobstore", "workspaceartifactstore"])
def test_the_signature_of_a_datastore_opens_its_storage(
    ml: MLClient, server: Live, fresh: str, name: str
) -> None:
    store = ml.datastores.get(name, include_secrets=True)
    account = f"{store.protocol}://{store.account_name}.blob.{store.endpoint}"
    service = BlobServiceClient(account, credential=store.credentials.sas_token)
    container = service.get_container_client(store.container_name)
    container.upload_blob(f"{fresh}/a.txt", b"hello")
    assert [b.name for b in container.list_blobs(fresh)] == [f"{fresh}/a.txt"]
    files = [p for p in (server.home / "storage").rglob("a.txt") if fresh in p.parts]
    assert [p.read_bytes() for p in files] == [b"hello"]
    if name == "workspaceartifactstore":
        elsewhere = service.get_container_client(f"{store.container_name}x")
        with pytest.raises(ClientAuthenticationError):
            elsewhere.upload_blob("b.txt", b"")


@pytest.mark.parametrize(
    ("store", "secret"),
    [
        (
            AzureBlobDatastore(
                name="",
                account_name="mytestblobstore",
                container_name="data-container",
                description="a blob",
                tags={"a": "b"},
                credentials=AccountKeyConfiguration(account_key="abcd"),
            ),
            "account_key",
        ),
        (
            AzureBlobDatastore(
                name="",
                account_name="mytestblobstore",
                container_name="data-container",
                credentials=SasTokenConfiguration(sas_token="sv=1&sig=2"),
            ),
            "sas_token",
        ),
        (
            AzureFileDatastore(
                name="",
                account_name="mytestfilestore",
                file_share_name="my-share",
                credentials=AccountKeyConfiguration(account_key="abcd"),
            ),
            "account_key",
        ),
        (
            AzureDataLakeGen2Datastore(
                name="",
                account_name="mytestdatalakegen2",
                filesystem="my-gen2-container",
                credentials=ServicePrincipalConfiguration(client_secret="x", **_PRINCIPAL),
            ),
            "client_secret",
        ),
        (
            AzureDataLakeGen1Datastore(
                name="",
                store_name="mytestdatalakegen1",
                credentials=CertificateConfiguration(
                    certificate="x", thumbprint="y", resource_url="r", **_PRINCIPAL
                ),
            ),
            "certificate",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else value.type,
)
def test_a_datastore_reads_back_as_it_was_made_its_secret_only_when_asked(
    ml: MLClient, fresh: str, made: list[str], store: Datastore, secret: str
) -> None:
    store.name = fresh
    ml.datastores.create_or_update(store)
    made.append(fresh)
    got = ml.datastores.get(fresh)
    assert not getattr(got.credentials, secret)
    full = ml.datastores.get(fresh, include_secrets=True)
    assert full.credentials == store.credentials
    asked = {k: v for k, v in store._to_dict().items() if v}
    assert asked.items() <= full._to_dict().items()


def test_datastores_without_credentials_have_none(
    ml: MLClient, fresh: str, made: list[str]
) -> None:
    lake = OneLakeDatastore(
        name=fresh,
        one_lake_workspace_name="w",
        endpoint="onelake.dfs.fabric.microsoft.com",
        artifact=OneLakeArtifact(name="a.Lakehouse/Files", type="lake_house"),
    )
    ml.datastores.create_or_update(lake)
    made.append(fresh)
    got = ml.datastores.get(fresh, include_secrets=True)
    assert isinstance(got.credentials, NoneCredentialConfiguration)
    assert got.artifact.name == "a.Lakehouse/Files"


def test_a_datastore_on_the_workspaces_account_is_reached_like_its_own(
    ml: MLClient, fresh: str, made: list[str]
) -> None:
    account = ml.datastores.get_default().account_name
    store = AzureBlobDatastore(name=fresh, account_name=account, container_name="extra")
    assert ml.datastores.create_or_update(store).account_name == account
    made.append(fresh)


def test_a_datastore_that_was_read_can_be_written_back(
    ml: MLClient, fresh: str, made: list[str]
) -> None:
    store = AzureBlobDatastore(
        name=fresh,
        account_name="mytestblobstore",
        container_name="c",
        credentials=AccountKeyConfiguration(account_key="abcd"),
    )
    ml.datastores.create_or_update(store)
    made.append(fresh)
    got = ml.datastores.get(fresh)
    got.description = "changed"
    ml.datastores.create_or_update(got)
    again = ml.datastores.get(fresh, include_secrets=True)
    assert (again.description, again.credentials.account_key) == ("changed", "abcd")


def test_the_workspaces_own_datastores_cannot_be_deleted(ml: MLClient) -> None:
    with pytest.raises(ResourceExistsError, match="cannot be deleted"):
        ml.datastores.delete("workspaceblobstore")


def test_a_missing_or_misnamed_datastore_is_said(ml: MLClient) -> None:
    with pytest.raises(ResourceNotFoundError, match="nothing_here"):
        ml.datastores.get("nothing_here")
    bad = AzureBlobDatastore(name="no/pe", account_name="a", container_name="c")
    with pytest.raises(HttpResponseError):
        ml.datastores.create_or_update(bad)


def test_more_datastores_than_fit_a_page_are_all_listed(
    ml: MLClient, fresh: str, made: list[str]
) -> None:
    wanted = {f"{fresh}{n}" for n in range(35)}
    for name in sorted(wanted):
        store = AzureBlobDatastore(name=name, account_name="elsewhere", container_name="c")
        ml.datastores.create_or_update(store)
        made.append(name)
    listed = [s.name for s in ml.datastores.list()]
    assert wanted <= set(listed)
    assert len(listed) == len(set(listed))
