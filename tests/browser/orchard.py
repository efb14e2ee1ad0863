"""Assets for browser tests, made as users make them: by Microsoft's SDK and MLflow's client, in a
process of its own."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from zafiro.testing import live
from zafiro.testing.live import Live

ROWS = 500

_PLANT = '''
import json, sys
from azure.ai.ml import Input, Output, command, load_component
from azure.ai.ml.entities import ComputeInstance, Data, Environment
from clients.azure_ai_ml.jobs_client import PLAIN, client, ended
from mlflow import MlflowClient

folder = sys.argv[1]
ml = client()
plain = ml.environments.create_or_update(PLAIN)
for version in "12":
    ml.data.create_or_update(
        Data(
            name="orchard", version=version, type="uri_folder", path=f"{folder}/orchard{version}",
            description="trees and what they bear" if version == "2" else None,
        )
    )
TRAIN = """
import mlflow, os, sys, yaml
out, rate = sys.argv[1], float(sys.argv[2])
mlflow.log_param("rate", rate)
mlflow.log_metric("accuracy", 0.5 + rate)
os.makedirs(out, exist_ok=True)
field = [{"name": "height", "type": "double", "required": True}]
if rate > 0.2: field.append({"name": "age", "type": "long", "required": False})
said = {
    "flavors": {"python_function": {"loader_module": "m", "python_version": "3.11"}},
    "signature": {"inputs": __import__("json").dumps(field), "outputs": "[{\\\\"type\\\\": \\\\"double\\\\"}]"},
    "mlflow_version": "2.22.0",
}
open(os.path.join(out, "MLmodel"), "w").write(yaml.safe_dump(said))
open(os.path.join(out, "weights.bin"), "wb").write(b"\\\\0" * 99)
"""
open(f"{folder}/code/train.py", "w").write(TRAIN.replace("\\\\\\\\", "\\\\"))
trained = []
for rate in ("0.1", "0.3"):
    trained.append(
        ml.jobs.create_or_update(
            command(
                display_name=f"train at {rate}",
                command="python train.py ${{outputs.model}} ${{inputs.rate}}",
                code=f"{folder}/code",
                inputs={
                    "trees": Input(type="uri_folder", path="azureml:orchard:1"),
                    "rate": float(rate),
                },
                outputs={"model": Output(type="mlflow_model", name="pears")},
                environment=plain,
            )
        ).name
    )
    if rate == "0.1":  # its model is version 1, and is read below
        assert ended(ml, trained[0]).status == "Completed"
scored = ml.jobs.create_or_update(
    command(
        display_name="score pears",
        command="ls ${{inputs.model}}",
        inputs={"model": Input(type="mlflow_model", path="azureml:pears:1")},
        environment=plain,
    )
).name
MlflowClient().set_registered_model_alias("pears", "champion", "1")
for version, packages in (("1", ["six==1.16.0"]), ("2", ["six==99.99", "idna"])):
    conda = {
        "name": "fruit", "channels": ["conda-forge"],
        "dependencies": ["python=3.11", "pip", {"pip": packages}],
    }
    made = ml.environments.create_or_update(
        Environment(name="fruit", version=version, image="library/python:3.11", conda_file=conda)
    )
    if version == "1":
        built = ml.jobs.create_or_update(command(command="true", environment=made)).name
for version in "12":
    ml.components.create_or_update(load_component(f"{folder}/press{version}.yml"))
ml.compute.begin_create_or_update(ComputeInstance(name="desk", size="Standard_DS3_v2")).result()
for name in (trained[1], scored, built):
    assert ended(ml, name, 120).status == "Completed", name
print(json.dumps({"trained": trained, "scored": scored}))
'''

_COMPONENT = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: press
version: {version}
display_name: Press
inputs:
  fruit: {{type: uri_folder, description: what is pressed}}
  bars: {{type: number, default: {bars}}}
  note: {{type: string, optional: true}}
outputs:
  juice: {{type: uri_folder}}
command: echo ${{{{inputs.bars}}}} $[[${{{{inputs.note}}}}]] > ${{{{outputs.juice}}}}/said
environment: azureml:plain:1
"""


def _files(folder: Path) -> None:
    for version in "12":
        here = folder / f"orchard{version}"
        (here / "more").mkdir(parents=True)
        with (here / "trees.csv").open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["tree", "kind", "height", "planted", "bears"])
            for n in range(ROWS):
                height = "" if n % 50 == 7 else round(2 + (n * 7919 % 331) / 40, 2)
                kind = ("pear", "apple", "quince")[n % 3 if version == "1" else n % 2]
                table.writerow([n, kind, height, f"20{n % 20:02}-03-1{n % 9}", n % 4 > 0])
        (here / "more" / "people.jsonl").write_text(
            "".join(json.dumps({"name": f"p{n}", "trees": [n, n + 1]}) + "\n" for n in range(20))
        )
        (here / "broken.parquet").write_bytes(b"this is no parquet")
        (here / "notes.txt").write_text("<script>alert(1)</script> prune in March\n")
    big = json.dumps([{"row": n, "text": "x" * 80} for n in range(100_000)])
    (folder / "orchard1" / "big.json").write_text(big)
    (folder / "code").mkdir()
    for version, bars in (("1", 2), ("2", 3)):
        (folder / f"press{version}.yml").write_text(_COMPONENT.format(version=version, bars=bars))


_MEND = """
from azure.ai.ml.entities import Environment
from clients.azure_ai_ml.jobs_client import client
pip = {"pip": ["six==1.16.0", "idna"]}
conda = {"name": "fruit", "channels": ["conda-forge"], "dependencies": ["python=3.11", "pip", pip]}
client().environments.create_or_update(
    Environment(name="fruit", version="3", image="library/python:3.11", conda_file=conda)
)
"""


def _run(server: Live, code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        capture_output=True,
        text=True,
        env={
            **live.clean(os.environ),
            **server.variables,
            "PYTHONPATH": os.path.join(os.path.dirname(__file__), ".."),
        },
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def plant(server: Live, folder: Path) -> dict[str, Any]:
    """{"trained": [two jobs], "scored": a job}; data `orchard` 1 and 2, model `pears` 1
    (@champion) and 2, environment `fruit` 1 (built) and 2 (which cannot be), component `press`
    1 and 2, instance `desk`."""
    _files(folder)
    said: dict[str, Any] = json.loads(_run(server, _PLANT, str(folder)).splitlines()[-1])
    return said


def mended(server: Live) -> None:
    """The environment `fruit` 3: what 2 wanted, with a version that there is."""
    _run(server, _MEND)
