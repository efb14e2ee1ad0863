import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import Data
from azure.ai.ml.exceptions import MlException
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

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
