"""What azure-storage-blob itself sees, in both spellings of the account's URL."""

import hashlib
import io
import os
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.credentials import AccessToken
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import (
    AccountSasPermissions,
    BlobBlock,
    BlobPrefix,
    BlobSasPermissions,
    BlobServiceClient,
    ContainerClient,
    ContainerSasPermissions,
    ContentSettings,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)

from zafiro.blobs.service import mint_sas

from .conftest import ACCOUNT, World

MakeContainer = Callable[..., ContainerClient]


def soon() -> datetime:
    return datetime.now(timezone.utc) + timedelta(hours=1)


def service(world: World, url: str, credential: Any) -> BlobServiceClient:
    return BlobServiceClient(
        url,
        credential,
        connection_verify=str(world.cert),
        retry_total=0,
        max_single_get_size=1 << 20,
    )


@pytest.fixture(params=["path", "user"])
def client(world: World, request: pytest.FixtureRequest) -> BlobServiceClient:
    """May do everything, by an account SAS."""
    url = world.path_url if request.param == "path" else world.user_url
    sas = generate_account_sas(
        ACCOUNT,
        world.key,
        ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions.from_string("racwdl"),
        soon(),
    )
    return service(world, url, sas)


@pytest.fixture
def container(client: BlobServiceClient) -> ContainerClient:
    return client.create_container(f"c-{os.urandom(6).hex()}")


def test_what_is_put_is_a_plain_file_and_comes_back(
    world: World, container: ContainerClient
) -> None:
    blob = container.get_blob_client("a/b c/é+%.txt")
    blob.upload_blob(b"hello", metadata={"upload_status": "completed"})
    path = world.store.path(ACCOUNT, container.container_name, "a/b c/é+%.txt")
    assert path.read_bytes() == b"hello"
    assert blob.download_blob().readall() == b"hello"
    found = blob.get_blob_properties()
    assert found.size == 5 and found.metadata == {"upload_status": "completed"}
    assert bytes(found.content_settings.content_md5) == hashlib.md5(b"hello").digest()
    assert found.blob_type == "BlockBlob" and found.etag and found.last_modified


def test_a_file_that_appeared_by_itself_is_a_blob(world: World, container: ContainerClient) -> None:
    path = world.store.path(ACCOUNT, container.container_name, "run/outputs/model.bin")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    blob = container.get_blob_client("run/outputs/model.bin")
    assert [b.name for b in container.list_blobs()] == ["run/outputs/model.bin"]
    first = blob.get_blob_properties()
    assert (first.size, first.blob_type) == (7, "BlockBlob")
    path.write_bytes(b"other weights")
    assert blob.get_blob_properties().etag != first.etag
    assert blob.download_blob().readall() == b"other weights"


def test_a_big_upload_arrives_in_blocks(world: World, container: ContainerClient) -> None:
    content = os.urandom(9_000_001)
    client = ContainerClient.from_container_url(
        container.url,
        connection_verify=str(world.cert),
        max_single_put_size=1 << 20,
        max_block_size=1 << 20,
        max_single_get_size=1 << 20,
        max_chunk_get_size=1 << 20,
    )
    blob = client.get_blob_client("big")
    blob.upload_blob(content, max_concurrency=4, validate_content=True, metadata={"k": "v"})
    assert blob.download_blob(max_concurrency=4, validate_content=True).readall() == content
    assert blob.get_blob_properties().metadata == {"k": "v"}
    committed, staged = blob.get_block_list("all")
    assert [block.size for block in committed] == [1 << 20] * 8 + [9_000_001 - (8 << 20)]
    assert staged == []


def test_a_large_single_put_and_get_stream(container: ContainerClient) -> None:
    content = os.urandom(12_345_678)
    blob = container.get_blob_client("one")
    blob.upload_blob(io.BytesIO(content), length=len(content))
    assert blob.download_blob().readall() == content
    assert blob.download_blob(offset=5, length=11_000_000).readall() == content[5:11_000_005]
    assert blob.download_blob(offset=12_345_670).readall() == content[-8:]


