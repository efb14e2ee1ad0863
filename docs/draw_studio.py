"""Takes the pictures of the studio's pages: light, dark, and in Spanish.

python docs/draw_studio.py [--home HOME] [PAGE …]

In Debian's Chromium, of a server that examples/team/fill.py fills: one of its own, or with --home one
that runs and is filled. Needs Pillow, which MLflow brings, to write small files.
"""

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import BrowserContext, Page, sync_playwright

from zafiro.core.home import Home
from zafiro.core.secrets import Secrets
from zafiro.studio import link as links
from zafiro.testing import live

HERE = Path(__file__).parent
FILL = HERE.parent / "examples" / "team" / "fill.py"
LOOKS = {"light": ("light", "en"), "dark": ("dark", "en"), "es": ("light", "es")}
# {name} of a job or run by the name people see; {searched} are ids of twelve of fraud-search.
PAGES = {
    "home": "home",
    "jobs": "jobs",
    "jobs-grouped": "jobs?group=experiment",
    "job": "jobs/{quick-rate}",
    "metrics": "jobs/{quick-rate}?tab=metrics",
    "images": "jobs/{quick-rate}?tab=images",
    "code": "jobs/{quick-rate}?tab=code&file=train.py",
    "lineage": "jobs/{quick-rate}?tab=lineage",
    "logs": "jobs/{quick-rate}?tab=outputs&log=user_logs/std_log.txt",
    "monitoring": "jobs/{overnight}?tab=monitoring",
    "why-failed": "jobs/{wrong-column}",
    "why-waiting": "jobs/{after-that}",
    "experiments": "experiments",
    "experiment": "experiments/fraud-search?metric=val%2Fauc",
    "compare": "compare?runs={searched}",
    "curves": "compare?runs={searched}&tab=charts",
    "parallel": "compare?runs={searched}&tab=parallel",
    "scatter": "compare?runs={searched}&tab=scatter",
    "code-diff": "compare?runs={slow-rate},{quick-rate}&tab=code",
    "data": "data",
    "data-asset": "data/payments/12",
    "data-files": "data/payments/12?tab=files",
    "data-lineage": "data/payments/12?tab=lineage",
    "models": "models",
    "model": "models/fraud/2",
    "model-versions": "models/fraud/2?tab=versions",
    "environments": "environments",
    "environment": "environments/fraud/1",
    "components": "components",
    "computes": "compute",
    "compute": "compute/one-by-one",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=", ".join(PAGES))
    said = parser.parse_args()
    if unknown := set(said.pages) - set(PAGES):
        raise SystemExit(f"no page is called {', '.join(unknown)}; there are {', '.join(PAGES)}")
    wanted = {name: PAGES[name] for name in said.pages or PAGES}
    if said.home:
        draw(said.home, wanted)
        return
    home = Path(tempfile.mkdtemp(prefix="zafiro-studio-"))
    live.up(home)
    try:
        zafiro(home, "exec", "--", sys.executable, "-W", "ignore", str(FILL))
        draw(home, wanted)
    finally:
        for name in json.loads(zafiro(home, "job", "list", "--query", "[].name", "-o", "json")):
            zafiro(home, "job", "cancel", "-n", name, check=False)
        live.down(home)
        shutil.rmtree(home, ignore_errors=True)


def zafiro(home: Path, *arguments: str, check: bool = True) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "zafiro", *arguments],
        env={**live.clean(os.environ), "ZAFIRO_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=None if check else subprocess.DEVNULL,
        text=True,
        check=check,
    )
    return done.stdout


def draw(home: Path, wanted: dict[str, str]) -> None:
    kept = Home(home)
    url = json.loads(kept.state.read_text())["studio_url"]
    link = links.link(Secrets.at(kept.master_key), url)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--headless", "--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"],
        )
        for look, (theme, language) in LOOKS.items():
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.request.get(link)
            context.add_init_script(
                f"localStorage.setItem('zafiro.theme', '{theme}');"
                f"localStorage.setItem('zafiro.language', '{language}')"
            )
            page = context.new_page()
            names = ids(context, url)
            for name, path in wanted.items():
                for shown, id in names.items():
                    path = path.replace(f"{{{shown}}}", id)
                page.goto(f"{url}/studio/w/main/{path}")
                picture = shot(page)
                target = HERE / "studio" / f"{name}-{look}.png"
                picture.save(target, optimize=True)
                print(f"{target.name:<28}{target.stat().st_size / 1000:6.0f} KB", flush=True)
        browser.close()
    (HERE / "studio" / "README.md").write_text(gallery())


def gallery() -> str:
    """The page that shows them all."""
    lines = [
        "# The studio's pages",
        "",
        "Taken by `python docs/draw_studio.py` of the server that `examples/team/fill.py` fills.",
        "",
        "| | light | dark | Spanish |",
        "|---|---|---|---|",
    ]
    for name in PAGES:
        shown = " | ".join(
            f"[![{name}, {look}]({name}-{look}.png)]({name}-{look}.png)" for look in LOOKS
        )
        lines.append(f"| {name} | {shown} |")
    return "\n".join(lines) + "\n"


def ids(context: BrowserContext, url: str) -> dict[str, str]:
    """The ids of jobs and runs by the name people see."""
    answer = context.request.post(
        f"{url}/studio/api/w/main/jobs/query",
        data={"limit": 200},
        headers={"x-zafiro-studio": "1"},
    )
    rows = answer.json()["rows"]
    found = {row["display_name"]: row["name"] for row in rows}
    searched = [row["name"] for row in rows if row["experiment"] == "fraud-search"]
    return found | {"searched": ",".join(searched[:12])}


def shot(page: Page) -> Image.Image:
    """What the window shows once it has settled; 256 colours are enough for a page."""
    page.locator("h1").first.wait_for()
    page.locator(".skeleton").first.wait_for(state="detached")
    page.wait_for_timeout(600)  # charts draw, fonts settle; a picture has no condition to wait on
    raw = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    return raw.convert("RGB").quantize(256, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
