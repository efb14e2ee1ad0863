"""Runs the shell scripts of a checkout of Microsoft's azureml-examples, unmodified, through the shim.

    zafiro up --detach
    python examples/accept_scripts.py azureml-examples --page docs/how/public-examples.md

Each runs in a copy of the checkout's cli folder, with `az` being `zafiro az`, which is all that is put
in its way. Every call of `az` is written down with its exit status, so a script cannot hide that one
failed. Scripts that need what is not here are not run, but listed with the line where they would stop:
which nouns the server lacks, it is asked.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

BEGIN = "<!-- made by examples/accept_scripts.py: begin -->"
END = "<!-- made by examples/accept_scripts.py: end -->"
ZAFIRO = Path(sys.executable).with_name("zafiro")
DEFAULTS = {"group": "azureml-examples", "workspace": "main", "location": "eastus"}
# What the authors' scripts take for granted: their group and workspace.
PREPARE = """
set -e
az group create -n azureml-examples -l eastus -o none
az ml workspace create -n main -g azureml-examples -o none
az ml compute create -g azureml-examples -w main -n cpu-cluster -t amlcompute -o none
"""
# Scripts that want arguments; the rest is run as it is.
LINES = {
    "run-job.sh": [
        "jobs/basics/hello-world.yml",
        "jobs/basics/hello-world-org.yml",
        "jobs/basics/hello-world-env-var.yml",
        "jobs/basics/hello-world-input.yml",
        "jobs/basics/hello-world-output.yml",
        "jobs/basics/hello-world-output-data.yml",
        "jobs/basics/hello-code.yml",
        "jobs/basics/hello-mlflow.yml",
        "jobs/single-step/scikit-learn/iris/job.yml",
    ],
    "run-job-pipeline-all.sh": ["1"],
}
# Nouns that a server may lack, and how each is asked whether it does.
NOUNS = {
    "online-endpoint": "online-endpoint list",
    "online-deployment": "online-deployment list -e none",
    "batch-endpoint": "batch-endpoint list",
    "batch-deployment": "batch-deployment list -e none",
    "schedule": "schedule list",
    "registry": "registry list",
    "feature-set": "feature-set list",
    "feature-store": "feature-store list",
}
SHIM = ("ml", "configure", "account", "group", "extension", "config", "rest", "login", "version")
# Words that show what else a script needs.
NEEDS = [
    (r"\b(apt-get|apt|snap) install|aka\.ms/Install|\bsudo\b", "installs programs of the machine"),
    (r"\bdocker (build|run|push|tag)", "a container engine"),
    (r"\bcurl\b.*management\.azure\.com", "Azure's own address, by curl"),
    (r"^\s*\./build_image\.sh|git clone", "the Internet"),
]


@dataclass
class Result:
    script: str
    code: int | None  # None: ran out of time
    seconds: float
    calls: list[tuple[int, str]]  # exit status and arguments of each `az`
    said: str

    @property
    def failed(self) -> list[tuple[int, str]]:
        return [call for call in self.calls if call[0] != 0]


def shim(folder: Path) -> Path:
    """The folder with `az`: the shim itself, behind a line that notes each call."""
    subprocess.run([ZAFIRO, "az", "install-shim", folder / "real"], check=True, stdout=sys.stderr)
    (folder / "bin").mkdir()
    az = folder / "bin" / "az"
    az.write_text(
        "#!/bin/bash\n"
        f'"{folder}/real/az" "$@" 2> >(tee -a "{folder}/said" >&2)\n'
        f'code=$?\necho "$code $*" >> "{folder}/calls"\nexit $code\n'
    )
    az.chmod(0o755)
    return folder / "bin"


def run(line: str, at: Path, room: Path, timeout_s: float) -> Result:
    for name in ("calls", "said"):
        (room / name).write_text("")
    # What setup.sh keeps: every script takes for granted that it ran before.
    (room / "defaults.json").write_text(json.dumps(DEFAULTS))
    began = time.monotonic()
    path = f"{room / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = {**os.environ, "PATH": path, "ZAFIRO_CONFIG": str(room / "defaults.json")}
    with (room / "output").open("w") as output:
        child = subprocess.Popen(
            ["bash", Path(line.split()[0]).name, *line.split()[1:]],
            cwd=at / Path(line.split()[0]).parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=variables,
            start_new_session=True,
        )
        try:
            code: int | None = child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            code = None
            os.killpg(child.pid, 9)
            child.wait()
    calls = []
    for one in (room / "calls").read_text().splitlines():
        status, _, words = one.partition(" ")
        if status.isdigit():
            calls.append((int(status), words))
    said = (room / "said").read_text()
    return Result(line, code, time.monotonic() - began, calls, said)


def row(result: Result) -> str:
    good = len(result.calls) - len(result.failed)
    outcome = "ran" if result.code == 0 and not result.failed else "partly"
    if result.code is None:
        outcome = "slow"
    missing = sorted(
        {m[1] for m in re.finditer(r"Error: (.*? is not supported by this version)", result.said)}
    )
    others = [
        m[1]
        for m in re.finditer(r"^Error: (.*)$", result.said, re.M)
        if "not supported" not in m[1]
    ]
    notes = [m.removesuffix(" by this version") for m in missing][:3] + list(dict.fromkeys(others))[
        :2
    ]
    if not result.calls:
        outcome, notes = "empty", ["it ends before its first call of `az`"]
    note = "; ".join(notes).replace("|", "\\|")[:220]
    calls = f"{good} of {len(result.calls)}"
    return f"| `{result.script}` | {outcome} | {result.code} | {calls} | {result.seconds:.0f} | {note} |"


def commands(text: str) -> list[tuple[int, str]]:
    """(line number, text) of what is no comment, continued lines joined."""
    found: list[tuple[int, str]] = []
    joined, began = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not joined:
            began = number
        joined += line.rstrip("\\") if line.endswith("\\") else line
        if not line.endswith("\\"):
            if joined.strip() and not joined.lstrip().startswith("#"):
                found.append((began, joined))
            joined = ""
    return found


def lack(line: str, missing: set[str]) -> str | None:
    """What the line needs that is not here; None when there is nothing. `missing`: nouns."""
    for needed, what in NEEDS:
        if re.search(needed, line):
            return what
    for match in re.finditer(r"\baz +([a-z][a-z-]*)(?: +([a-z][a-z-]*))?", line):
        service, noun = match.groups()
        if service == "ml" and noun in missing:
            return "endpoints" if "-" in noun else f"{noun}s"
        if service not in SHIM:
            return f"`az {service}`"
    return None


def stop(text: str, missing: set[str]) -> tuple[int, str, str] | None:
    """(line, the command there, all it needs) of the first line that cannot work."""
    lines = commands(text)
    if lines and re.match(r"exit\b", lines[0][1]):
        return lines[0][0], lines[0][1], "its authors switched it off"
    lacks = [(number, line, what) for number, line in lines if (what := lack(line, missing))]
    if not lacks:
        return None
    number, line, _ = lacks[0]
    word = re.search(r"\b(az|docker|curl|sudo|apt-get|git) .*", line)
    needs = dict.fromkeys(what for _, _, what in lacks)
    return number, (word[0] if word else line).strip(), "; ".join(needs)


def absent() -> set[str]:
    """Nouns the server lacks, as it says itself."""
    found = set()
    for noun, words in NOUNS.items():
        done = subprocess.run([ZAFIRO, *words.split()], capture_output=True, text=True)
        if "is not supported by this version" in done.stderr:
            found.add(noun)
    return found


def chosen(root: Path, missing: set[str]) -> tuple[list[str], list[str]]:
    """(command lines to run, table rows of the scripts that cannot be), all that call `az`."""
    lines, rows = [], []
    for path in sorted(root.rglob("*.sh")):
        name, text = str(path.relative_to(root)), path.read_text(errors="replace")
        if not any(re.search(r"\baz\b", line) for _, line in commands(text)):
            continue
        found = stop(text, missing)
        if found is None:
            lines += [f"{name} {given}".strip() for given in LINES.get(name, [""])]
            continue
        number, command, what = found
        short = command if len(command) < 60 else command[:57] + "..."
        rows.append(f"| `{name}` | {number} | `{short.replace('|', chr(92) + '|')}` | {what} |")
    return lines, rows


def section(results: list[Result], rows: list[str], silent: int) -> str:
    whole = sum(r.code == 0 and bool(r.calls) and not r.failed for r in results)
    calls = [c for r in results for c in r.calls]
    good = sum(code == 0 for code, _ in calls)
    return "\n".join(
        [
            BEGIN,
            f"{whole} of {len(results)} scripts ran to their end with every call of `az` succeeding; "
            f"of {len(calls)} calls of `az` in all of them {good} did.",
            "",
            "| script | | exit status | calls of `az` that succeeded | s | what was said |",
            "|---|---|---:|---:|---:|---|",
            *map(row, results),
            "",
            f"{len(rows)} were not run, because they need what is not here; this is where each would stop. "
            f"{silent} more call no `az`: they are code of jobs.",
            "",
            "| script | line | there | needs |",
            "|---|---:|---|---|",
            *rows,
            END,
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--page", type=Path, help="Put the tables into this page.")
    parser.add_argument("--timeout", type=float, default=300, help="Seconds a script may take.")
    parser.add_argument("--dry", action="store_true", help="Run none; say where each would stop.")
    parser.add_argument("--only", default="", help="Only scripts that contain this.")
    asked = parser.parse_args()
    room = Path(tempfile.mkdtemp(prefix="zafiro-scripts-"))
    at = room / "cli"
    shutil.copytree(asked.checkout / "cli", at)
    shim(room)
    (room / "prepare.sh").write_text(PREPARE)
    prepared = run(str(room / "prepare.sh"), at, room, asked.timeout)
    if prepared.failed:
        print(prepared.said, file=sys.stderr)
    data = ["exec", "--", sys.executable, "-W", "ignore", __file__, "prepare", str(asked.checkout)]
    subprocess.run([ZAFIRO, *data], check=True, stdout=subprocess.DEVNULL)
    lines, rows = chosen(at, absent())
    named = {line.split()[0] for line in lines} | {row.split("`")[1] for row in rows}
    silent = sum(str(path.relative_to(at)) not in named for path in at.rglob("*.sh"))
    print("\n".join(rows), flush=True)
    results = []
    for line in lines:
        if asked.only not in line or asked.dry:
            continue
        results.append(run(line, at, room, asked.timeout))
        print(row(results[-1]), flush=True)
        if asked.page is not None:
            text = section(results, rows, silent)
            head, _, rest = asked.page.read_text().partition(BEGIN)
            asked.page.write_text(f"{head}{text}{rest.partition(END)[2]}")
    shutil.rmtree(room, ignore_errors=True)
    return 0


def prepare_data(checkout: Path) -> None:
    """The assets that the examples' authors have in their workspace."""
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential
    from public_data import prepare

    prepare(
        MLClient(
            DefaultAzureCredential(),
            os.environ["AZURE_SUBSCRIPTION_ID"],
            "azureml-examples",
            "main",
        ),
        checkout,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["prepare"]:
        prepare_data(Path(sys.argv[2]))
    else:
        sys.exit(main())
