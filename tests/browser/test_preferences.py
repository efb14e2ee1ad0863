"""What people set in their system: its colours, less motion; and a language longer than English."""

import json
import re
from typing import Any

from playwright.sync_api import Page, Route, expect

from browser.conftest import Studio

# Each text of the catalog in brackets, with accents and a third longer.
_LONGER = """
const accents = { a: "á", e: "é", i: "í", o: "ó", u: "ú" };
const longer = (text) => text.trim()
  ? `⟦${text.replace(/[aeiou]/g, (c) => accents[c])}${"·".repeat(Math.ceil(text.length / 3))}⟧` : text;
const message = (parts) => typeof parts === "string" ? longer(parts) : parts.map((part) =>
  typeof part === "string" ? longer(part)
  : part[2] ? [part[0], part[1], Object.fromEntries(Object.entries(part[2]).map(
      ([name, one]) => [name, name === "offset" ? one : message(one)]))]
  : part);
export default Object.fromEntries(Object.entries(NAME).map(([key, parts]) => [key, message(parts)]));
"""
_SAID_BY_US = "h1, h2, h3, button, [role=tab], [role=columnheader], label, legend, th, summary"
_UNTRANSLATED = f"""() => {{
  const found = [];
  for (const one of document.querySelectorAll({_SAID_BY_US!r})) {{
    if (!one.checkVisibility() || one.closest("pre, code, .cm-editor, .u-series:not(:first-child)")) continue;
    const copy = one.cloneNode(true);
    copy.querySelectorAll("bdi, svg, kbd, code, select, time").forEach((inner) => inner.remove());
    const text = copy.textContent.trim();
    if (text !== "CSV" && /[A-Za-z]{{3}}/.test(text) && !text.includes("⟦")) found.push(one.tagName + " " + text);
  }}
  for (const name of ["placeholder", "aria-label", "alt"])
    for (const one of document.querySelectorAll(`[${{name}}]`)) {{
      const text = one.getAttribute(name);
      if (one.checkVisibility() && !text.includes("⟦") && /[A-Za-z]{{3}} [A-Za-z]/.test(text))
        found.push(`${{name}} ${{text}}`);
    }}
  return [...new Set(found)];
}}"""


def settled(page: Page) -> None:
    page.locator("h1").first.wait_for()
    page.locator(".skeleton").first.wait_for(state="detached")


def test_every_word_of_ours_is_translated_and_longer_words_fit(
    studio: Studio, pages: list[str]
) -> None:
    def longer(route: Route) -> None:
        catalog = route.fetch()
        code = re.sub(
            r"export\s*\{\s*(\w+) as default\s*\};?",
            lambda found: _LONGER.replace("NAME", found[1]),
            catalog.text(),
        )
        assert "longer(" in code
        headers = {k: v for k, v in catalog.headers.items() if k != "content-encoding"}
        route.fulfill(status=200, headers=headers, body=code)

    found: dict[str, Any] = {}
    for width in (1440, 400):
        context = studio.context(viewport={"width": width, "height": 900})
        context.route(re.compile(r"/assets/en-[^/]*\.js"), longer)
        page = context.new_page()
        for path in pages:
            page.goto(f"{studio.url}/studio/w/main/{path}")
            settled(page)
            if untranslated := page.evaluate(_UNTRANSLATED):
                found[path] = untranslated
            sideways = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if sideways > 0:
                found[f"{path} is wider than {width}"] = sideways
    assert not found, json.dumps(found, indent=1, ensure_ascii=False)


def test_the_systems_own_colours_are_used(studio: Studio, pages: list[str]) -> None:
    """Forced colours: what is chosen stays told apart, and nothing is drawn in a colour of ours."""
    page = studio.context(forced_colors="active").new_page()
    for path in pages:
        page.goto(f"{studio.url}/studio/w/main/{path}")
        settled(page)
        assert page.evaluate("matchMedia('(forced-colors: active)').matches")
        told = page.evaluate(
            """() => {
              const on = document.querySelector(".side a.on");
              if (!on) return ["solid", 2];  // a page that the navigation does not name
              const style = getComputedStyle(on);
              return [style.outlineStyle, parseFloat(style.outlineWidth)];
            }"""
        )
        assert told[0] == "solid" and told[1] >= 2, path
        ours = page.evaluate(
            """() => {
              const canvas = document.createElement("div");
              canvas.style.color = "CanvasText";
              canvas.style.backgroundColor = "Canvas";
              document.body.append(canvas);
              const { color, backgroundColor } = getComputedStyle(canvas);
              canvas.remove();
              const found = [];
              for (const one of document.querySelectorAll(".status, h1, th, td, .facts span")) {
                const now = getComputedStyle(one);
                if (now.color === backgroundColor) found.push(one.textContent + " is not seen");
              }
              return found;
            }"""
        )
        assert ours == [], path
    page.goto(f"{studio.url}/studio/w/main/jobs")
    settled(page)
    page.get_by_role("grid").focus()
    page.keyboard.press("x")
    row = page.locator('.line[aria-selected="true"]').first
    expect(row).to_be_visible()
    assert row.evaluate("row => getComputedStyle(row).outlineStyle") == "solid"


def test_nothing_moves_for_who_wants_it_so(studio: Studio, pages: list[str]) -> None:
    page = studio.context(reduced_motion="reduce").new_page()
    for path in pages:
        page.goto(f"{studio.url}/studio/w/main/{path}", wait_until="commit")
        page.locator("h1").first.wait_for()
        moving = page.evaluate(
            "document.getAnimations().filter((one) => one.playState === 'running' &&"
            " one.effect.getComputedTiming().activeDuration > 1).map((one) => one.animationName)"
        )
        assert moving == [], path
