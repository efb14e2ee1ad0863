from collections.abc import Iterator

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Workspace
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError


@pytest.fixture
def second(ml: MLClient, fresh: str) -> Iterator[Workspace]:
    asked = Workspace(name=fresh, location="local", display_name="Second", tags={"team": "a"})
    yield ml.workspaces.begin_create(asked).result()
    ml.workspaces.begin_delete(fresh, delete_dependent_resources=True).result()


def test_a_new_server_has_a_workspace_with_its_resources(ml: MLClient) -> None:
    main = ml.workspaces.get("main")
    assert main.storage_account and main.key_vault and main.application_insights
    assert main.container_registry is None  # made when something needs one
    assert main.discovery_url.startswith("https://")


def test_a_workspace_made_by_template_deployment_is_complete(
    ml: MLClient, second: Workspace
) -> None:
    got = ml.workspaces.get(second.name)
    assert (got.display_name, got.tags["team"]) == ("Second", "a")
    assert got.storage_account != ml.workspaces.get("main").storage_account
    assert {"main", second.name} <= {w.name for w in ml.workspaces.list()}
    assert ml.workspaces.get_keys(second.name).user_storage_key


def test_an_update_changes_only_what_was_sent(ml: MLClient, second: Workspace) -> None:
    changed = ml.workspaces.begin_update(Workspace(name=second.name, description="new")).result()
    assert (changed.description, changed.display_name) == ("new", "Second")


def test_a_deleted_workspace_is_gone(ml: MLClient, fresh: str) -> None:
    ml.workspaces.begin_create(Workspace(name=fresh, location="local")).result()
    ml.workspaces.begin_delete(fresh, delete_dependent_resources=False).result()
    with pytest.raises(ResourceNotFoundError, match=fresh):
        ml.workspaces.get(fresh)


def test_a_bad_workspace_name_is_refused_with_a_reason(ml: MLClient) -> None:
    with pytest.raises(HttpResponseError, match="3 to 33 letters"):
        ml.workspaces.begin_create(Workspace(name="x", location="local")).result()


def test_diagnose_answers(ml: MLClient) -> None:
    assert ml.workspaces.begin_diagnose("main").result().storage_account_results == []


def test_keys_are_synchronised_at_once(ml: MLClient) -> None:
    before = ml.workspaces.get_keys("main").user_storage_key
    ml.workspaces.begin_sync_keys("main").result()
    assert ml.workspaces.get_keys("main").user_storage_key == before