def test_committed_blocks_can_be_used_again(container: ContainerClient) -> None:
    blob = container.get_blob_client("pieces")
    blob.stage_block("AAAA", b"one")
    blob.stage_block("BBBB", b"two")
    with pytest.raises(ResourceNotFoundError):
        blob.get_blob_properties()
    assert [b.id for b in blob.get_block_list("uncommitted")[1]] == ["AAAA", "BBBB"]
    blob.commit_block_list([BlobBlock("BBBB"), BlobBlock("AAAA")])
    assert blob.download_blob().readall() == b"twoone"
    blob.stage_block("CCCC", b"three")
    blob.commit_block_list([BlobBlock("AAAA"), BlobBlock("CCCC"), BlobBlock("AAAA")])
    assert blob.download_blob().readall() == b"onethreeone"
    with pytest.raises(HttpResponseError) as e:
        blob.commit_block_list([BlobBlock("DDDD")])
    assert e.value.error_code == "InvalidBlockList"


def test_logs_grow_by_appending(container: ContainerClient) -> None:
    blob = container.get_blob_client("logs/std_log.txt")
    blob.create_append_blob(metadata={"a": "b"})
    assert blob.append_block(b"one\n")["blob_append_offset"] == "0"
    done = blob.append_block(b"two\n", appendpos_condition=4)
    assert done["blob_append_offset"] == "4" and done["blob_committed_block_count"] == 2
    with pytest.raises(HttpResponseError) as e:
        blob.append_block(b"x", appendpos_condition=4)
    assert e.value.error_code == "AppendPositionConditionNotMet"
    with pytest.raises(HttpResponseError) as e:
        blob.append_block(b"x", maxsize_condition=8)
    assert e.value.error_code == "MaxBlobSizeConditionNotMet"
    blob.upload_blob(b"three\n" * 400_000, blob_type="AppendBlob")
    assert blob.download_blob().readall() == b"one\ntwo\n" + b"three\n" * 400_000
    found = blob.get_blob_properties()
    assert found.blob_type == "AppendBlob" and found.metadata == {"a": "b"}
    container.upload_blob("block", b"")
    with pytest.raises(ResourceExistsError) as clash:
        container.get_blob_client("block").append_block(b"x")
    assert clash.value.error_code == "InvalidBlobType"


def test_lists_group_and_page(container: ContainerClient) -> None:
    names = ["a.b", "a/1", "a/2/x", "a0", "b", "dir/", "x//y", "z" * 300]
    for name in names:
        container.upload_blob(name, name.encode(), metadata={"n": str(len(name))})
    assert [b.name for b in container.list_blobs()] == sorted(names)
    pages = list(container.list_blobs(results_per_page=3).by_page())
    assert [[b.name for b in page] for page in pages] == [
        sorted(names)[i : i + 3] for i in range(0, len(names), 3)
    ]
    top = list(container.walk_blobs(delimiter="/"))
    assert sorted((type(i) is BlobPrefix, i.name) for i in top) == [
        (False, "a.b"),
        (False, "a0"),
        (False, "b"),
        (False, "z" * 300),
        (True, "a/"),
        (True, "dir/"),
        (True, "x/"),
    ]
    assert {i.name for i in container.walk_blobs("a/", delimiter="/")} == {"a/1", "a/2/"}
    assert [i.name for i in container.list_blobs(name_starts_with="a/")] == ["a/1", "a/2/x"]
    assert [i.name for i in container.list_blobs("a")] == ["a.b", "a/1", "a/2/x", "a0"]
    found = {b.name: b.metadata for b in container.list_blobs(include=["metadata"])}
    assert found["x//y"] == {"n": "4"} and found["a/2/x"] == {"n": "5"}
    for name in names:
        assert container.download_blob(name).readall() == name.encode()
        container.delete_blob(name)
    assert list(container.list_blobs()) == []


def test_a_file_and_a_folder_of_one_name_live_side_by_side(container: ContainerClient) -> None:
    container.upload_blob("a", b"file")
    container.upload_blob("a/b", b"below")
    container.upload_blob("c/d", b"below")
    container.upload_blob("c", b"file")
    assert [b.name for b in container.list_blobs()] == ["a", "a/b", "c", "c/d"]
    for name, content in (("a", b"file"), ("a/b", b"below"), ("c", b"file"), ("c/d", b"below")):
        assert container.download_blob(name).readall() == content
    container.delete_blob("a")
    assert [b.name for b in container.list_blobs()] == ["a/b", "c", "c/d"]


