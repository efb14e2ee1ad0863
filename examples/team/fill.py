"""A team's week on a server of its own, so that there is something to see in the studio.

zafiro up --detach
zafiro exec -- python examples/team/fill.py

Everything is done by Microsoft's azure-ai-ml and MLflow, as users do it: two versions of data,
30 runs of an experiment, jobs that end well, fail, run and wait, and a model with its aliases.
"""

import logging
import math
import os
import random
import shutil
import tempfile
import time
from pathlib import Path

import mlflow
from azure.ai.ml import Input, MLClient, Output, command
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import AmlCompute, Data, Environment, Model
from azure.identity import DefaultAzureCredential

HERE = Path(__file__).parent
TRAIN = "python train.py --data ${{inputs.payments}} --rate ${{inputs.rate}}"
logging.disable(logging.WARNING)
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"

ml = MLClient(
    DefaultAzureCredential(),
    os.environ["AZURE_SUBSCRIPTION_ID"],
    os.environ["AZURE_RESOURCE_GROUP"],
    os.environ["AZUREML_WORKSPACE_NAME"],
)


def payments(path: Path, rows: int, seed: int) -> Path:
    made = random.Random(seed)
    with path.open("w") as file:
        file.write("amount,hour,distance,fraud\n")
        for _ in range(rows):
            fraud = made.random() < 0.3
            amount = made.lognormvariate(4.4 if fraud else 3.6, 0.6)
            hour = made.gauss(3 if fraud else 14, 4) % 24
            distance = made.expovariate(1 / (60 if fraud else 15))
            file.write(f"{amount:.2f},{hour:.1f},{distance:.1f},{int(fraud)}\n")
    return path


def revised(folder: Path) -> Path:
    """The code as it was a day later: it logs one metric more."""
    made = folder / "src"
    shutil.copytree(HERE / "src", made)
    text = (made / "train.py").read_text()
    logged = '"train/loss": loss,'
    (made / "train.py").write_text(
        text.replace(logged, f'{logged}\n                "train/accuracy": right,')
    )
    return made


def runs() -> None:
    """A search by hand: what plain MLflow logs from a notebook."""
    mlflow.set_experiment("fraud-search")
    chance = random.Random(3)
    for n in range(30):
        rate, depth = 10 ** chance.uniform(-3, -0.5), chance.choice([3, 4, 6, 8, 10])
        best = 0.95 - 0.03 * abs(math.log10(rate) + 1.6) - 0.006 * abs(depth - 6)
        with mlflow.start_run(run_name=f"trees-{n:02}"):
            mlflow.log_params(
                {"rate": f"{rate:.4f}", "depth": depth, "trees": chance.choice([100, 200, 400])}
            )
            mlflow.set_tag("author", chance.choice(["ana", "ines", "omar"]))
            for step in range(40):
                auc = best - 0.3 * math.exp(-step / 8) + chance.gauss(0, 0.003)
                mlflow.log_metrics({"val/auc": auc, "val/loss": 1 - auc}, step=step)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for version, rows in (("11", 1200), ("12", 1600)):
            made = ml.data.create_or_update(
                Data(
                    name="payments",
                    version=version,
                    type=AssetTypes.URI_FILE,
                    path=payments(Path(folder) / "payments.csv", rows, int(version)),
                    description="Card payments, with those known to be fraud",
                )
            )
            print(f"data   {made.name}:{made.version}", flush=True)
    environment = ml.environments.create_or_update(
        Environment(
            name="fraud",
            image="library/python:3.11-slim",
            conda_file={
                "name": "fraud",
                "dependencies": ["python=3.11", {"pip": ["mlflow", "numpy", "pillow"]}],
            },
        )
    )
    ml.compute.begin_create_or_update(
        AmlCompute(name="one-by-one", size="Standard_DS3_v2", max_instances=1)
    ).result()
    runs()
    print("runs   30 in fraud-search", flush=True)

    later = revised(Path(tempfile.mkdtemp(prefix="team-")))

    def job(name: str, text: str, version: str = "12", **more: object) -> str:
        inputs = {
            "payments": Input(type="uri_file", path=f"azureml:payments:{version}"),
            "rate": more.pop("rate", 0.5),
        }
        sent = ml.jobs.create_or_update(
            command(
                command=text,
                code=later if version == "12" else HERE / "src",
                inputs=inputs,
                environment=environment,
                experiment_name="fraud-train",
                display_name=name,
                **more,  # type: ignore[arg-type]
            )
        )
        print(f"job    {name}: {sent.name}", flush=True)
        return str(sent.name)

    def good(name: str, **more: object) -> str:
        outputs = {"model": Output(type="custom_model")}
        found = job(name, f"{TRAIN} --model ${{{{outputs.model}}}}", outputs=outputs, **more)
        end = time.monotonic() + 600
        while ml.jobs.get(found).status not in ("Completed", "Failed"):
            if time.monotonic() > end:
                raise SystemExit(f"{name} does not end: zafiro job why {found}")
            time.sleep(0.3)
        return found

    slow, quick = good("slow-rate", version="11", rate=0.05), good("quick-rate", rate=0.9)
    for n, found in enumerate((slow, quick), 1):
        ml.models.create_or_update(
            Model(
                name="fraud",
                version=str(n),
                type="custom_model",
                path=f"azureml://jobs/{found}/outputs/model/paths/",
            )
        )
        print(f"model  fraud:{n}", flush=True)
    client = mlflow.MlflowClient()
    client.set_registered_model_alias("fraud", "champion", "2")
    client.set_registered_model_alias("fraud", "challenger", "1")
    job("wrong-column", f"{TRAIN} && python -c \"{{}}['amount_eur']\"")
    job("overnight", f"{TRAIN} --epochs 2000 --pause 0.3", compute="one-by-one", rate=0.02)
    job("next-in-line", TRAIN, compute="one-by-one")
    job("after-that", TRAIN, compute="one-by-one")
    shutil.rmtree(later.parent)


if __name__ == "__main__":
    main()
