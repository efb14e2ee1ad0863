"""What the YAML files of azureml-examples take for granted: data on a public host, and in the
workspace. Made of the data sets that scikit-learn brings and of the checkout's own files."""

from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.entities import AmlCompute, Data
from azure.storage.blob import BlobServiceClient
from sklearn.datasets import load_diabetes, load_iris

PUBLIC_HOST = "azuremlexamples.blob.core.windows.net"


def prepare(ml: MLClient, root: Path) -> None:
    """What some files take for granted in the workspace they run in, and no file of the checkout
    makes: two clusters, two data assets, and example-data/ in the default datastore."""
    for name, size in (("cpu-cluster-lg", "Standard_DS4_v2"), ("gpu-cluster", "Standard_NC12")):
        ml.compute.begin_create_or_update(AmlCompute(name=name, size=size, max_instances=2))
    data = root / "cli" / "assets" / "data"
    ml.data.create_or_update(
        Data(name="local-folder-example", type="uri_folder", path=data / "sample-data")
    )
    ml.data.create_or_update(
        Data(name="sampledata", type="mltable", path=data / "local-mltable", skip_validation=True)
    )
    store = ml.datastores.get("workspaceblobstore", include_secrets=True)
    account = f"{store.protocol}://{store.account_name}.blob.{store.endpoint}"
    service = BlobServiceClient(account, credential=store.credentials.sas_token)
    container = service.get_container_client(store.container_name)
    for name, content in (
        ("iris.csv", iris_csv().encode()),
        ("titanic.csv", (data / "sample-data" / "titanic.csv").read_bytes()),
        ("mltable-sample/titanic.csv", (data / "local-mltable" / "titanic.csv").read_bytes()),
        ("mltable-sample/MLTable", (data / "local-mltable" / "MLTable").read_bytes()),
    ):
        container.upload_blob(f"example-data/{name}", content, overwrite=True)


def iris_csv() -> str:
    bunch = load_iris(as_frame=True)
    names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    table = bunch.data.set_axis(names, axis=1)
    table["species"] = [bunch.target_names[i] for i in bunch.target]
    return str(table.to_csv(index=False))


def diabetes_csv() -> str:
    return str(load_diabetes(as_frame=True).frame.to_csv(index=False))


def stand_ins(root: Path, mirror: Path) -> None:
    """What Microsoft's public blob host has and a machine that is cut off does not, made of the
    data sets that scikit-learn brings and of the checkout's own."""
    folder = mirror / PUBLIC_HOST / "datasets"
    folder.mkdir(parents=True, exist_ok=True)
    titanic = root / "cli" / "assets" / "data" / "sample-data" / "titanic.csv"
    (folder / "iris.csv").write_text(iris_csv())
    (folder / "diabetes.csv").write_text(diabetes_csv())
    (folder / "titanic.csv").write_bytes(titanic.read_bytes())
    print(f"wrote {', '.join(sorted(p.name for p in folder.iterdir()))} into {folder}")
