"""Microsoft's azureml-core 1.61, in a Python of its own: its packages do not go with those of
azure-ai-ml's tests. It is no dependency, and never installed by anything here.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from zafiro.testing import live
from zafiro.testing.live import Live

PYTHON = "ZAFIRO_AZUREML_PYTHON"
SCRIPTS = Path(__file__).parent / "scripts"


@pytest.fixture(scope="session")
def python() -> str:
    """A Python that has azureml-core; skips where there is none."""
    found = os.environ.get(PYTHON, sys.executable)
    looked = subprocess.run(
        [found, "-c", "import azureml.core, azureml.mlflow"], capture_output=True, check=False
    )
    if looked.returncode:
        pytest.skip(
            "azureml-core is not installed; set ZAFIRO_AZUREML_PYTHON to a Python (3.8 to 3.11) "
            "that has azureml-core~=1.61 and azureml-mlflow"
        )
    return found


@pytest.fixture
def drive(python: str, server: Live, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Runs one of the scripts against the server, as a user would on a machine of his own; the last
    line it prints, read as JSON."""

    def run(script: str, **variables: str) -> Any:
        (tmp_path / ".azure").mkdir(exist_ok=True)  # where the client caches its cloud's metadata
        environment = {
            **live.clean(os.environ),
            **server.variables,
            "HOME": str(tmp_path),
            "AZUREML_CURRENT_CLOUD": "AzureCloud",
            **variables,
        }
        done = subprocess.run(
            [python, SCRIPTS / script],
            capture_output=True,
            text=True,
            env=environment,
            cwd=tmp_path,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    yield run
    shutil.rmtree(tmp_path, ignore_errors=True)
