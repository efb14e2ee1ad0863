"""docs/coverage.md says what works; it may only say what a test has proven."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coverage_page", DOCS / "generate_coverage.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_client_and_the_tests_say(generator: ModuleType) -> None:
    assert (DOCS / "coverage.md").read_text() == generator.page(), "run `make coverage`"


def test_every_group_of_the_client_is_on_the_page(generator: ModuleType) -> None:
    groups = generator.groups()
    assert {
        "jobs",
        "data",
        "models",
        "workspaces",
        "online_endpoints",
        "schedules",
    } <= groups.keys()
    assert "create_or_update" in groups["jobs"] and "stream" in groups["jobs"]
