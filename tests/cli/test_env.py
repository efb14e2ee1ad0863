"""Pointing Microsoft's clients at the server: env, exec, init, and what a restart may not break."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

from zafiro.testing import live
from zafiro.testing.live import Live

ASK = (
    "from azure.ai.ml import MLClient; from azure.identity import DefaultAzureCredential; "
    "print(MLClient.from_config(DefaultAzureCredential()).workspaces.get('main').location)"
)


@pytest.fixture
def pointed(server: Live, monkeypatch: pytest.MonkeyPatch) -> Live:
    for name in set(os.environ) - live.clean(os.environ).keys():
        monkeypatch.delenv(name)
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture(scope="module")
def quoted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server whose home has a name that careless shell code breaks at."""
    running = live.up(tmp_path_factory.mktemp("env") / "it's a home")
    yield running
    live.down(running.home)


def test_bash_can_eval_env_and_azure_ai_ml_works_under_it(
    zafiro: Any, quoted: Live, tmp_path: Path
) -> None:
    home = quoted.home
    assert zafiro("init", tmp_path).returncode == 0
    script = (
        'set -eu; eval "$("$PYTHON" -m zafiro env --home "$1")"; '
        'test "$ZAFIRO_HOME" = "$1"; cd "$2"; exec "$PYTHON" -c "$3"'
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", str(home), str(tmp_path), ASK],
        env={**live.clean(os.environ), "PYTHON": sys.executable},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "local"), done.stderr


def test_env_without_a_server_prints_nothing_to_eval(zafiro: Any, home: Path) -> None:
    done = zafiro("env", "--home", home)
    assert (done.returncode, done.stdout) == (1, "")
    assert "zafiro up --detach" in done.stderr


def test_exec_gives_the_variables_and_passes_on_how_it_ended(zafiro: Any, server: Live) -> None:
    shown = zafiro("exec", "--home", server.home, "--", "sh", "-c", "echo $MLFLOW_TRACKING_URI")
    assert shown.stdout.strip() == server.variables["MLFLOW_TRACKING_URI"]
    assert zafiro("exec", "--home", server.home, "--", "sh", "-c", "exit 7").returncode == 7
    assert zafiro("exec", "--home", server.home, "sh", "-c", "exit 8").returncode == 8
    killed = zafiro("exec", "--home", server.home, "sh", "-c", "kill -9 $$")
    assert killed.returncode == -9


def test_the_variables_are_enough_on_another_machine(
    zafiro: Any, server: Live, tmp_path: Path
) -> None:
    variables = {**server.variables, "ZAFIRO_HOME": str(tmp_path / "no home here")}
    shown = zafiro("workspace", "show", "--query", "name", "-o", "tsv", **variables)
    assert (shown.returncode, shown.stdout) == (0, "main\n"), shown.stderr
    token = zafiro("account", "get-access-token", "--query", "tokenType", **variables)
    assert (token.returncode, token.stdout) == (0, '"Bearer"\n'), token.stderr


def test_exec_names_a_program_that_is_not_there(zafiro: Any, server: Live) -> None:
    done = zafiro("exec", "--home", server.home, "--", "no-such-program")
    assert done.returncode == 127
    assert done.stderr == "Error: no-such-program: No such file or directory\n"


def test_init_writes_what_from_config_reads(zafiro: Any, pointed: Live, tmp_path: Path) -> None:
    below = tmp_path / "project" / "below"
    done = zafiro("init", "-w", "orchard", "-g", "fruit", "--subscription", "s1", below)
    assert done.returncode == 0
    ml = MLClient.from_config(DefaultAzureCredential(), path=below)
    assert (ml.workspace_name, ml.resource_group_name, ml.subscription_id) == (
        "orchard",
        "fruit",
        "s1",
    )


def test_a_client_goes_on_over_a_restart(quoted: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    before, home = quoted, quoted.home
    for name in set(os.environ) - live.clean(os.environ).keys():
        monkeypatch.delenv(name)
    for name, value in before.variables.items():
        monkeypatch.setenv(name, value)
    given = {name: os.environ[name] for name in before.variables}
    ml = MLClient(
        DefaultAzureCredential(),
        given["AZURE_SUBSCRIPTION_ID"],
        given["AZURE_RESOURCE_GROUP"],
        given["AZUREML_WORKSPACE_NAME"],
    )
    guid = ml.workspaces.get("main").discovery_url
    live.down(home)
    port, storage_port = (int(u.rsplit(":", 1)[1]) for u in (before.url, before.storage_url))
    after = live.up(home, port=port, storage_port=storage_port)
    monkeypatch.delenv("MSI_SECRET")  # no new token can be had: the one from before must do
    assert ml.workspaces.get("main").discovery_url == guid
    assert after.variables == before.variables


def test_what_is_kept_secret_is_readable_by_its_owner_only(server: Live) -> None:
    for path in (server.home / "keys").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    for name in ("ca.key", "server.key"):
        assert (server.home / "tls" / name).stat().st_mode & 0o077 == 0


def test_the_version_is_said(zafiro: Any) -> None:
    assert zafiro("--version").stdout.startswith("zafiro, version ")
