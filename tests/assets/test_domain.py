import pytest

from zafiro.assets.domain import KINDS, PathFixed, Properties, check_name, counted, definition
from zafiro.core.errors import Conflict, Invalid

ENVIRONMENTS, COMPONENTS = KINDS["environments"], KINDS["components"]


def component(**spec: str) -> Properties:
    return {"componentSpec": {"name": "c", "type": "command", "command": "echo", **spec}}


def test_layout_and_comments_of_a_conda_file_make_no_difference() -> None:
    one: Properties = {"image": "i", "condaFile": "dependencies:\n  - python=3.11 # why\n"}
    two: Properties = {"image": "i", "condaFile": "dependencies: [python=3.11]"}
    assert definition(one) == definition(two)
    assert ENVIRONMENTS.hash(one) == ENVIRONMENTS.hash(two)
    ENVIRONMENTS.must_match("e", "1", one, two)


@pytest.mark.parametrize(
    "changed",
    [
        {"image": "j"},
        {"image": "i", "condaFile": "dependencies: [numpy]"},
        {"image": "i", "osType": "Windows"},
        {"image": "i", "inferenceConfig": {"livenessRoute": {"path": "/", "port": 80}}},
        {"build": {"contextUri": "https://h/storage/c/x/"}},
    ],
)
def test_another_definition_is_a_conflict(changed: Properties) -> None:
    with pytest.raises(Conflict, match="register a new version"):
        ENVIRONMENTS.must_match("e", "1", {"image": "i"}, changed)


def test_a_build_context_is_the_same_wherever_the_server_listens() -> None:
    one, two = (
        {"build": {"contextUri": f"https://127.0.0.1:{port}/storage/c/LocalUpload/abc/"}}
        for port in (8443, 9443)
    )
    ENVIRONMENTS.must_match("e", "1", one, two)


@pytest.mark.parametrize(
    ("properties", "why"),
    [
        ({}, "needs an image or a build context"),
        ({"image": "i", "build": {"contextUri": "u"}}, "not both"),
        ({"image": "i", "condaFile": "a: ["}, "is not YAML"),
        ({"image": "i", "condaFile": "- a"}, "is not a conda environment"),
    ],
)
def test_an_environment_that_cannot_be_is_refused(properties: Properties, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        ENVIRONMENTS.check(properties)


def test_a_conda_file_makes_no_objects() -> None:
    with pytest.raises(Invalid, match="is not YAML"):
        ENVIRONMENTS.check({"image": "i", "condaFile": "!!python/object/apply:os.getcwd []"})


def test_what_a_component_is_called_can_change_what_it_does_cannot() -> None:
    COMPONENTS.must_match("c", "1", component(), component(description="d", display_name="D"))
    with pytest.raises(Conflict, match="exists with another definition"):
        COMPONENTS.must_match("c", "1", component(), component(command="rm"))


def test_the_clients_hash_of_a_component_decides_where_there_is_one() -> None:
    hashed = {"properties": {"client_component_hash": "h"}}
    COMPONENTS.must_match("c", "1", {**component(), **hashed}, {**component(code="x"), **hashed})


@pytest.mark.parametrize(
    ("kind", "properties", "field"),
    [
        ("data", {"dataUri": "u", "dataType": "folder"}, "dataType"),
        ("data", {"dataType": "uri_file"}, "dataUri"),
        ("models", {"modelUri": "u", "modelType": "pickle"}, "modelType"),
        ("models", {"modelType": "custom_model"}, "modelUri"),
        ("codes", {}, "codeUri"),
        ("components", {"componentSpec": {"name": "c"}}, "componentSpec.type"),
    ],
)
def test_what_is_missing_or_unknown_is_named(kind: str, properties: Properties, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        KINDS[kind].check(properties)
    assert refused.value.field == field


@pytest.mark.parametrize("kind", ["codes", "data", "models"])
def test_bytes_do_not_move_under_one_version(kind: str) -> None:
    of = KINDS[kind]
    of.must_match("n", "1", {of.uri: "https://h/a"}, {of.uri: "https://h/a/"})
    with pytest.raises(PathFixed, match="points at https://h/a"):
        of.must_match("n", "1", {of.uri: "https://h/a"}, {of.uri: "https://h/b"})


def test_only_whole_numbers_count() -> None:
    versions = ("7", "007", "1.2", "v3", "", "-1", "9" * 30)
    assert [counted(v) for v in versions] == [7, 7, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("name", ["", ".hidden", "a b", "a/b", "a\n", "x" * 256])
def test_a_name_nobody_could_address_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        check_name("name", name)
