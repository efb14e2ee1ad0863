"""Runs the shell scripts of a checkout of Microsoft's azureml-examples, unmodified, through the shim.

    zafiro up --detach
    python examples/accept_scripts.py azureml-examples --page docs/how/public-examples.md

Each runs in a copy of the checkout's cli folder, with `az` being `zafiro az`, which is all that is put
in its way. Every call of `az` is written down with its exit status, so a script cannot hide that one
failed. Scripts that use what Zafiro does not have are listed by what it is, and not run.
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

BEGIN = "<!-- made by examples/accept_scripts.py: begin -->"
END = "<!-- made by examples/accept_scripts.py: end -->"
ZAFIRO = Path(sys.executable).with_name("zafiro")
# What the authors' scripts take for granted: their group and workspace.
PREPARE = """
set -e
az group create -n azureml-examples -l eastus -o none
az ml workspace create -n main -g azureml-examples -o none
az ml compute create -g azureml-examples -w main -n cpu-cluster -t amlcompute -o none
"""
SCRIPTS = [
    "setup.sh",
    "mlflow-uri.sh",
    "deploy-mlcompute-create_with-system-identity.sh",
    "deploy-mlcompute-update-to-system-identity.sh",
    "run-job.sh jobs/basics/hello-world.yml",
    "run-job.sh jobs/basics/hello-world-org.yml",
    "run-job.sh jobs/basics/hello-world-env-var.yml",
    "run-job.sh jobs/basics/hello-world-input.yml",
    "run-job.sh jobs/basics/hello-world-output.yml",
    "run-job.sh jobs/basics/hello-world-output-data.yml",
    "run-job.sh jobs/basics/hello-code.yml",
    "run-job.sh jobs/basics/hello-mlflow.yml",
    "run-job.sh jobs/single-step/scikit-learn/iris/job.yml",
    "train-rest.sh",
    "train.sh",
    "run-job-pipeline-all.sh 1",
]
# Words of `az` that show what a script needs and Zafiro does not have.
LACKS = [
    (r"az ml (online|batch)-", "endpoints"),
    (r"az ml schedule", "schedules"),
    (
        r"az identity|az role|az vm|az acr|az monitor|az storage|az deployment",
        "other services of Azure",
    ),
    (r"apt-get|aka\.ms", "installs programs of the machine"),
    (r"\bmanagement\.azure\.com\b", "Azure's own address"),
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
    began = time.monotonic()
    path = f"{room / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = {**os.environ, "PATH": path, "ZAFIRO_CONFIG": str(room / "defaults.json")}
    with (room / "output").open("w") as output:
        child = subprocess.Popen(
            ["bash", *line.split()],
            cwd=at,
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


def others(root: Path) -> list[str]:
    """Scripts that are not run, each with what it needs."""
    ran = {line.split()[0] for line in SCRIPTS}
    rows = []
    for path in sorted(root.rglob("*.sh")):
        name = str(path.relative_to(root))
        text = re.sub(r"^\s*#.*$", "", path.read_text(errors="replace"), flags=re.M)
        if name in ran or not re.search(r"\baz\b", text):
            continue
        lacks = [what for pattern, what in LACKS if re.search(pattern, text)]
        rows.append(f"| `{name}` | {', '.join(lacks) or 'not run'} |")
    return rows


def section(results: list[Result], root: Path) -> str:
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
            "Not run, because they need what is not here:",
            "",
            "| script | needs |",
            "|---|---|",
            *others(root),
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
    results = []
    for line in SCRIPTS:
        if asked.only not in line:
            continue
        results.append(run(line, at, room, asked.timeout))
        print(row(results[-1]), flush=True)
        if asked.page is not None:
            text = section(results, asked.checkout / "cli")
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
