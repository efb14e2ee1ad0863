"""A job for a workspace that has none: seconds long, with curves, and no package to install."""

import secrets

from sqlalchemy.orm import Session

from zafiro.assets import service as assets
from zafiro.core.context import Context
from zafiro.core.errors import NotFound
from zafiro.jobs import service as jobs
from zafiro.workspaces.domain import Workspace

ENVIRONMENT = "plain-python"
# What MLflow's client would do, by hand: the job needs nothing but Python.
COMMAND = """\
python - <<'END'
import json, os, random, ssl, time, urllib.request

trust = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
address = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-batch"
token = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]}

def log(**said):
    body = json.dumps({"run_id": os.environ["MLFLOW_RUN_ID"], **said}).encode()
    request = urllib.request.Request(address, body, {**token, "Content-Type": "application/json"})
    urllib.request.urlopen(request, context=trust).close()

log(params=[{"key": "darts", "value": "40000"}])
inside = 0
for step in range(40):
    for _ in range(1000):
        inside += random.random() ** 2 + random.random() ** 2 < 1
    pi = 4 * inside / (1000 * (step + 1))
    now = int(time.time() * 1000)
    log(metrics=[
        {"key": "pi", "value": pi, "timestamp": now, "step": step},
        {"key": "error", "value": abs(pi - 3.14159265), "timestamp": now, "step": step},
    ])
    print(f"{1000 * (step + 1):6} darts: pi is about {pi:.4f}", flush=True)
    time.sleep(0.1)
END
"""


def send(ctx: Context, db: Session, workspace: Workspace, *, by: str) -> str:
    """Sends it; its name. Raises what any job would."""
    try:
        environment = assets.latest(db, workspace, "environments", ENVIRONMENT)
    except NotFound:
        body = {"properties": {"image": "library/python:3-slim", "osType": "Linux"}}
        environment, _ = assets.put(db, workspace, "environments", ENVIRONMENT, "1", body, by=by)
    name = f"sample_{secrets.token_hex(4)}"
    properties = {
        "jobType": "Command",
        "displayName": "pi by darts",
        "description": "Throws darts at a square and counts those inside the circle.",
        "experimentName": "sample",
        "command": COMMAND,
        "environmentId": environment.id,
    }
    jobs.submit(ctx, db, workspace, name, {"properties": properties}, by=by)
    return name
