"""Answers as text."""

import json
import sys
from typing import Any

import pytest

from zafiro.cli import output
from zafiro.cli.says import Misused

JOBS: list[dict[str, Any]] = [
    {
        "name": "a",
        "status": "Completed",
        "tags": {"x": "y"},
        "creation_context": {"created_at": "now"},
    },
    {"name": "b", "status": "Failed", "tags": {}, "creation_context": {"created_at": "then"}},
]


def test_json_is_sorted_and_indented() -> None:
    assert output.spelled({"b": 1, "a": "é"}, "json") == '{\n  "a": "é",\n  "b": 1\n}'


def test_tsv_is_what_scripts_read() -> None:
    assert output.spelled("brave_apple", "tsv") == "brave_apple"
    assert output.spelled(["a", "b"], "tsv") == "a\nb"
    assert output.spelled([["a"], ["b"]], "tsv") == "a\nb"
    assert output.spelled([["a", 1, None], ["b", 2, [1, 2]]], "tsv") == "a\t1\tNone\nb\t2\t2"
    assert output.spelled([{"n": "a", "d": {"x": 1}}], "tsv") == "a\t"
    assert output.spelled(True, "tsv") == "true"
    assert output.spelled([], "tsv") == ""


def test_yaml_reads_back_as_it_was() -> None:
    import yaml

    assert yaml.safe_load(output.spelled(JOBS, "yaml")) == JOBS
    assert output.spelled("text", "yaml") == "text"


def test_a_table_has_the_columns_of_its_noun() -> None:
    text = output.spelled(JOBS, "table", ("name", "status", "creation_context.created_at"))
    assert text == (
        "Name  Status     CreatedAt\n"
        "----  ---------  ---------\n"
        "a     Completed  now\n"
        "b     Failed     then"
    )


def test_a_table_of_a_query_has_the_columns_asked_for() -> None:
    picked = output.picked(JOBS, "[].{Job:name, State:status}")
    assert output.spelled(picked, "table").splitlines()[0].split() == ["Job", "State"]
    assert output.spelled(["x"], "table") == "Result\n------\nx"
    assert output.spelled([["x", 1]], "table").splitlines()[0].split() == ["Column1", "Column2"]
    assert output.spelled([["x", 1], ["y"]], "table").splitlines()[-1] == "y"
    assert output.spelled([], "table") == ""


def test_none_prints_nothing() -> None:
    assert output.spelled(JOBS, "none") == ""


def test_a_query_that_is_none_is_told() -> None:
    with pytest.raises(Misused, match=r"--query '\[\?'"):
        output.picked(JOBS, "[?")


def test_colours_are_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = output.spelled(JOBS, "jsonc")
    assert json.loads(plain) == JOBS
    table = output.spelled(JOBS, "table", ("name", "status"))
    assert "\033" not in plain + table
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\033[32mCompleted\033[0m" in output.spelled(JOBS, "table", ("name", "status"))
    assert "\033[94m" in output.spelled(JOBS, "jsonc")
    monkeypatch.setenv("NO_COLOR", "1")
    assert output.spelled(JOBS, "table", ("name", "status")) == table
