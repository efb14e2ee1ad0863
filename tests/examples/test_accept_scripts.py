"""Where a public script would stop, read off its text: the list in the docs is made of it."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def scripts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("accept_scripts", EXAMPLES / "accept_scripts.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


LACKS = {"online-endpoint", "schedule"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# az acr login\naz ml job create \\\n  -f job.yml\naz account show\n", None),
        (
            "az ml job list\n\nID=$(az identity create -n x \\\n --query id)\naz ml schedule list\n",
            (3, "az identity create -n x  --query id)", "`az identity`; schedules"),
        ),
        (
            "echo go\naz ml online-endpoint create -n e\naz ml online-endpoint delete -n e\n",
            (2, "az ml online-endpoint create -n e", "endpoints"),
        ),
        (
            "exit 0 # not yet\naz ml job list\n",
            (1, "exit 0 # not yet", "its authors switched it off"),
        ),
        (
            'curl -X GET "https://management.azure.com/subscriptions"\n',
            (
                1,
                'curl -X GET "https://management.azure.com/subscriptions"',
                "Azure's own address, by curl",
            ),
        ),
        (
            "apt-get install sudo\naz version\n",
            (1, "apt-get install sudo", "installs programs of the machine"),
        ),
    ],
)
def test_a_script_stops_where_it_first_needs_what_is_not_here(
    scripts: ModuleType, text: str, found: tuple[int, str, str] | None
) -> None:
    assert scripts.stop(text, LACKS) == found


def test_a_script_that_needs_nothing_else_is_run_and_one_without_az_is_not_listed(
    scripts: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "good.sh").write_text("az ml job list\n")
    (tmp_path / "run-job.sh").write_text("az ml job create -f $1\n")
    (tmp_path / "inside.sh").write_text("# az is not called\npython train.py\n")
    (tmp_path / "later.sh").write_text("az ml schedule list | cat\n")
    lines, rows = scripts.chosen(tmp_path, LACKS)
    given = [f"run-job.sh {one}" for one in scripts.LINES["run-job.sh"]]
    assert lines == ["good.sh", *given]
    assert rows == ["| `later.sh` | 1 | `az ml schedule list \\| cat` | schedules |"]
