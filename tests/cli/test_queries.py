"""The --query expressions counted over public scripts, workflows and notebooks give what
azure-ai-ml's own entities hold, as scripts read it: -o tsv.

Of nouns that a server may lack, none may print what a script takes for an answer.
"""

import json
import uuid
from typing import Any

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Data, Environment, Model, Workspace

from clients.azure_ai_ml.jobs_client import ended, submit
from zafiro.testing.live import Live

REGISTRY = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/zafiro/providers/"
    "Microsoft.ContainerRegistry/registries/crates"
)
SECOND = f"q{uuid.uuid4().hex[:8]}"


@pytest.fixture
def orchard(ml: MLClient) -> str:
    """A workspace of which everything that scripts ask for is set."""
    try:
        return str(ml.workspaces.get(SECOND).name)
    except Exception:  # noqa: BLE001 - the client's own "not found"
        space = Workspace(name=SECOND, container_registry=REGISTRY, location="local")
        return str(ml.workspaces.begin_create(space).result().name)


@pytest.mark.parametrize(
    "field",
    [
        "container_registry",
        "location",
        "mlflow_tracking_uri",
        "storage_account",
        "key_vault",
        "resource_group",
    ],
)
def test_of_a_workspace(typed: Any, ml: MLClient, orchard: str, field: str) -> None:
    kept = ml.workspaces.get(orchard)
    done = typed("workspace", "show", "-n", orchard, "--query", field, "-o", "tsv")
    assert done.out.strip() and done.out == f"{getattr(kept, field)}\n", done.err


def test_of_the_network_of_a_workspace(typed: Any, ml: MLClient) -> None:
    kept = ml.workspaces.get("main")._to_dict().get("managed_network")
    done = typed("workspace", "show", "--query", "managed_network")
    assert json.loads(done.out or "null") == kept, done.err


def test_of_a_job(typed: Any, ml: MLClient) -> None:
    named = f"simple_cron_schedule_{uuid.uuid4().hex[:6]}"
    job = submit(ml, "true", display_name=named)
    ended(ml, job.name)
    of = ("job", "show", "-n", job.name, "-o", "tsv", "--query")
    assert typed(*of, "status").out == "Completed\n"
    assert typed(*of, "services.Studio.endpoint").out == f"{ml.jobs.get(job.name).studio_url}\n"
    assert typed("job", "list", "--query", "[0].name", "-o", "tsv").out == f"{job.name}\n"
    assert job.name in typed("job", "list", "--query", "[].name", "-o", "tsv").out.splitlines()
    listed = typed("job", "list", "--query", f"[?contains(display_name,'{named}')].name")
    assert json.loads(listed.out) == [job.name]


def test_of_a_job_that_is_created(typed: Any, ml: MLClient, tmp_path: Any) -> None:
    (tmp_path / "job.yml").write_text(
        "command: 'true'\nenvironment:\n  image: library/python:latest\n"
    )
    done = typed("job", "create", "-f", tmp_path / "job.yml", "--query", "name", "-o", "tsv")
    name = done.out.strip()
    assert (done.code, ended(ml, name).name) == (0, name), done.err


def test_of_assets(typed: Any, ml: MLClient, tmp_path: Any) -> None:
    name = f"q{uuid.uuid4().hex[:8]}"
    (tmp_path / "a.txt").write_text("x")
    ml.models.create_or_update(Model(name=name, version="7", path=str(tmp_path / "a.txt")))
    ml.data.create_or_update(
        Data(name=name, version="8", type="uri_file", path=str(tmp_path / "a.txt"))
    )
    ml.environments.create_or_update(Environment(name=name, version="9", image="a/b"))
    for noun, version in (("model", "7"), ("data", "8"), ("environment", "9")):
        for which in (("--label", "latest"), ("--version", version)):
            asked = (noun, "show", "--name", name, *which, "--query", "version", "-o", "tsv")
            assert typed(*asked).out == f"{version}\n"


def test_of_a_compute(typed: Any, ml: MLClient) -> None:
    name = f"q{uuid.uuid4().hex[:8]}"
    given = ("--type", "amlcompute", "--identity-type", "system_assigned", "-o", "none")
    assert typed("compute", "create", "--name", name, *given).code == 0
    identity = ml.compute.get(name).identity
    assert identity is not None and identity.principal_id
    of = ("compute", "show", "-n", name, "-o", "tsv", "--query")
    assert typed(*of, "identity.principal_id").out == f"{identity.principal_id}\n"
    assert typed(*of, "name").out == f"{name}\n"
    assert typed("compute", "delete", "-n", name, "--yes").code == 0
    (size,) = [s for s in ml.compute.list_sizes() if s.name == "Standard_DS3_v2"]
    query = "[?name=='Standard_DS3_v2'].{Name:name, Gpus:gpus}"
    done = typed("compute", "list-sizes", "--query", query)
    assert json.loads(done.out) == [{"Name": size.name, "Gpus": size.gpus}], done.err


@pytest.mark.parametrize("field", ["account_name", "container_name", "endpoint", "protocol"])
def test_of_a_datastore(typed: Any, ml: MLClient, field: str) -> None:
    kept = ml.datastores.get("workspaceblobstore")
    of = ("datastore", "show", "-n", "workspaceblobstore", "--query", field, "-o", "tsv")
    assert typed(*of).out == f"{getattr(kept, field)}\n"


LATER = {
    "online-endpoint show -n none": [
        "scoring_uri",
        "provisioning_state",
        "traffic",
        "openapi_uri",
        "identity.principal_id",
    ],
    "online-endpoint get-credentials -n none": ["primaryKey", "accessToken"],
    "online-deployment show -n none -e none": ["provisioning_state", "id"],
    "batch-endpoint show -n none": ["scoring_uri", "{Name:name, Defaults:defaults}"],
    "batch-endpoint invoke -n none --input a": ["name"],
    "batch-deployment list-jobs -n none -e none": ["[].name"],
    "feature-store show -n none": ["storage_account", "key_vault"],
}


@pytest.mark.parametrize("command", LATER)
def test_of_what_is_not_there_nothing_is_printed(typed: Any, server: Live, command: str) -> None:
    """A script that reads stdout never takes an error for an answer."""
    for query in LATER[command]:
        done = typed(*command.split(), "--query", query, "-o", "tsv")
        assert done.code in (1, 3) and done.out == "" and done.err.startswith("Error: ")
