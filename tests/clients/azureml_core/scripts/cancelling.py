"""Cancels the run of a job."""

import json
import os

from azureml.core import Run
from signing_in import workspace

run = Run.get(workspace(), os.environ["RUN"])
run.cancel()
print(json.dumps(run.wait_for_completion(raise_on_error=False)["status"]))
