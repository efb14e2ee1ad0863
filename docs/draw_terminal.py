"""Draws what a command printed as an SVG picture of a terminal (library: rich).

make demo | python docs/draw_terminal.py docs/demo.svg "make demo"
"""

import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 104
# Progress bars redraw themselves, and long links say nothing in a picture.
_NOISE = re.compile(r"it/s\]|B/s\]|^\s*\x1b\[39m\s*$|View run|View experiment|^make\[|^\.venv/bin")


def main() -> None:
    target, title = Path(sys.argv[1]), sys.argv[2]
    console = Console(record=True, width=WIDTH, file=Path("/dev/null").open("w"))  # noqa: SIM115
    console.print(Text(f"$ {title}", style="bold green"))
    blank = False
    for line in sys.stdin.read().splitlines():
        if _NOISE.search(line) or (blank and not line.strip()):
            continue
        blank = not line.strip()
        text = Text.from_ansi(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…")
        if re.match(r"\d\. |Done in", text.plain):
            text.stylize("bold cyan")
        console.print(text)
    picture = console.export_svg(title=title)
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.S)  # fetched from elsewhere
    picture = picture.replace("Fira Code", "DejaVu Sans Mono")
    target.write_text(re.sub(r"[ \t]+$", "", picture, flags=re.M))


if __name__ == "__main__":
    main()
