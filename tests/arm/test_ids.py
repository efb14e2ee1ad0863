import pytest

from zafiro.arm.ids import parse, plain

WS = "/subscriptions/S/resourceGroups/G/providers/Microsoft.MachineLearningServices/workspaces/W"


def test_an_id_is_parsed_in_any_case_and_printed_as_clients_insist() -> None:
    id, odd = parse(WS.replace("resourceGroups", "resourcegroups").lower() + "/Data/D1/versions/2")
    assert odd is None
    assert "/resourceGroups/" in str(id) and "Microsoft.MachineLearningServices" in str(id)
    assert (id.type, id.name) == ("workspaces/Data/versions", "2")


def test_an_odd_segment_is_a_collection_or_an_action() -> None:
    id, odd = parse(f"{WS}/jobs/j/cancel")
    assert (id.name, odd) == ("j", "cancel")
    id, odd = parse(WS.rsplit("/", 2)[0] + "/workspaces")
    assert (id.segments, odd) == ((), "workspaces")
    assert not str(id).endswith("/")


def test_names_lose_the_prefix_that_python_code_adds() -> None:
    id, _ = parse(f"{WS}/environments/azureml:e1/versions/1")
    assert str(id) == f"{WS}/environments/e1/versions/1"
    assert plain(f"azureml:{WS}/computes/azureml:c") == f"{WS}/computes/c"
    assert plain("azureml://datastores/d") == "azureml://datastores/d"


def test_other_providers_are_named_in_full() -> None:
    id, _ = parse("/subscriptions/S/resourceGroups/G/providers/Microsoft.Storage/storageAccounts/a")
    assert id.type == "Microsoft.Storage/storageAccounts"


@pytest.mark.parametrize("path", ["/subscriptions/S", "/nonsense", f"{WS}//x", f"{WS}/a//b"])
def test_what_is_no_resource_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"ARM|empty"):
        parse(path)
