"""What is printed without azure-ai-ml is what azure-ai-ml makes of the same resource."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import Input, MLClient, Output, command, load_component
from azure.ai.ml.entities import (
    AmlCompute,
    AzureBlobDatastore,
    AzureFileDatastore,
    BuildContext,
    ComputeInstance,
    Data,
    Environment,
    IdentityConfiguration,
    Model,
    PatTokenConfiguration,
    WorkspaceConnection,
)

from clients.azure_ai_ml.jobs_client import PLAIN, client, ended
from zafiro.cli.plain import entity
from zafiro.testing import live
from zafiro.testing.live import Live

COMPONENT = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
type: command
name: shaped
display_name: Shaped
description: of a shape
tags: {a: b}
version: 1
inputs:
  n: {type: integer, default: 3, min: 1, max: 9}
  f: {type: uri_file, optional: true}
  s: {type: string, enum: [a, b], default: a}
outputs:
  o: {type: uri_folder}
code: .
environment: azureml:plain@latest
command: echo ${{inputs.n}} > ${{outputs.o}}/x
resources: {instance_count: 1}
"""


@dataclass
class Made:
    ml: MLClient
    jobs: list[str]


@pytest.fixture(scope="module")
def made(server: Live, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """One of every kind, with every field that is easily set."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update({**live.clean(kept), **server.variables})
    yield _made(client(), tmp_path_factory.mktemp("shapes"))
    os.environ.clear()
    os.environ.update(kept)


def _made(ml: MLClient, folder: Path) -> Made:
    (folder / "a.txt").write_text("x")
    (folder / "Dockerfile").write_text("FROM library/python:3.11-slim\n")
    (folder / "c.yml").write_text(COMPONENT)
    environments = ml.environments
    plain = environments.create_or_update(PLAIN)
    environments.create_or_update(
        Environment(name="shaped", image="a/b", description="d", tags={"a": "b"})
    )
    environments.create_or_update(
        Environment(name="shaped", image="a/b", conda_file={"dependencies": ["python=3.11"]})
    )
    environments.create_or_update(Environment(name="shaped-build", build=BuildContext(path=folder)))
    more: dict[str, Any] = {"description": "q", "tags": {"x": "y"}, "properties": {"p": "q"}}
    ml.models.create_or_update(Model(name="shaped", path=folder / "a.txt", **more))
    ml.data.create_or_update(Data(name="shaped", path=folder, type="uri_folder", **more))
    ml.data.create_or_update(
        Data(name="shaped-web", path="https://example.com/x.csv", type="uri_file", version="7")
    )
    ml.components.create_or_update(load_component(folder / "c.yml"))
    rich = ml.jobs.create_or_update(
        command(
            command="echo ${{inputs.a}} | tee ${{outputs.o}}/x > ${{outputs.r}}/x",
            code=folder,
            environment=plain,
            inputs={
                "a": 3,
                "b": True,
                "l": Input(type="uri_folder", path=str(folder)),
                "d": Input(type="uri_folder", path="azureml:shaped@latest", mode="download"),
            },
            outputs={
                "o": Output(type="uri_folder"),
                "r": Output(type="uri_folder", name=f"r{uuid.uuid4().hex[:8]}", version="1"),
            },
            environment_variables={"A": "b"},
            tags={"t": "u"},
            compute="cpu-cluster",
            description="desc",
            experiment_name="shapes",
            display_name="Shaped",
            shm_size="1g",
        )
    )
    spread = ml.jobs.create_or_update(
        command(
            command="echo",
            environment=plain,
            timeout=60,
            instance_count=1,
            distribution={"type": "pytorch", "process_count_per_instance": 2},
        )
    )
    inline = ml.jobs.create_or_update(
        command(command="exit 3", environment=Environment(image="library/python:3.11-slim"))
    )
    for job in (rich, spread, inline):
        ended(ml, job.name)
    ml.datastores.create_or_update(
        AzureBlobDatastore(name="shaped", account_name="acc", container_name="con", description="h")
    )
    ml.datastores.create_or_update(
        AzureFileDatastore(name="shaped_files", account_name="acc", file_share_name="con")
    )
    cluster: dict[str, Any] = {"size": "Standard_DS3_v2", "min_instances": 0, "max_instances": 2}
    for compute in (
        AmlCompute(name="shaped", idle_time_before_scale_down=100, tags={"a": "b"}, **cluster),
        AmlCompute(name="shaped-low", tier="low_priority", **cluster),
        AmlCompute(
            name="shaped-identity",
            identity=IdentityConfiguration(type="system_assigned"),
            **cluster,
        ),
        ComputeInstance(name="shaped-one", size="Standard_DS3_v2"),
    ):
        ml.compute.begin_create_or_update(compute).result()
    ml.connections.create_or_update(
        WorkspaceConnection(
            name="shaped",
            type="git",
            target="https://git.example.com",
            credentials=PatTokenConfiguration(pat="hidden"),
        )
    )
    return Made(ml, [rich.name, spread.name, inline.name])


def printed(typed: Any, *words: str) -> Any:
    done = typed(*words)
    assert done.code == 0, done.err
    return json.loads(done.out)


def theirs(one: Any) -> Any:
    return json.loads(json.dumps(entity(one)))


def test_jobs(made: Made, typed: Any) -> None:
    for name in made.jobs:
        assert printed(typed, "job", "show", "-n", name) == theirs(made.ml.jobs.get(name))
    listed = {j["name"]: j for j in printed(typed, "job", "list", "--all-results")}
    for job in made.ml.jobs.list():
        if job.name in made.jobs:
            assert listed[job.name] == theirs(job)


@pytest.mark.parametrize("noun", ["model", "data", "environment", "component"])
def test_assets(made: Made, typed: Any, noun: str) -> None:
    operations = {"data": made.ml.data}.get(noun) or getattr(made.ml, f"{noun}s")
    found = 0
    for container in printed(typed, noun, "list"):
        name = container["name"]
        if not name.startswith("shaped"):
            continue
        rows = printed(typed, noun, "list", "--name", name)
        assert rows == [theirs(one) for one in operations.list(name=name)]
        for row in rows:
            kept = operations.get(name, row["version"])
            shown = printed(typed, noun, "show", "-n", name, "-v", row["version"])
            assert shown == row == theirs(kept)
            found += 1
        assert printed(typed, noun, "show", "-n", name, "-l", "latest") == theirs(
            operations.get(name, label="latest")
        )
    assert found
    containers = {c["name"]: c for c in printed(typed, noun, "list")}
    for one in operations.list():
        if one.name.startswith("shaped"):
            assert containers[one.name] == theirs(one)


@pytest.mark.parametrize(
    ("noun", "group"),
    [("compute", "compute"), ("datastore", "datastores"), ("connection", "connections")],
)
def test_places(made: Made, typed: Any, noun: str, group: str) -> None:
    operations = getattr(made.ml, group)
    rows = {row["name"]: row for row in printed(typed, noun, "list")}
    found = 0
    for one in operations.list():
        if one.name.startswith(("shaped", "workspace", "cpu")):
            kept = theirs(operations.get(one.name))
            assert printed(typed, noun, "show", "-n", one.name) == kept
            assert rows[one.name] == theirs(one)
            found += 1
    assert found


def test_workspaces(made: Made, typed: Any) -> None:
    assert printed(typed, "workspace", "show") == theirs(made.ml.workspaces.get("main"))
    rows = printed(typed, "workspace", "list", "-g", "zafiro")
    for row, one in zip(rows, made.ml.workspaces.list(), strict=True):
        assert row == theirs(one)


def test_list_and_show_do_without_azure_ai_ml(made: Made, server: Live) -> None:
    heavy = ("azure", "click", "httpx", "pydantic", "sqlalchemy", "starlette")
    lines = [
        ["job", "list"],
        ["job", "show", "-n", made.jobs[0]],
        ["job", "stream", "-n", made.jobs[0]],
        ["model", "list", "-o", "table"],
        ["data", "show", "-n", "shaped"],
        ["compute", "show", "-n", "cpu-cluster"],
        ["datastore", "list"],
        ["workspace", "show"],
    ]
    code = (
        "import sys; from zafiro.cli import run\n"
        f"for words in {lines}:\n"
        "    assert run(words) == 0, words\n"
        f"sys.exit(', '.join(m for m in {heavy} if m in sys.modules) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**live.clean(os.environ), "ZAFIRO_HOME": str(server.home)},
    )
    assert done.returncode == 0, done.stderr
