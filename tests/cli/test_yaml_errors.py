"""What is wrong in a file is said with its line, what was found, and what may stand there."""

from pathlib import Path
from typing import Any

import pytest

GOOD = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: echo ${{inputs.n}}
inputs:
  n: 1
environment:
  image: library/python:3.11-slim
compute: azureml:cpu-cluster
"""


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (
            ("command: echo", "comand: echo"),
            2,
            "comand: there is no such field; did you mean 'command'?",
        ),
        (("command: echo ${{inputs.n}}\n", ""), 1, "command: is missing"),
        (
            ("compute:", "colour:"),
            7,
            "colour: there is no such field; allowed: code, command, compute",
        ),
        (("inputs:\n  n: 1", "inputs: 7"), 3, "inputs: not a valid mapping type (found '7')"),
    ],
)
def test_a_field_is_named_with_its_line(
    typed: Any, tmp_path: Path, change: tuple[str, str], line: int, said: str
) -> None:
    path = tmp_path / "job.yml"
    path.write_text(GOOD.replace(*change))
    done = typed("job", "create", "-f", path)
    assert done.code == 1 and done.out == ""
    assert f"{path}:{line}: {said}" in done.err
    assert len(done.err) < 700, "an answer, not a page"


def test_every_kind_of_file_is_checked(typed: Any, tmp_path: Path) -> None:
    path = tmp_path / "compute.yml"
    path.write_text("name: big\ntype: amlcompute\nmax_instances: many\n")
    done = typed("compute", "create", "-f", path)
    assert done.code == 1
    assert f"{path}:3: max_instances: not a valid integer (found 'many')" in done.err
    path.write_text("name: d\nversion: 1\ntype: uri_fodler\npath: ./x\n")
    done = typed("data", "create", "-f", path)
    assert done.code == 1
    assert f"{path}:3: type: " in done.err and "uri_folder" in done.err


def test_what_is_no_yaml_is_said_with_where_it_breaks(typed: Any, tmp_path: Path) -> None:
    path = tmp_path / "job.yml"
    path.write_text("command: echo\n  bad: [\n")
    done = typed("job", "create", "-f", path)
    assert done.code == 1
    assert f"{path}:2:" in done.err and "this is no YAML" in done.err


def test_a_file_that_is_not_there_is_named(typed: Any, tmp_path: Path) -> None:
    done = typed("job", "create", "-f", tmp_path / "nope.yml")
    assert (done.code, done.err) == (1, f"Error: {tmp_path / 'nope.yml'}: there is no such file\n")


def test_an_empty_file_is_said_to_be_empty(typed: Any, tmp_path: Path) -> None:
    path = tmp_path / "job.yml"
    path.write_text("")
    done = typed("job", "create", "-f", path)
    assert done.code == 1 and "empty" in done.err


PIPELINE = """\
type: pipeline
jobs:
  press:
    command: echo juice
    environment: azureml:none@latest
    compute: azureml:no-such-press
  bottle:
    command: echo bottles
    environment: azureml:none@latest
    compute: azureml:no-such-line
"""


def test_what_is_wrong_with_the_steps_of_a_pipeline_is_a_line_each(
    typed: Any, tmp_path: Path
) -> None:
    path = tmp_path / "pipeline.yml"
    path.write_text(PIPELINE)
    done = typed("job", "create", "-f", path)
    assert done.code == 1
    assert done.err == (
        "Error: 2 things are wrong:\n"
        f"  {path}:6: jobs.press.compute: compute 'no-such-press' does not exist "
        "(found 'azureml:no-such-press')\n"
        f"  {path}:10: jobs.bottle.compute: compute 'no-such-line' does not exist "
        "(found 'azureml:no-such-line')\n"
    )
