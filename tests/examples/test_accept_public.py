"""examples/accept_public.py on a checkout of our own making, laid out as the public one."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from zafiro.testing import live
from zafiro.testing.live import Live

SCRIPT = Path(__file__).parents[2] / "examples" / "accept_public.py"
FILES = {
    "assets/data/sample-data/titanic.csv": "name,age\nA,1\n",
    "assets/data/local-mltable/titanic.csv": "name,age\nA,1\n",
    "assets/data/local-mltable/MLTable": (
        "paths:\n  - file: ./titanic.csv\n"
        "transformations:\n  - read_delimited:\n      delimiter: ','\n"
    ),
    "assets/data/rows.yml": (
        "$schema: https://x/latest/data.schema.json\n"
        "name: rows\ntype: uri_file\npath: sample-data/titanic.csv\n"
    ),
    "resources/compute/odd.yml": (
        "$schema: https://x/latest/amlCompute.schema.json\n"
        "name: odd\ntype: amlcompute\nsize: NoSuchSize?!\n"
    ),
    "jobs/basics/hello-world.yml": (
        "$schema: https://x/latest/commandJob.schema.json\n"
        'command: echo "hello world"\nenvironment:\n  image: python\n'
    ),
    "jobs/basics/hello-code.yml": (
        "$schema: https://x/latest/commandJob.schema.json\n"
        "command: echo something else\nenvironment:\n  image: python\n"
    ),
    "jobs/basics/broken.yml": (
        "$schema: https://x/latest/commandJob.schema.json\n"
        "command: echo pear; exit 3\nenvironment:\n  image: python\n"
    ),
    "jobs/basics/several.yml": (
        "$schema: https://x/latest/pipelineJob.schema.json\ntype: pipeline\njobs:\n  a:\n"
        "    command: echo a\n    environment:\n      image: python\n"
        "    compute: azureml:cpu-cluster\n"
    ),
    "jobs/basics/notes.yml": "just: words\n",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Its own: the script furnishes the workspace."""
    home = tmp_path_factory.mktemp("accept") / "home"
    yield live.up(home)
    live.down(home)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    for name, text in FILES.items():
        file = root / "cli" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


@pytest.fixture(scope="module")
def results(server: Live, checkout: Path) -> dict[str, Any]:
    out = checkout / "results.jsonl"
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "run", str(checkout), "--json", out.name],
        cwd=checkout,
        env={**live.clean(os.environ), **server.variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr  # something failed
    return {r["file"]: r for r in map(json.loads, out.read_text().splitlines())}


def test_every_resource_is_run_and_nothing_else(results: dict[str, Any]) -> None:
    assert sorted(results) == sorted(n for n in FILES if n.endswith(".yml") and "notes" not in n)


@pytest.mark.parametrize(
    ("file", "outcome", "note"),
    [
        ("assets/data/rows.yml", "ran", "uri_file rows:1"),
        ("resources/compute/odd.yml", "refused", "NoSuchSize"),
        ("jobs/basics/hello-world.yml", "ran", "hello world"),
        ("jobs/basics/hello-code.yml", "failed", "not in its log"),
        ("jobs/basics/broken.yml", "failed", "pear"),
        ("jobs/basics/several.yml", "later", "Pipeline"),
    ],
)
def test_the_outcome_of_a_file_is_what_became_of_it(
    results: dict[str, Any], file: str, outcome: str, note: str
) -> None:
    assert results[file]["outcome"] == outcome
    assert note in results[file]["note"]


def test_the_stand_ins_are_where_the_mirror_looks(checkout: Path) -> None:
    mirror = checkout / "mirror"
    command = [sys.executable, SCRIPT, "stand-ins", checkout, mirror]
    subprocess.run(command, check=True, env=live.clean(os.environ))
    folder = mirror / "azuremlexamples.blob.core.windows.net" / "datasets"
    assert len((folder / "iris.csv").read_text().splitlines()) == 151
    assert (folder / "iris.csv").read_text().splitlines()[0].endswith(",species")
    assert (folder / "diabetes.csv").read_text().splitlines()[0].endswith(",target")
