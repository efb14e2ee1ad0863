"""Scripts of the Azure CLI, through the shim."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from zafiro.testing import live
from zafiro.testing.live import Live


@pytest.fixture
def shell(typed: Any, zafiro: Any, server: Live, tmp_path: Path) -> Any:
    """shell(text) → what a script with `az` first in its path came to."""
    done = zafiro("az", "install-shim", tmp_path / "bin")
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "bin" / "az") in done.stdout, "it says what it did"
    variables = {
        **live.clean(os.environ),
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "ZAFIRO_HOME": str(server.home),
        "ZAFIRO_CONFIG": str(tmp_path / "defaults.json"),
    }

    def run(text: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "-c", text], capture_output=True, text=True, env=variables, cwd=tmp_path
        )

    return run


def test_a_script_around_az_ml_runs(shell: Any, tmp_path: Path) -> None:
    (tmp_path / "hello.yml").write_text(
        "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
        "command: echo hello\nenvironment:\n  image: library/python:3.11-slim\n"
    )
    done = shell(
        """
        set -eu
        az extension add -n ml -y
        az login --identity -o none
        az group create -n fruit -l eastus -o none
        az configure --defaults group=fruit workspace=orchard location=eastus
        az ml workspace create -n orchard -o none
        run_id=$(az ml job create -f hello.yml --query name -o tsv)
        az ml job stream -n $run_id > /dev/null 2>&1
        az ml job show -n $run_id --query status -o tsv
        az ml job show -n $run_id --query services.Studio.endpoint
        az ml workspace show --query resource_group --out tsv
        az configure -l --query "[?name=='workspace'].value" -o tsv
        az config get --query "defaults[?name=='group'].value" -o tsv
        az group show --query location -o tsv
        az group delete -n fruit --yes
        az group exists -n fruit
        """
    )
    assert done.returncode == 0, done.stderr
    status, studio, group, *rest = done.stdout.splitlines()
    assert (status, group) == ("Completed", "fruit")
    assert "/runs/" in studio and "workspaces/orchard" in studio
    assert rest == ["orchard", "fruit", "eastus", "false"]


def test_a_token_of_az_opens_the_server(shell: Any, server: Live) -> None:
    done = shell(
        "set -eu; TOKEN=$(az account get-access-token --query accessToken -o tsv);"
        "ID=$(az account show --query id | tr -d '\\r\"');"
        f'curl -s --cacert "{server.home}/tls/ca.pem" -H "Authorization: Bearer $TOKEN" '
        f'"{server.url}/subscriptions/$ID?api-version=2022-12-01"'
    )
    assert json.loads(done.stdout)["state"] == "Enabled", done.stderr


def test_az_rest_asks_the_server_where_a_script_names_azure(shell: Any, tmp_path: Path) -> None:
    where = "https://management.azure.com/subscriptions/{subscriptionId}/resourcegroups/plums"
    (tmp_path / "group.json").write_text('{"location": "local", "tags": {"a": "b"}}')
    done = shell(
        f"""
        set -eu
        az rest --method put --url '{where}?api-version=2022-12-01' --body @group.json -o none
        az rest -u '{where}' --uri-parameters api-version=2022-12-01 --query tags.a -o tsv
        az rest --method GET --uri '{where}' --output-file got.json
        az rest --method delete --url '{where}'
        az rest --url '{where}' || echo "status $?"
        """
    )
    assert done.stdout == "b\nstatus 3\n", done.stderr
    assert json.loads((tmp_path / "got.json").read_text())["name"] == "plums"


def test_az_rest_takes_its_credential_nowhere_else(shell: Any) -> None:
    done = shell("az rest --url https://graph.microsoft.com/v1.0/me")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: graph.microsoft.com is not asked: only management.azure")
    assert shell("az rest --url /subscriptions --body '{'").returncode == 2
    assert shell("az rest --url subscriptions").returncode == 2


def test_what_is_not_part_of_it_is_refused_in_a_sentence(shell: Any) -> None:
    done = shell("az identity create -n mine --query id -o tsv")
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: `az identity create` is not part of Zafiro's az, which has ml,")
    assert shell("az account set -s nowhere").returncode == 3
    assert shell("az extension add -n front-door").returncode == 3


def test_versions_and_help_are_answered(shell: Any) -> None:
    assert json.loads(shell("az version").stdout)["extensions"]["ml"].startswith("azure-ai-ml ")
    assert shell("az --version").returncode == 0
    assert "Usage: az ml NOUN VERB" in shell("az ml -h").stdout
    assert "Usage: az ml job create" in shell("az ml job create --help").stdout
    assert "extension" in shell("az --help").stdout


def test_another_az_is_not_overwritten(zafiro: Any, tmp_path: Path) -> None:
    (tmp_path / "az").write_text("#!/bin/sh\necho the real one\n")
    done = zafiro("az", "install-shim", tmp_path)
    assert done.returncode == 1 and "is another program" in done.stderr
    assert "the real one" in (tmp_path / "az").read_text()
    for _ in range(2):  # its own it may write anew
        assert zafiro("az", "install-shim", tmp_path, "--force").returncode == 0
