"""Jobs for browser tests, sent by Microsoft's SDK in a process of its own."""

import json
import os
import subprocess
import sys

from zafiro.testing import live
from zafiro.testing.live import Live

_SEND = """
import json, sys
from azure.ai.ml import command
from azure.ai.ml.entities import Data, Model
from clients.azure_ai_ml.jobs_client import PLAIN, client
ml = client()
plain = ml.environments.create_or_update(PLAIN)
for one in json.load(sys.stdin):
    job = ml.jobs.create_or_update(command(environment=plain, **one))
    print(json.dumps([job.name, job.studio_url]), flush=True)
"""


def send(server: Live, *jobs: dict[str, object]) -> list[tuple[str, str]]:
    """[(name, studio_url as the SDK shows it)]."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _SEND],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        env={
            **live.clean(os.environ),
            **server.variables,
            "PYTHONPATH": os.path.join(os.path.dirname(__file__), ".."),
        },
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('["')]
    return [(name, url) for name, url in found]
