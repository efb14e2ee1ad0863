"""Runs the YAML files of a checkout of Microsoft's azureml-examples, unmodified, and prints a table.

    git clone https://github.com/Azure/azureml-examples
    python examples/accept_public.py stand-ins azureml-examples mirror     # only where cut off
    ZAFIRO_URL_MIRROR=$PWD/mirror zafiro up --detach
    zafiro exec -- python examples/accept_public.py run azureml-examples --report table.md

Each file is loaded with azure-ai-ml and created, as `az ml … create --file` does. A resource counts
when it can be read back as it was asked for, a job when it is Completed and what it leaves is there.
Everything runs against the server that the variables of `zafiro exec` name, and stays on it.
"""

import argparse
import fnmatch
import io
import json
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from azure.ai import ml as sdk
from azure.ai.ml import MLClient
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from public_data import PUBLIC_HOST, prepare, stand_ins

FOLDERS = (
    "cli/assets/data",
    "cli/assets/model",
    "cli/assets/environment",
    "cli/assets/component",
    "cli/resources/datastore",
    "cli/resources/compute",
    "cli/resources/connections",
    "cli/resources/workspace",
    "cli/jobs/basics",
    "cli/jobs/single-step",
    "cli/jobs/pipelines-with-components",
)
# What the last part of $schema says a file is; connections have none and are known by their folder.
KINDS = {
    "commandJob": "job",
    "pipelineJob": "job",
    "sweepJob": "job",
    "autoMLJob": "job",
    "sparkJob": "job",
    "commandComponent": "component",
    "sparkComponent": "component",
    "pipelineComponent": "component",
    "data": "data",
    "model": "model",
    "environment": "environment",
    "amlCompute": "compute",
    "computeInstance": "compute",
    "vmCompute": "compute",
    "azureBlob": "datastore",
    "azureFile": "datastore",
    "azureDataLakeGen1": "datastore",
    "azureDataLakeGen2": "datastore",
    "workspace": "workspace",
}
JOB_TYPES = ("command", "pipeline", "sweep", "automl", "spark", "parallel")
# What must be in the log, or (with a leading /) among the artifacts, of a job that is Completed.
LEAVES = {
    "basics/hello-code.yml": "hello-sweep.py",
    "basics/hello-data-uri-folder.yml": "titanic.csv",
    "basics/hello-dataset.yml": "titanic.csv",
    "basics/hello-git.yml": "Repository('.').head.shorthand",
    "basics/hello-iris-*.yml": "/outputs/iris.csv",
    "basics/hello-mlflow.yml": "/helloworld.txt",
    "basics/hello-notebook.yml": "/outputs/out.ipynb",
    "basics/hello-world.yml": "hello world",
    "basics/hello-world-env-var.yml": "hello world",
    "basics/hello-world-input.yml": "42",
    "basics/hello-world-org.yml": "hello world",
    "basics/hello-world-output-data.yml": "/named-outputs/hello_output/helloworld.txt",
    "basics/hello-world-output.yml": "/outputs/helloworld.txt",
    "single-step/pytorch/iris/job.yml": "SimpleMLP(",
    "single-step/scikit-learn/*/job*.yml": "/model/MLmodel",
    "single-step/scikit-learn/iris-notebook/job.yml": "/outputs/out.ipynb",
    "single-step/lightgbm/iris/job.yml": "/model/MLmodel",
}
ENDED = ("Completed", "Failed", "Canceled")


class Wrong(Exception):
    """What came back is not what was asked for."""


@dataclass
class Result:
    """outcome: ran, later (Zafiro says it does not do it yet), refused, failed or slow."""

    file: str
    kind: str
    outcome: str
    note: str = ""
    seconds: float = 0.0


