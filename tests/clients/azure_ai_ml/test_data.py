from pathlib import Path

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import Data
from azure.ai.ml.exceptions import MlException
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from zafiro.testing.live import Live

WEB = "https://example.org/iris.csv"


def test_data_on_the_web_is_registered_as_it_is(ml: MLClient, fresh: str) -> None:
    made = ml.data.create_or_update(
        Data(name=fresh, version="1", type="uri_file", path=WEB, tags={"a": "b"})
    )
    got = ml.data.get(fresh, "1")
    assert (got.path, got.type, got.tags, got.id) == (WEB, "uri_file", {"a": "b"}, made.id)


def test_data_without_a_version_counts(ml: MLClient, fresh: str) -> None:
    made = [
        ml.data.create_or_update(Data(name=fresh, type="uri_file", path=f"{WEB}?{n}"))
        for n in range(3)
    ]
    assert [d.version for d in made] == ["1", "2", "3"]
    assert ml.data.get(fresh, label="latest").path == f"{WEB}?2"
    assert [d.version for d in ml.data.list(fresh)] == ["3", "2", "1"]
    (shown,) = [d for d in ml.data.list() if d.name == fresh]
    assert (shown.latest_version, shown.type) == ("3", "uri_file")


def test_counting_goes_on_behind_a_given_number(ml: MLClient, fresh: str) -> None:
    ml.data.create_or_update(Data(name=fresh, version="41", type="uri_file", path=WEB))
    ml.data.create_or_update(Data(name=fresh, version="raw", type="uri_file", path=WEB))
    assert ml.data.create_or_update(Data(name=fresh, type="uri_file", path=WEB)).version == "42"


def test_the_path_of_a_version_never_changes(ml: MLClient, fresh: str) -> None:
    ml.data.create_or_update(Data(name=fresh, version="1", type="uri_file", path=WEB))
    ml.data.create_or_update(Data(name=fresh, version="1", type="uri_file", path=WEB))
    with pytest.raises(HttpResponseError) as failed:
        ml.data.create_or_update(Data(name=fresh, version="1", type="uri_file", path=f"{WEB}x"))
    assert "(UserError) Asset paths cannot be updated." in str(failed.value)
    assert f"points at {WEB}" in str(failed.value)


def test_archived_data_is_hidden_and_can_still_be_read(ml: MLClient, fresh: str) -> None:
    for version in ("1", "2"):
        ml.data.create_or_update(Data(name=fresh, version=version, type="uri_file", path=WEB))
    ml.data.archive(fresh, version="1")
    assert [d.version for d in ml.data.list(fresh)] == ["2"]
    assert ml.data.get(fresh, "1").path == WEB
    ml.data.archive(fresh)
    assert fresh not in {d.name for d in ml.data.list()}
    hidden = {d.name for d in ml.data.list(list_view_type=ListViewType.ARCHIVED_ONLY)}
    assert fresh in hidden
    ml.data.restore(fresh)
    (shown,) = [d for d in ml.data.list() if d.name == fresh]
    assert (shown.latest_version, shown.type) == ("2", "uri_file")


def test_a_name_is_found_in_any_case(ml: MLClient, fresh: str) -> None:
    ml.data.create_or_update(Data(name=fresh, version="v1", type="uri_file", path=WEB))
    assert ml.data.get(fresh.upper(), "V1").name == fresh


def test_missing_data_says_what_there_is(ml: MLClient, fresh: str) -> None:
    with pytest.raises(ResourceNotFoundError, match=f"data asset '{fresh}:1' does not exist"):
        ml.data.get(fresh, "1")
    ml.data.create_or_update(Data(name=fresh, version="4", type="uri_file", path=WEB))
    with pytest.raises(ResourceNotFoundError, match="its latest version is 4"):
        ml.data.get(fresh, "5")
    with pytest.raises(MlException, match="does not exist"):
        ml.data.get(f"{fresh}x", label="latest")


