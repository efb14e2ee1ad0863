"""An MLflow 2 client at work. Prints JSON: what it read back, for the test to compare."""

import json
import sys
import tempfile
import uuid
import warnings
from pathlib import Path

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings("ignore")
client = MlflowClient()
experiment = mlflow.set_experiment(f"two-{uuid.uuid4().hex[:8]}").experiment_id
with mlflow.start_run(run_name="parent", description="by an old client") as parent:
    mlflow.log_params({"lr": 0.1, "depth": 3})
    mlflow.set_tag("team", "red")
    for step in range(5):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    many = [Metric(f"m{n}", n, 1_700_000_000_000 + n, n) for n in range(900)]
    client.log_batch(parent.info.run_id, many, [Param("p", "x")], [RunTag("t", "y")])
    mlflow.log_text("hello", "notes/a.txt")
    with mlflow.start_run(run_name="child", nested=True) as child:
        mlflow.log_metric("n", 1)
        with mlflow.start_run(run_name="grandchild", nested=True) as grandchild:
            mlflow.log_metric("n", 2)
    x = np.array([[0.0], [1.0], [2.0], [3.0]])
    model = LogisticRegression().fit(x, [0, 0, 1, 1])
    mlflow.sklearn.log_model(model, "model", pip_requirements=["scikit-learn"])

found = client.get_run(parent.info.run_id)
below = mlflow.search_runs(
    [experiment],
    filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'",
    output_format="list",
)
ordered = mlflow.search_runs(
    [experiment], filter_string="metrics.n > 0", order_by=["metrics.n DESC"], output_format="list"
)
with tempfile.TemporaryDirectory() as folder:
    down = mlflow.artifacts.download_artifacts(
        run_id=parent.info.run_id, artifact_path="notes", dst_path=folder
    )
    text = Path(down, "a.txt").read_text()
loaded = mlflow.sklearn.load_model(f"runs:/{parent.info.run_id}/model")
client.delete_run(child.info.run_id)
deleted = client.get_run(child.info.run_id).info.lifecycle_stage
client.restore_run(child.info.run_id)
said = {
    "version": mlflow.__version__,
    "run": parent.info.run_id,
    "status": found.info.status,
    "params": found.data.params,
    "team": found.data.tags["team"],
    "metrics": len(found.data.metrics),
    "history": [(m.step, m.value) for m in client.get_metric_history(parent.info.run_id, "loss")],
    "below": [run.info.run_name for run in below],
    "parent of grandchild": client.get_run(grandchild.info.run_id).data.tags["mlflow.parentRunId"]
    == child.info.run_id,
    "ordered": [run.info.run_name for run in ordered],
    "text": text,
    "predicts the same": list(loaded.predict(x)) == list(model.predict(x)),
    "lifecycle": [deleted, client.get_run(child.info.run_id).info.lifecycle_stage],
}
json.dump(said, sys.stdout)
