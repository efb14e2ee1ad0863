"""Plain azure-ai-ml, as against Azure: register data, train, stream, register the model.

zafiro up --detach
zafiro exec -- python examples/wine/submit.py
"""

import logging
import os
from pathlib import Path

import mlflow
from azure.ai.ml import MLClient, load_job
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import Data, Model
from azure.identity import DefaultAzureCredential

HERE = Path(__file__).parent
logging.getLogger("azure.ai.ml").setLevel(logging.ERROR)  # its notices on experimental classes

ml_client = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["AZURE_RESOURCE_GROUP"],
    os.environ["AZUREML_WORKSPACE_NAME"],
)

# The data: 178 wines, 13 measurements each (the UCI wine recognition data).
wines = ml_client.data.create_or_update(
    Data(name="wines", type=AssetTypes.URI_FILE, path=HERE / "wine.csv")
)
print(f"data     {wines.name}:{wines.version}")

# The job: its YAML lies beside this file.
job = ml_client.jobs.create_or_update(load_job(HERE / "job.yml"))
print(f"job      {job.name}\n")
ml_client.jobs.stream(job.name)

# The model: registered from the job's output.
model = ml_client.models.create_or_update(
    Model(
        name="wine-forest",
        type=AssetTypes.MLFLOW_MODEL,
        path=f"azureml://jobs/{job.name}/outputs/model/paths/",
    )
)
print(f"model    {model.name}:{model.version}\n")

# What MLflow kept of it: the job is the run.
run = mlflow.get_run(job.name)
print("metric                                 value")
own = {k: v for k, v in run.data.metrics.items() if not k.startswith("system/")}
for name, value in sorted(own.items()):
    print(f"{name:<36} {value:8.4f}")
print(f"\n{len(run.data.params)} parameters, {len(own)} metrics, job {job.name}")
