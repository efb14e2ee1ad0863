"""Records a newcomer's first minutes, for real, into README.md.

    python docs/record_session.py

In a fresh home folder: a clone of this checkout (what is committed), a new virtual environment,
`pip install`, a server, a job, a wrong YAML, a model. One bash types all of it; what it printed, the
seconds of each command and every exit status that is not 0 are written between two markers. Only the
home's path (/home/me) and the studio's token are masked. Stops at the first command that did not end
as it should.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BEGIN = "<!-- made by docs/record_session.py: begin -->"
END = "<!-- made by docs/record_session.py: end -->"
INSTALL = [
    "cd ~/zafiro",
    "python -m venv .venv && . .venv/bin/activate",
    "pip install --quiet .",
    "cd ~/first",
]
# What is typed, and the exit status it should end with.
STEPS = [
    ("zafiro up --detach", 0),
    ("zafiro init", 0),
    ("cat hello.yml", 0),
    ("zafiro job create -f hello.yml --stream", 0),
    ("zafiro job show --timeline", 0),
    ("zafiro job create -f broken.yml", 1),
    ("zafiro model create --name greeting --version 1 --path hello.yml --output none", 0),
    ("zafiro model list --output table", 0),
    ("zafiro down", 0),
]
FILES = {
    "hello.yml": "command: echo hello from ${{inputs.who}}\n"
    "inputs:\n  who: Zafiro\n"
    "environment:\n  image: library/python:latest\n",
    "broken.yml": "command: echo hello from ${{inputs.who}}\n"
    "inptus:\n  who: Zafiro\n"
    "environment:\n  image: library/python:latest\n",
}
# Variables that would lead the newcomer to another server or home.
_LEADING = (
    "AZURE_",
    "AZUREML_",
    "MLFLOW_",
    "ZAFIRO_",
    "MSI_",
    "ARM_",
    "XDG_",
    "VIRTUAL_ENV",
    "PYTHON",
)
_MARK = "\036"
_QUICK_S = 0.05  # quicker commands go without their time
_UV = r"Using Python|Resolved|Prepared|Installed| ?Download|Audited|warning|   Buil| \+ "
_LONG = 200  # a line of output is cut there


@dataclass(frozen=True)
class Typed:
    command: str
    code: int
    took_s: float
    said: str


def record(
    commands: list[str], home: Path, path: str, variables: dict[str, str] | None = None
) -> list[Typed]:
    """Types the commands into one bash, whose home folder is `home`, in `home`/first."""
    first = home / "first"
    first.mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        (first / name).write_text(text)
    script = ["exec 2>&1"]
    for command in commands:
        # EPOCHREALTIME: of bash 5
        script.append(f"began=$EPOCHREALTIME\n{command}\nended=$? now=$EPOCHREALTIME")
        script.append(f"printf '{_MARK}%s %s %s{_MARK}' $ended $began $now")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_LEADING)}
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=first,
        env={**kept, "HOME": str(home), "PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        | (variables or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=1800,
    )
    pieces = done.stdout.split(_MARK)
    typed = []
    for command, said, ended in zip(commands, pieces[::2], pieces[1::2], strict=False):
        code, began, now = ended.replace(",", ".").split()
        typed.append(Typed(command, int(code), float(now) - float(began), said))
    return typed


def shown(typed: list[Typed], home: Path) -> str:
    """The session as a reader sees it."""
    lines = []
    for one in typed:
        notes = [f"{one.took_s:.1f} s"] if one.took_s >= _QUICK_S else []
        notes += [f"exit status {one.code}"] if one.code else []
        comment = f"  # {', '.join(notes)}" if notes else ""
        lines.append(f"$ {one.command:<56}{comment}".rstrip())
        lines += shorter([masked(line, home) for line in one.said.splitlines()])
    return "\n".join(lines)


def shorter(lines: list[str]) -> list[str]:
    """Without what uv says while it builds an environment: which packages came from where."""
    kept: list[str] = []
    at, dropped = None, 0
    for line in lines:
        if at is not None and re.match(_UV, line):
            dropped += 1
            continue
        kept.append(line)
        if line.startswith("uv pip install: "):
            at = len(kept)
    return kept if at is None else [*kept[:at], f"... ({dropped} lines of uv)", *kept[at:]]


def masked(line: str, home: Path) -> str:
    line = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line.rsplit("\r", 1)[-1]).rstrip()
    line = line.replace(str(home), "/home/me").replace(str(home.resolve()), "/home/me")
    line = re.sub(r"token=\w+", "token=…", line)
    return line if len(line) <= _LONG else line[: _LONG - 1] + "…"


def section(typed: list[Typed], home: Path) -> str:
    whole = sum(one.took_s for one in typed)
    install = sum(one.took_s for one in typed if one.command.startswith(("pip", "python -m venv")))
    return "\n".join(
        [
            BEGIN,
            "```console",
            shown(typed, home),
            "```",
            "",
            f"{whole:.0f} s in all, {install:.0f} of them to install, as measured by "
            f"`python docs/record_session.py` with Python {sys.version_info[0]}.{sys.version_info[1]} "
            f"on {os.cpu_count()} cores.",
            END,
        ]
    )


def into(page: Path, text: str) -> None:
    """Between the markers. Raises ValueError when the page has none."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page} has no markers")
    page.write_text(before + text + after)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--page", type=Path, default=ROOT / "README.md")
    parser.add_argument("--print", action="store_true", help="Print it; write nothing.")
    parser.add_argument("--keep", action="store_true", help="Keep the folder it happened in.")
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="newcomer-")).resolve()
    (home / "bin").mkdir()
    (home / "bin" / "python").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    subprocess.run(["git", "clone", "--quiet", ROOT, home / "zafiro"], check=True)
    path = f"{home / 'bin'}:{os.environ['PATH']}"
    expected = [*((command, 0) for command in INSTALL), *STEPS]
    began = time.monotonic()
    try:
        typed = record([command for command, _ in expected], home, path)
    finally:
        zafiro = home / "zafiro" / ".venv" / "bin" / "zafiro"
        if zafiro.exists():  # where something went wrong before `zafiro down`
            away = {**os.environ, "HOME": str(home), "ZAFIRO_HOME": str(home / ".zafiro")}
            subprocess.run([zafiro, "down"], env=away, stdout=subprocess.DEVNULL)
        if not asked.keep:
            shutil.rmtree(home, ignore_errors=True)
    text = section(typed, home)
    wrong = [t for t, (_, code) in zip(typed, expected, strict=False) if t.code != code]
    if wrong or len(typed) < len(expected):
        print(text, file=sys.stderr)
        print(f"not written: `{wrong[0].command if wrong else 'the shell'}` ended", file=sys.stderr)
        return 1
    if asked.print:
        print(text)
    else:
        into(asked.page, text)
        print(f"wrote {asked.page}, after {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