def test_a_second_upload_needs_overwrite(container: ContainerClient) -> None:
    blob = container.get_blob_client("once")
    blob.upload_blob(b"1")
    with pytest.raises(ResourceExistsError) as e:
        blob.upload_blob(b"2")
    assert e.value.error_code == "BlobAlreadyExists"
    with pytest.raises(ResourceExistsError):
        blob.upload_blob(os.urandom(3 << 20))
    assert blob.download_blob().readall() == b"1"
    blob.upload_blob(b"2", overwrite=True)
    assert blob.download_blob().readall() == b"2"


def test_conditions_are_kept(container: ContainerClient) -> None:
    blob = container.get_blob_client("c")
    with pytest.raises(HttpResponseError) as missing:
        blob.upload_blob(
            b"x", etag='"0x1"', match_condition=MatchConditions.IfNotModified, overwrite=True
        )
    assert missing.value.status_code == 412
    blob.upload_blob(b"1")
    old = blob.get_blob_properties().etag
    changed = blob.set_blob_metadata({"a": "1"})
    assert changed["etag"] != old
    with pytest.raises(ResourceModifiedError) as modified:
        blob.delete_blob(etag=old, match_condition=MatchConditions.IfNotModified)
    assert modified.value.error_code == "ConditionNotMet"
    with pytest.raises(HttpResponseError) as same:
        blob.download_blob(etag=changed["etag"], match_condition=MatchConditions.IfModified)
    assert same.value.status_code == 304
    later = datetime.now(timezone.utc) + timedelta(days=1)
    with pytest.raises(HttpResponseError) as unmodified:
        blob.get_blob_properties(if_modified_since=later)
    assert unmodified.value.status_code == 304
    with pytest.raises(HttpResponseError) as since:
        blob.set_blob_metadata({}, if_unmodified_since=later - timedelta(days=2))
    assert since.value.status_code == 412
    blob.delete_blob(etag=changed["etag"], match_condition=MatchConditions.IfNotModified)
    assert not blob.exists()


def test_properties_and_metadata_can_be_set(container: ContainerClient) -> None:
    blob = container.get_blob_client("p")
    blob.upload_blob(
        b"{}",
        metadata={"a": "1"},
        content_settings=ContentSettings("application/json", cache_control="no-cache"),
    )
    found = blob.get_blob_properties()
    assert found.content_settings.content_type == "application/json"
    assert found.content_settings.cache_control == "no-cache"
    blob.set_http_headers(ContentSettings("text/plain", "gzip", "en", "inline"))
    blob.set_standard_blob_tier("Cool")
    found = blob.get_blob_properties()
    settings = found.content_settings
    assert (settings.content_type, settings.content_encoding) == ("text/plain", "gzip")
    assert (settings.content_language, settings.content_disposition) == ("en", "inline")
    assert found.metadata == {"a": "1"} and found.blob_tier == "Cool"


def test_wrong_content_is_refused(container: ContainerClient) -> None:
    blob = container.get_blob_client("m")
    settings = ContentSettings(content_md5=bytearray(16))
    with pytest.raises(HttpResponseError) as e:
        blob.upload_blob(b"x", content_settings=settings)
    assert e.value.error_code == "Md5Mismatch"
    assert not blob.exists()
    blob.upload_blob(b"abc", validate_content=True)
    assert blob.download_blob(validate_content=True).readall() == b"abc"


def test_an_empty_blob_has_no_range(container: ContainerClient) -> None:
    blob = container.get_blob_client("empty")
    blob.upload_blob(b"")
    assert blob.download_blob().readall() == b""
    with pytest.raises(HttpResponseError) as e:
        blob.download_blob(offset=5, length=3).readall()
    assert (e.value.status_code, e.value.error_code) == (416, "InvalidRange")


def test_what_is_missing_says_so(client: BlobServiceClient, container: ContainerClient) -> None:
    with pytest.raises(ResourceNotFoundError) as e:
        container.download_blob("nothing")
    assert e.value.error_code == "BlobNotFound"
    with pytest.raises(ResourceNotFoundError) as e:
        client.get_blob_client("no-container", "x").upload_blob(b"x")
    assert e.value.error_code == "ContainerNotFound"
    with pytest.raises(ResourceNotFoundError) as e:
        list(client.get_container_client("no-container").list_blobs())
    assert e.value.error_code == "ContainerNotFound"
    assert not client.get_container_client("no-container").exists()


