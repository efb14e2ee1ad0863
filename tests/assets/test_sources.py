from pathlib import Path

import pytest

from zafiro.assets.domain import KINDS
from zafiro.assets.sources import flavors, inspect, is_there
from zafiro.core.errors import Invalid, NotFound


def looks(root: Path):  # type: ignore[no-untyped-def]
    return lambda uri: None if uri.startswith("https:") else root / uri


def gone(uri: str) -> Path | None:
    raise NotFound("datastore", "d")


def test_what_lies_elsewhere_is_left_alone(tmp_path: Path) -> None:
    properties = {"dataUri": "https://h/a.csv", "dataType": "uri_folder"}
    assert inspect(KINDS["data"], properties, looks(tmp_path)) == {}
    assert is_there("https://h/a", looks(tmp_path))


def test_a_pattern_names_no_single_place(tmp_path: Path) -> None:
    properties = {"dataUri": "a/*.csv", "dataType": "uri_folder"}
    assert inspect(KINDS["data"], properties, looks(tmp_path)) == {}


@pytest.mark.parametrize(
    ("type", "uri", "why"),
    [
        ("uri_file", "none", "there is nothing at none"),
        ("uri_file", "folder", "is a folder"),
        ("uri_folder", "file", "is a file"),
        ("mltable", "folder", "no MLTable file"),
    ],
)
def test_data_has_to_be_what_it_says(tmp_path: Path, type: str, uri: str, why: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(Invalid, match=why):
        inspect(KINDS["data"], {"dataUri": uri, "dataType": type}, looks(tmp_path))


def test_an_unknown_datastore_is_told_as_a_fault_of_the_uri() -> None:
    with pytest.raises(Invalid, match=r"modelUri: .* datastore 'd' does not exist"):
        inspect(KINDS["models"], {"modelUri": "u", "modelType": "custom_model"}, gone)
    assert not is_there("u", gone)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: [", "is not YAML"),
        ("- a", "names no flavors"),
        ("flavors: x", "names no flavors"),
        ("!!python/object/apply:os.getcwd []", "is not YAML"),
    ],
)
def test_a_broken_mlmodel_file_is_told(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "MLmodel").write_text(text)
    with pytest.raises(Invalid, match=why):
        flavors(tmp_path, "uri")


def test_flavors_are_text_throughout(tmp_path: Path) -> None:
    (tmp_path / "MLmodel").write_text("flavors:\n  f: {a: 1, b: true, c: x}\n  g:\n")
    assert flavors(tmp_path, "uri") == {
        "f": {"data": {"a": "1", "b": "True", "c": "x"}},
        "g": {"data": {}},
    }