def test_a_list_longer_than_a_page_is_complete(ml: MLClient, fresh: str) -> None:
    for n in range(1, 6):
        ml.data.create_or_update(Data(name=fresh, version=str(n), type="uri_file", path=WEB))
    rows = ml.data._operation.list(
        name=fresh,
        resource_group_name=ml.resource_group_name,
        workspace_name=ml.workspace_name,
        top=2,
        order_by="createdtime asc",
    )
    assert [row.name for row in rows] == ["1", "2", "3", "4", "5"]


def test_a_bad_name_is_refused(ml: MLClient) -> None:
    with pytest.raises(HttpResponseError, match="is no name of an asset"):
        ml.data.create_or_update(Data(name="a b", version="1", type="uri_file", path=WEB))


def test_a_file_is_uploaded_and_named_in_full(
    ml: MLClient, server: Live, fresh: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(f"{fresh},1\n")
    made = ml.data.create_or_update(Data(name=fresh, type="uri_file", path=str(tmp_path / "a.csv")))
    assert made.path.startswith("azureml://subscriptions/") and made.path.endswith("/a.csv")
    assert "/datastores/workspaceblobstore/paths/LocalUpload/" in made.path
    inside = made.path.split("/paths/")[1]
    (stored,) = (server.home / "storage").glob(f"*/azureml-blobstore-*/{inside}")
    assert stored.read_text() == f"{fresh},1\n"


def test_a_folder_uploaded_twice_lies_there_once(ml: MLClient, fresh: str, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.txt").write_text(fresh)
    first = ml.data.create_or_update(Data(name=fresh, type="uri_folder", path=str(folder)))
    again = ml.data.create_or_update(Data(name=fresh, type="uri_folder", path=str(folder)))
    assert (first.version, again.version) == ("1", "2")
    assert first.path == again.path


def test_an_mltable_keeps_what_the_client_read_of_it(
    ml: MLClient, fresh: str, tmp_path: Path
) -> None:
    folder = tmp_path / "table"
    folder.mkdir()
    (folder / "a.csv").write_text(f"x\n{fresh}\n")
    (folder / "MLTable").write_text("paths:\n  - file: ./a.csv\ntransformations: []\n")
    made = ml.data.create_or_update(Data(name=fresh, type="mltable", path=str(folder)))
    got = ml.data.get(fresh, made.version)
    assert (got.type, got._referenced_uris) == ("mltable", ["./a.csv"])


def test_data_already_in_a_datastore_is_registered_where_it_is(
    ml: MLClient, fresh: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(fresh)
    up = ml.data.create_or_update(Data(name=fresh, type="uri_file", path=str(tmp_path / "a.csv")))
    inside = up.path.split("/paths/")[1]
    short = f"azureml://datastores/workspaceblobstore/paths/{inside}"
    again = ml.data.create_or_update(Data(name=f"{fresh}b", type="uri_file", path=short))
    assert again.path == up.path


@pytest.mark.parametrize(
    ("type", "path", "why"),
    [
        ("uri_file", "workspaceblobstore/paths/nowhere/a.csv", "there is nothing at"),
        ("uri_file", "nosuchstore/paths/a.csv", "datastore 'nosuchstore' does not exist"),
        ("uri_file", "workspaceblobstore/paths/../../a.csv", "has a '.' or '..'"),
    ],
)
def test_data_that_is_not_there_is_refused(
    ml: MLClient, fresh: str, type: str, path: str, why: str
) -> None:
    with pytest.raises(HttpResponseError, match=why):
        ml.data.create_or_update(
            Data(name=fresh, version="1", type=type, path=f"azureml://datastores/{path}")
        )
    with pytest.raises(ResourceNotFoundError):
        ml.data.get(fresh, "1")


def test_a_file_is_no_folder(ml: MLClient, fresh: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(fresh)
    made = ml.data.create_or_update(Data(name=fresh, type="uri_file", path=str(tmp_path / "a.csv")))
    with pytest.raises(HttpResponseError, match="its type is uri_file, not uri_folder"):
        ml.data.create_or_update(Data(name=f"{fresh}b", type="uri_folder", path=made.path))