@dataclass
class Runner:
    ml: MLClient
    root: Path
    job_timeout_s: float
    results: list[Result] = field(default_factory=list)

    def run(self, path: Path) -> Result:
        began = time.monotonic()
        os.chdir(path.parent)  # as a user would; the client resolves what AutoML names from there
        shown = str(path.relative_to(self.root / "cli"))
        kind = kind_of(path)
        assert kind is not None
        result = Result(shown, kind, "ran")
        try:
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
                result.note = getattr(self, kind)(path)
        except Wrong as e:
            result.outcome, result.note = "failed", str(e)
        except TimeoutError as e:
            result.outcome, result.note = "slow", str(e)
        except HttpResponseError as e:
            later = e.status_code == 501 or "not supported yet" in str(e)
            result.outcome, result.note = "later" if later else "refused", first_line(e)
        except Exception as e:  # noqa: BLE001 whatever the client raises is a row of the table
            later = "not supported yet" in str(e)
            result.outcome, result.note = "later" if later else "refused", first_line(e)
        result.seconds = time.monotonic() - began
        self.results.append(result)
        return result

    def data(self, path: Path) -> str:
        made = self.ml.data.create_or_update(sdk.load_data(path))
        kept = self.ml.data.get(made.name, made.version)
        same(kept, made, "name", "version", "type", "path")
        return f"{kept.type} {kept.name}:{kept.version}"

    def model(self, path: Path) -> str:
        made = self.ml.models.create_or_update(sdk.load_model(path))
        kept = self.ml.models.get(made.name, made.version)
        same(kept, made, "name", "version", "type", "path")
        return f"{kept.type} {kept.name}:{kept.version}"

    def environment(self, path: Path) -> str:
        asked = sdk.load_environment(path)
        made = self.ml.environments.create_or_update(asked)
        kept = self.ml.environments.get(made.name, made.version)
        same(kept, asked, "name", "image", "conda_file")
        return f"{kept.name}:{kept.version}"

    def component(self, path: Path) -> str:
        asked = sdk.load_component(path)
        note = ""
        try:
            made = self.ml.components.create_or_update(asked)
        except HttpResponseError as e:
            if e.status_code != 409:
                raise
            # Several examples share a name; as `az ml component create --version` would.
            made = self.ml.components.create_or_update(asked, version=f"{time.time_ns()}")
            note = f", given another version: {first_line(e)}"
        kept = self.ml.components.get(made.name, made.version)
        same(kept, made, "name", "version")
        if sorted(kept.inputs) != sorted(asked.inputs):
            raise Wrong(f"inputs are {sorted(kept.inputs)}, not {sorted(asked.inputs)}")
        return f"{kept.name}{note or f':{kept.version}'}"

    def compute(self, path: Path) -> str:
        asked = sdk.load_compute(path)
        self.ml.compute.begin_create_or_update(asked).result(timeout=120)
        kept = self.ml.compute.get(asked.name)
        same(kept, asked, "name", "type")
        if kept.provisioning_state != "Succeeded":
            raise Wrong(f"state {kept.provisioning_state}: {kept.provisioning_errors}")
        return f"{kept.type} {getattr(kept, 'size', '') or ''}".strip()

    def datastore(self, path: Path) -> str:
        asked = sdk.load_datastore(path)
        self.ml.datastores.create_or_update(asked)
        kept = self.ml.datastores.get(asked.name)
        same(kept, asked, "name", "type", "description")
        return str(kept.type)

    def connection(self, path: Path) -> str:
        asked = sdk.load_workspace_connection(path)
        self.ml.connections.create_or_update(asked)
        kept = self.ml.connections.get(asked.name)
        same(kept, asked, "name", "type", "target")
        return str(kept.type)

    def workspace(self, path: Path) -> str:
        asked = sdk.load_workspace(path)
        self.ml.workspaces.begin_create(asked).result(timeout=120)
        kept = self.ml.workspaces.get(asked.name)
        same(kept, asked, "name", "description", "display_name")
        return f"{kept.name}, storage {str(kept.storage_account).rsplit('/', 1)[-1]}"

    def job(self, path: Path) -> str:
        job = self.ml.jobs.create_or_update(sdk.load_job(path))
        deadline = time.monotonic() + self.job_timeout_s
        while (status := self.status(job.name)) not in ENDED:
            if time.monotonic() > deadline:
                self.ml.jobs.begin_cancel(job.name)
                raise TimeoutError(f"{status} after {self.job_timeout_s:.0f} s ({job.name})")
            time.sleep(0.5)
        with tempfile.TemporaryDirectory() as folder:
            self.ml.jobs.download(job.name, download_path=folder, all=True)
            left = {str(p.relative_to(folder)): p for p in Path(folder).rglob("*") if p.is_file()}
            log = "".join(p.read_text(errors="replace") for n, p in left.items() if "std_log" in n)
        if status != "Completed":
            raise Wrong(f"{status} ({job.name}): {last_line(log)}")
        wanted = leaves(path)
        if wanted.startswith("/"):
            if not any(f"/{name}".endswith(wanted) for name in left):
                raise Wrong(f"Completed without {wanted} ({job.name}): {sorted(left)}")
        elif wanted not in log:
            raise Wrong(f"Completed, but '{wanted}' is not in its log ({job.name})")
        return f"Completed; {wanted.lstrip('/')}" if wanted else "Completed"

    def status(self, name: str) -> str:
        status = self.ml.jobs.get(name).status
        return str(getattr(status, "value", status))  # an enumeration's str() is not its value


def same(kept: Any, asked: Any, *names: str) -> None:
    for name in names:
        was, now = getattr(asked, name), getattr(kept, name)
        if name == "conda_file" and isinstance(was, dict):
            was, now = was.get("dependencies"), (now or {}).get("dependencies")
        if str(was or "").lower() != str(now or "").lower():
            raise Wrong(f"{name} came back as {now!r}, not {was!r}")


