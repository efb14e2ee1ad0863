"""Documentation that names code must name code that exists."""

import ast
import re
from pathlib import Path

import pytest

from zafiro.core.settings import Settings

ROOT = Path(__file__).parent.parent
NAMED = re.findall(r"`(zafiro/[\w/]+\.py):([\w.]+)`", (ROOT / "docs/trace.md").read_text())


def test_the_trace_has_stops() -> None:
    assert len(NAMED) >= 15


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_every_stop_of_the_trace_exists(file: str, name: str) -> None:
    body = ast.parse((ROOT / "src" / file).read_text()).body
    for part in name.split("."):
        found = [
            n
            for n in body
            if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and n.name == part
        ]
        assert found, f"{file} has no {name}"
        body = found[0].body


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_documented(name: str) -> None:
    text = (ROOT / "docs/how/settings.md").read_text()
    assert f"| `ZAFIRO_{name.upper()}` |" in text


def test_no_setting_is_documented_that_is_not_there() -> None:
    text = (ROOT / "docs/how/settings.md").read_text()
    listed = set(re.findall(r"\| `ZAFIRO_([A-Z_]+)` \|", text))
    assert listed == {name.upper() for name in Settings.model_fields}


def test_the_readme_names_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert "make demo" in text and "make test" in text


def test_every_link_between_documents_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"
