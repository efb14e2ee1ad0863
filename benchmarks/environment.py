"""P8: a Python environment with scikit-learn and pandas, beside `python -m venv` + `pip install`.

    python benchmarks/environment.py [--rounds 3]

cold      nothing is cached: packages are downloaded
warm      the same environment again, as every further job asks for it, with the job's overlay
changed   one more package (six); what was downloaded before is cached

Both take the packages from the same index into an environment of the same Python, one after the
other in each round; numbers are the medians, in seconds. pip has no notion of finding an
environment built before: its warm figure is a new environment from its cache.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from zafiro.core.settings import Settings
from zafiro.environments.service import resolve
from zafiro.runtime import interpreters
from zafiro.runtime.environment import overlay, prepare

CONDA = "dependencies: [{pip: [scikit-learn==1.5.*, pandas==2.2.*, mlflow-skinny<3]}]"
CHANGED = CONDA.replace("scikit-learn", "six, scikit-learn")


def ours(cache: Path, conda: str, job: Path) -> None:
    recipe = resolve({"condaFile": conda}, settings=Settings())
    overlay(prepare(recipe, cache, lambda line: None), job)


def theirs(cache: Path, conda: str, job: Path) -> None:
    python = interpreters.choose(None)
    assert python is not None
    requirements = resolve({"condaFile": conda}, settings=Settings())["requirements"]
    variables = {**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_CACHE_DIR": str(cache)}
    variables.pop("PIP_FIND_LINKS", None)
    subprocess.run([python.path, "-m", "venv", job], check=True, env=variables)
    subprocess.run(
        [job / "bin" / "python", "-m", "pip", "install", "--quiet", *requirements],
        check=True,
        env=variables,
    )


def measured(work: Callable[[Path, str, Path], None], folder: Path) -> dict[str, float]:
    os.environ["UV_CACHE_DIR"] = str(folder / "downloads")
    seconds = {}
    for number, (name, conda) in enumerate(
        (("cold", CONDA), ("warm", CONDA), ("changed", CHANGED))
    ):
        started = time.perf_counter()
        work(folder / "cache", conda, folder / f"job{number}")
        seconds[name] = time.perf_counter() - started
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    taken: dict[str, list[dict[str, float]]] = {"ours": [], "theirs": []}
    for _ in range(rounds):
        for name, work in (("ours", ours), ("theirs", theirs)):
            folder = Path(tempfile.mkdtemp(prefix="zafiro-benchmark-"))
            try:
                taken[name].append(measured(work, folder))
            finally:
                shutil.rmtree(folder)
    print(f"{'':10}{'Zafiro':>10}{'venv + pip':>12}{'ratio':>9}   bar")
    for step, bar in (("cold", ""), ("warm", "0.2 s"), ("changed", "")):
        mine, peer = (
            statistics.median(one[step] for one in taken[name]) for name in ("ours", "theirs")
        )
        print(f"{step:10}{mine:10.4f}{peer:12.4f}{peer / mine:8.1f}x   {bar}")


if __name__ == "__main__":
    main()
