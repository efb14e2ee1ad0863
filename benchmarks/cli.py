"""The command line, cold: every run is a process of its own.

    python benchmarks/cli.py [--rounds 7] [--az PATH] [--mlflow] [--create]

Beside: `python -c pass` (the floor), `mlflow experiments search` (with --mlflow) and `az version` (with
--az, the program of an azure-cli installed elsewhere). `job list` and `job show` hold a request to a
server with 50 jobs; with --create, `job create` stands beside the import of azure-ai-ml alone, which it
mostly is: once as pip installs it, compiled, and once compiled anew by every process, which is what
PYTHONDONTWRITEBYTECODE makes of an installation by uv. Rounds are interleaved, so that what else the
machine does hits all alike.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from zafiro.testing import live

BIN = Path(sys.executable).parent
JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: echo hello
environment:
  image: library/python:3.11-slim
"""


def took_s(command: list[str], variables: dict[str, str], cwd: Path) -> float:
    began = time.perf_counter()
    done = subprocess.run(command, env=variables, cwd=cwd, capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return took


def fill(variables: dict[str, str], jobs: int) -> None:
    """That many jobs, sent by one process."""
    code = (
        "import os, logging; logging.disable(50)\n"
        "from azure.ai.ml import MLClient, command\n"
        "from azure.identity import DefaultAzureCredential\n"
        "ml = MLClient(DefaultAzureCredential(), os.environ['AZURE_SUBSCRIPTION_ID'],\n"
        "  os.environ['AZURE_RESOURCE_GROUP'], os.environ['AZUREML_WORKSPACE_NAME'])\n"
        f"for n in range({jobs}):\n"
        "    ml.jobs.create_or_update(command(command='true', environment='azureml:bench@latest'))\n"
    )
    make = [str(BIN / "zafiro"), "environment", "create", "-n", "bench", "-i", "a/b", "-o", "none"]
    subprocess.run(make, env=variables, check=True, capture_output=True)
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env=variables, check=True, capture_output=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--az", help="The program `az` of an azure-cli installed elsewhere.")
    parser.add_argument("--mlflow", action="store_true")
    parser.add_argument("--create", action="store_true", help="job create, too.")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    home = folder / "home"
    try:
        running = live.up(home)
        variables = {**live.clean(os.environ), **running.variables}
        variables.pop("PYTHONDONTWRITEBYTECODE", None)
        fill(variables, asked.jobs)
        (folder / "job.yml").write_text(JOB)
        zafiro = str(BIN / "zafiro")
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "zafiro --help": [zafiro, "--help"],
            "zafiro job list": [zafiro, "job", "list"],
            "zafiro job show": [zafiro, "job", "show"],
            "zafiro job list -o table": [zafiro, "job", "list", "-o", "table"],
        }
        if asked.create:
            commands["import azure.ai.ml"] = [sys.executable, "-c", "import azure.ai.ml"]
            # Reads and writes no .pyc: a cache that nothing can be written to.
            nowhere = ["-B", "-X", f"pycache_prefix={folder / 'nowhere'}"]
            commands["  the same, never compiled"] = [
                sys.executable,
                *nowhere,
                "-c",
                "import azure.ai.ml",
            ]
            commands["zafiro job create -f"] = [
                zafiro,
                "job",
                "create",
                "-f",
                "job.yml",
                "-o",
                "none",
            ]
        if asked.az:
            commands["az version"] = [asked.az, "version"]
        if asked.mlflow:
            commands["mlflow experiments search"] = [str(BIN / "mlflow"), "experiments", "search"]
        took: dict[str, list[float]] = {name: [] for name in commands}
        for round_ in range(asked.rounds + 1):
            for name, command in commands.items():
                one = took_s(command, variables, folder)
                if round_:  # the first writes .pyc files
                    took[name].append(one)
        floor = statistics.median(took["python -c pass"])
        print(f"{'':28}  median s    best s   x python -c pass")
        for name, times in took.items():
            median, best = statistics.median(times), min(times)
            print(f"{name:28}  {median:8.3f}  {best:8.3f}   {median / floor:8.1f}")
        listed = statistics.median(took["zafiro job list"])
        if asked.create:
            create, bare = (
                statistics.median(took[n]) for n in ("zafiro job create -f", "import azure.ai.ml")
            )
            print(f"import azure.ai.ml: {bare / create:.0%} of zafiro job create -f")
        for peer in ("az version", "mlflow experiments search"):
            if peer in took:
                print(f"{peer}: {statistics.median(took[peer]) / listed:.1f} x zafiro job list")
    finally:
        live.down(home)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