def test_containers_come_and_go(client: BlobServiceClient) -> None:
    name = f"c-{os.urandom(6).hex()}"
    made = client.create_container(name, metadata={"a": "1"})
    with pytest.raises(ResourceExistsError) as e:
        client.create_container(name)
    assert e.value.error_code == "ContainerAlreadyExists"
    assert made.get_container_properties().metadata == {"a": "1"}
    made.set_container_metadata({"b": "2"})
    found = {c.name: c.metadata for c in client.list_containers(name, include_metadata=True)}
    assert found == {name: {"b": "2"}}
    assert made.get_container_access_policy()["signed_identifiers"] == []
    made.upload_blob("x/y", b"1")
    client.delete_container(name)
    assert not made.exists()
    client.create_container(name)
    assert list(made.list_blobs()) == []
    assert client.get_account_information()["account_kind"] == "StorageV2"
    assert client.get_service_properties()["hour_metrics"].enabled is False


def test_a_copy_is_done_at_once(container: ContainerClient) -> None:
    container.upload_blob("from/a", b"bytes", metadata={"a": "1"})
    source = container.get_blob_client("from/a")
    target = container.get_blob_client("to/b")
    done = target.start_copy_from_url(source.url)
    assert done["copy_status"] == "success"
    assert target.download_blob().readall() == b"bytes"
    assert target.get_blob_properties().metadata == {"a": "1"}
    target.start_copy_from_url(source.url, metadata={"b": "2"})
    assert target.get_blob_properties().metadata == {"b": "2"}
    with pytest.raises(HttpResponseError) as e:
        target.start_copy_from_url("https://example.org/x")
    assert e.value.status_code == 501


def test_what_is_not_here_is_named(container: ContainerClient) -> None:
    blob = container.get_blob_client("x")
    blob.upload_blob(b"1")
    for attempt, word in (
        (blob.create_snapshot, "snapshot"),
        (blob.acquire_lease, "lease"),
        (lambda: blob.set_blob_tags({"a": "b"}), "tags"),
        (lambda: container.get_blob_client("p").create_page_blob(512), "page blobs"),
    ):
        with pytest.raises(HttpResponseError) as e:
            attempt()
        assert e.value.status_code == 501 and word in e.value.message


# -- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["path", "user"])
def test_our_own_signature_opens_one_container(world: World, spelling: str) -> None:
    url = world.path_url if spelling == "path" else world.user_url
    sas = mint_sas(world.secrets, ACCOUNT, "azureml", permissions="rwl", expires=soon())
    client = ContainerClient(url, "azureml", sas, connection_verify=str(world.cert))
    client.upload_blob(f"{spelling}/own", b"1")
    assert [b.name for b in client.list_blobs(f"{spelling}/")] == [f"{spelling}/own"]
    with pytest.raises(HttpResponseError) as e:
        client.delete_blob(f"{spelling}/own")
    assert e.value.error_code == "AuthorizationPermissionMismatch"
    world.store.create_container(ACCOUNT, "other")
    other = ContainerClient(url, "other", sas, connection_verify=str(world.cert))
    with pytest.raises(ClientAuthenticationError) as denied:
        list(other.list_blobs())
    assert denied.value.error_code == "AuthenticationFailed"


def test_signatures_of_the_client_are_good(world: World) -> None:
    for account in (ACCOUNT, f"storage/{ACCOUNT}.blob.core.windows.net"):
        sas = generate_container_sas(
            account,
            "azureml",
            world.key,
            permission=ContainerSasPermissions(read=True, write=True),
            expiry=soon(),
        )
        client = service(world, world.path_url, sas).get_container_client("azureml")
        client.upload_blob("signed/by client", b"1", overwrite=True)
    one = generate_blob_sas(
        ACCOUNT,
        "azureml",
        "signed/by client",
        account_key=world.key,
        permission=BlobSasPermissions(read=True),
        expiry=soon(),
        start=datetime.now(timezone.utc) - timedelta(minutes=5),
        protocol="https",
        ip="127.0.0.1",
        content_type="x/y",
    )
    blob = service(world, world.user_url, one).get_blob_client("azureml", "signed/by client")
    assert blob.download_blob().readall() == b"1"
    assert blob.get_blob_properties().content_settings.content_type == "x/y"
    with pytest.raises(ClientAuthenticationError):
        service(world, world.user_url, one).get_blob_client("azureml", "x").exists()