def kind_of(path: Path) -> str | None:
    """Which verb of `Runner` a YAML file is for; None for one that is no resource."""
    try:
        text = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    if not isinstance(text, dict):
        return None
    if path.parent.name == "connections":
        return "connection"
    schema = str(text.get("$schema", "")).rpartition("/")[2].split(".")[0].strip()
    found = KINDS.get(schema) or KINDS.get(schema[:1].lower() + schema[1:])
    if found is None and text.get("type") in JOB_TYPES and "name" not in text:
        return "job"
    return found


def leaves(path: Path) -> str:
    """The last pattern that fits wins; "" where nothing is known of the file."""
    found = ""
    for pattern, wanted in LEAVES.items():
        if fnmatch.fnmatch(path.as_posix(), f"*/cli/jobs/{pattern}"):
            found = wanted
    return found


def first_line(error: Exception) -> str:
    said = getattr(error, "message", None) or str(error)
    if isinstance(error, HttpResponseError) and error.error is not None:
        said = error.error.message or said
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", str(said)).splitlines()]
    kept = [line for line in lines if line and not line.startswith(("Error", "For more", "Met"))]
    return " ".join(kept)[:300] or type(error).__name__


def last_line(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "its log is empty"


def files(root: Path, only: list[str], skip: list[str]) -> Iterator[Path]:
    for folder in FOLDERS:
        found = sorted((root / folder).rglob("*.y*ml"))
        # Jobs last: some name what a file beside theirs creates.
        for path in sorted(found, key=lambda path: kind_of(path) == "job"):
            shown = path.relative_to(root / "cli").as_posix()
            if only and not any(fnmatch.fnmatch(shown, pattern) for pattern in only):
                continue
            if any(fnmatch.fnmatch(shown, pattern) for pattern in skip):
                continue
            if kind_of(path):
                yield path


def uses_public_host(path: Path) -> bool:
    return PUBLIC_HOST in path.read_text()


def table(results: list[Result], public: Callable[[str], bool]) -> str:
    rows = ["| file | result | s | note |", "|---|---|---|---|"]
    for r in results:
        mark = " ᵐ" if public(r.file) else ""
        note = r.note.replace("|", "\\|")
        rows.append(f"| `{r.file}`{mark} | {r.outcome} | {r.seconds:.1f} | {note} |")
    return "\n".join(rows) + "\n"


def client() -> MLClient:
    return MLClient(
        DefaultAzureCredential(),
        os.environ["AZURE_SUBSCRIPTION_ID"],
        os.environ["AZURE_RESOURCE_GROUP"],
        os.environ["AZUREML_WORKSPACE_NAME"],
        show_progress=False,
    )


def whole(path: str) -> Path:
    return Path(path).absolute()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    making = verbs.add_parser("stand-ins", help="make a folder for ZAFIRO_URL_MIRROR")
    making.add_argument("checkout", type=Path)
    making.add_argument("mirror", type=Path)
    running = verbs.add_parser("run", help="run the files of a checkout")
    running.add_argument("checkout", type=Path)
    running.add_argument("--only", action="append", default=[], help="pattern below cli/")
    running.add_argument("--skip", action="append", default=[], help="pattern below cli/")
    running.add_argument("--job-timeout", type=float, default=600, help="seconds [600]")
    # Whole paths: the current folder changes from file to file.
    running.add_argument("--report", type=whole, help="write the table there as Markdown")
    running.add_argument("--json", type=whole, help="write the results there as JSON lines")
    return parser.parse_args()


def main() -> int:
    asked = parsed()
    root = asked.checkout.resolve()
    if asked.verb == "stand-ins":
        stand_ins(root, asked.mirror)
        return 0
    if "AZUREML_WORKSPACE_NAME" not in os.environ:
        print("run this under `zafiro exec --`, so that it knows the server", file=sys.stderr)
        return 2
    logging.getLogger("azure.ai.ml").setLevel(logging.ERROR)
    runner = Runner(client(), root, asked.job_timeout)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        prepare(runner.ml, root)
    for path in files(root, asked.only, asked.skip):
        print(f"{path.relative_to(root / 'cli')} … ", end="", flush=True)
        result = runner.run(path)
        print(f"{result.outcome} {result.seconds:.1f} s  {result.note}", flush=True)
        if asked.json:
            with asked.json.open("a") as lines:
                lines.write(json.dumps(vars(result)) + "\n")
    if asked.report:
        public = lambda file: uses_public_host(root / "cli" / file)  # noqa: E731
        asked.report.write_text(table(runner.results, public))
    counts = {
        o: sum(r.outcome == o for r in runner.results)
        for o in ("ran", "later", "refused", "failed", "slow")
    }
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    return 0 if not counts["failed"] and not counts["slow"] else 1


if __name__ == "__main__":
    sys.exit(main())
