"""An interactive run: logs, files, tags, children; then everything read back."""

import json
import os
from pathlib import Path

from azureml.core import Experiment, Run
from signing_in import workspace

ws = workspace()
experiment = Experiment(ws, os.environ["EXPERIMENT"])
run = experiment.start_logging(snapshot_directory=None, display_name="first")
for value in (0.5, 0.75, 0.75):
    run.log("acc", value)
run.log("n", 3)
run.log("stepped", 1.5, step=7)
run.log("nan", float("nan"))
run.log_list("l", [1, 2, 3])
run.log_table("tab", {"x": [1, 2], "y": [0.5, 1.5]})
run.log_row("row", a=1, b="x")
run.log_row("row", a=2, b="y")
data = {"class_labels": ["0", "1"], "matrix": [[1, 2], [3, 4]]}
run.log_confusion_matrix(
    "cm", {"schema_type": "confusion_matrix", "schema_version": "v1", "data": data}
)
run.tag("k", "v")
run.add_properties({"p": "1"})
os.makedirs("up/sub", exist_ok=True)
for name in ("up/a.txt", "up/sub/b.txt"):
    with open(name, "w") as file:
        file.write(name)
run.upload_file("./outputs/a.txt", "up/a.txt")
run.upload_folder("dir", "up")
child = run.child_run("kid")
grandchild = child.child_run("grandkid")
grandchild.complete()
child.complete()
made = [one.id for one in run.create_children(count=2)]
run.complete()

run = Run.get(ws, run.id)
run.download_file("outputs/a.txt", "down.txt")
run.download_files(prefix="dir", output_directory="downs", append_prefix=False)
failed = experiment.start_logging(snapshot_directory=None)
failed.fail("bad thing", error_code="X")
print(
    json.dumps(
        {
            "id": run.id,
            "status": run.get_status(),
            "metrics": {key: repr(value) for key, value in run.get_metrics().items()},
            "acc": run.get_metrics(name="acc"),
            "tags": run.get_tags(),
            "properties": run.get_properties(),
            "files": run.get_file_names(),
            "down": Path("down.txt").read_text(),
            "downs": sorted(os.listdir("downs")),
            "children": len(list(run.get_children())),
            "all below": len(list(run.get_children(recursive=True))),
            "made": len(made),
            "by tag": [one.id for one in experiment.get_runs(tags={"k": "v"})],
            "has tag": [one.id for one in experiment.get_runs(tags="k")],
            "by property": [one.id for one in experiment.get_runs(properties={"p": "1"})],
            "failed": [failed.get_status(), failed.get_details()["error"]["error"]["code"]],
            "experiments": [one.name for one in Experiment.list(ws)],
        }
    )
)