@pytest.mark.parametrize(
    "how",
    [
        {"expiry": datetime(2020, 1, 1, tzinfo=timezone.utc)},
        {"start": datetime.now(timezone.utc) + timedelta(hours=1)},
        {"ip": "10.0.0.1-10.0.0.9"},
        {"account_key": "AAAA"},
    ],
    ids=["expired", "not yet", "elsewhere", "forged"],
)
def test_a_bad_signature_is_refused(world: World, how: dict[str, Any]) -> None:
    given = {"account_key": world.key, "permission": "rl", "expiry": soon(), **how}
    sas = generate_container_sas(ACCOUNT, "azureml", **given)
    client = service(world, world.path_url, sas).get_container_client("azureml")
    with pytest.raises(HttpResponseError) as e:
        list(client.list_blobs())
    assert e.value.status_code == 403


def test_an_account_signature_covers_what_it_says(world: World) -> None:
    sas = generate_account_sas(
        ACCOUNT, world.key, ResourceTypes(object=True), AccountSasPermissions(write=True), soon()
    )
    client = service(world, world.path_url, sas)
    client.get_blob_client("azureml", "by account").upload_blob(b"", overwrite=True)
    with pytest.raises(HttpResponseError) as e:
        client.create_container("never")
    assert e.value.error_code == "AuthorizationResourceTypeMismatch"


def test_who_may_only_create_does_not_overwrite(world: World) -> None:
    sas = mint_sas(world.secrets, ACCOUNT, "azureml", permissions="c", expires=soon())
    name = f"created-{os.urandom(4).hex()}"
    blob = service(world, world.path_url, sas).get_blob_client("azureml", name)
    blob.upload_blob(b"1")
    with pytest.raises(HttpResponseError) as e:
        blob.upload_blob(b"2", overwrite=True)
    assert e.value.error_code == "UnauthorizedBlobOverwrite"


@pytest.mark.parametrize("where", ["path", "root", "azurite", "user"])
def test_the_account_key_signs_requests(world: World, where: str) -> None:
    url = {
        "path": world.path_url,
        "root": world.root_url,
        "user": world.user_url,
        "azurite": f"{world.root_url}/{ACCOUNT}",
    }[where]
    credential = {"account_name": ACCOUNT, "account_key": world.key}
    client = service(world, url, credential)
    container = client.get_container_client(f"k-{os.urandom(6).hex()}")
    container.create_container()
    blob = container.get_blob_client("a b/ü~%2F.txt")
    blob.upload_blob(
        b"x" * 3_000_000, metadata={"upload_status": "1", "upload2": "2", "upload": "3"}
    )
    assert blob.download_blob(validate_content=True).readall() == b"x" * 3_000_000
    assert [b.name for b in container.list_blobs(include=["metadata"])] == ["a b/ü~%2F.txt"]
    copy = container.get_blob_client("copied")
    copy.start_copy_from_url(blob.url)
    assert copy.get_blob_properties().size == 3_000_000
    forged = service(world, url, {"account_name": ACCOUNT, "account_key": "AAAA"})
    with pytest.raises(ClientAuthenticationError) as e:
        list(forged.list_containers())
    assert e.value.error_code == "AuthenticationFailed"


class Token:
    def __init__(self, text: str) -> None:
        self._text = text

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        return AccessToken(self._text, 4_000_000_000)


def test_a_bearer_token_asks_the_gate(world: World) -> None:
    name = f"t-{os.urandom(4).hex()}"
    writer = service(world, world.path_url, Token("good"))
    writer.get_blob_client("azureml", name).upload_blob(b"1")
    action = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"
    assert ("writer", action, f"/storage/{ACCOUNT}/azureml/{name}") in world.asked
    reader = service(world, world.path_url, Token("reader")).get_blob_client("azureml", name)
    assert reader.download_blob().readall() == b"1"
    with pytest.raises(HttpResponseError) as e:
        reader.delete_blob()
    assert (e.value.status_code, e.value.error_code) == (403, "AuthorizationPermissionMismatch")
    with pytest.raises(ClientAuthenticationError) as nobody:
        service(world, world.path_url, Token("bad")).get_blob_client("azureml", name).exists()
    assert nobody.value.status_code == 401


def test_without_a_credential_nothing_opens(world: World) -> None:
    for url in (world.path_url, world.user_url):
        with pytest.raises(ClientAuthenticationError) as e:
            list(service(world, url, None).get_container_client("azureml").list_blobs())
        assert e.value.status_code == 401
