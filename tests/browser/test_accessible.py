"""axe (WCAG 2.2 AA) on every page, in both themes and languages, wide and narrow."""

import json
from typing import Any

import pytest

from browser.conftest import ROOT, Studio, missing

AXE = ROOT / "studio" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Fluent's focus guards (Tabster) are hidden from people and from their aids.
GUARDS = "[data-tabster-dummy]"


def violations(page: Any) -> list[str]:
    page.evaluate(AXE.read_text() + "; undefined")
    found = page.evaluate(
        f"axe.run({{exclude: [{json.dumps([GUARDS])}]}}, "
        f"{{runOnly: {{type: 'tag', values: {json.dumps(TAGS)}}}}})"
        ".then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120) + "
        "' ' + n.failureSummary.slice(0, 160)).slice(0, 2).join(' | ')))"
    )
    return list(found)


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "en", 1440), ("dark", "es", 1440), ("dark", "en", 400), ("light", "es", 900)],
)
def test_every_page_can_be_used_by_everybody(
    studio: Studio, pages: list[str], theme: str, language: str, width: int
) -> None:
    if not AXE.is_file():
        missing("axe-core is not installed (make studio)")
    context = studio.context(viewport={"width": width, "height": 900})
    context.add_init_script(
        "if (location.protocol.startsWith('http')) {"
        f"localStorage.setItem('zafiro.theme', '{theme}');"
        f"localStorage.setItem('zafiro.language', '{language}')}}"
    )
    found = {}
    page = context.new_page()
    for path in pages:
        page.goto(f"{studio.url}/studio/w/main/{path}")
        page.locator("h1").first.wait_for()
        page.locator(".skeleton").first.wait_for(state="detached")
        if wrong := violations(page):
            found[path] = wrong
        sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if sideways > 0:
            found[f"{path} is wider than the window"] = [str(sideways)]
    assert not found, json.dumps(found, indent=1)
