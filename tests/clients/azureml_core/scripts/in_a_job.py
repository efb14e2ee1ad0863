"""Run.get_context() as a job's code has it: the environment is all there is."""

import json

from azureml.core import Run

run = Run.get_context(allow_offline=False)
run.log("acc", 0.5)
run.log_list("l", [1, 2])
run.tag("in", "job")
run.upload_file("outputs/x.txt", __file__)
child = run.child_run("kid")
child.log("y", 2)
child.complete()
run.flush()
found = {
    "id": run.id,
    "metrics": {key: value for key, value in run.get_metrics().items() if "/" not in key},
    "files": [name for name in run.get_file_names() if name.startswith("outputs/")],
    "children": [one.id == child.id for one in run.get_children()],
    "token": bool(run._client.run.get_token().token),
}
run.complete()
print(json.dumps({**found, "status": run.get_status()}))
