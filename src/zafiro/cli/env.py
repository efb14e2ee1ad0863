"""zafiro env, exec, init: point Microsoft's unmodified clients at the server."""

import json
import os
import shlex
import sys
from pathlib import Path

import click

from zafiro.cli.state import home_of, home_option, state
from zafiro.core import names
from zafiro.core.home import Home


def variables(home: Home) -> dict[str, str]:
    """What clients need in their environment. Raises ClickException when no server runs.

    azure-ai-ml 1.35.2 reads the first; requests and azure-core the bundle; azure-identity's
    DefaultAzureCredential the MSI pair; the plain MLflow client the last two.
    """
    running = state(home)
    if running is None:
        raise click.ClickException(
            f"no server runs on {home.root}; start one with `zafiro up --detach`"
        )
    url, bundle = str(running["url"]), str(home.tls / "bundle.pem")
    admin = json.loads(home.admin.read_text())
    workspace = (
        f"/subscriptions/{names.SUBSCRIPTION}/resourceGroups/{names.GROUP}"
        f"/providers/{names.ML}/workspaces/{names.WORKSPACE}"
    )
    return {
        "ZAFIRO_HOME": str(home.root),
        "ARM_CLOUD_METADATA_URL": f"{url}/metadata/endpoints?api-version=2022-09-01",
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "MSI_ENDPOINT": f"{url}/token",
        "MSI_SECRET": admin["msi_secret"],
        "AZURE_SUBSCRIPTION_ID": names.SUBSCRIPTION,
        "AZURE_RESOURCE_GROUP": names.GROUP,
        "AZUREML_WORKSPACE_NAME": names.WORKSPACE,
        "MLFLOW_TRACKING_URI": f"{url}/mlflow/v2.0{workspace}",
        "MLFLOW_TRACKING_USERNAME": "admin",
        "MLFLOW_TRACKING_PASSWORD": admin["client_secret"],
    }


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True, help="As JSON instead of shell exports.")
def env_(home: Path | None, as_json: bool) -> None:
    """Print the variables that point Microsoft's clients at the server.

    \b
    eval "$(zafiro env)"
    python my_azure_ml_script.py
    """
    found = variables(home_of(home))
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        click.echo(f"export {name}={shlex.quote(value)}")


@click.command(context_settings={"ignore_unknown_options": True})
@home_option
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(home: Path | None, command: tuple[str, ...]) -> None:
    """Run a command under the variables of `zafiro env`.

    \b
    zafiro exec -- python my_azure_ml_script.py
    """
    found = variables(home_of(home))
    try:
        os.execvpe(command[0], list(command), {**os.environ, **found})
    except OSError as e:
        click.echo(f"Error: {command[0]}: {e.strerror}", err=True)
        sys.exit(127)


@click.command()
@click.option("--workspace-name", "-w", default=names.WORKSPACE, show_default=True)
@click.option("--resource-group", "-g", default=names.GROUP, show_default=True)
@click.option("--subscription", default=names.SUBSCRIPTION, show_default=True)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
def init_(workspace_name: str, resource_group: str, subscription: str, folder: Path) -> None:
    """Write the config.json that MLClient.from_config() reads."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.json"
    said = {
        "subscription_id": subscription,
        "resource_group": resource_group,
        "workspace_name": workspace_name,
    }
    path.write_text(json.dumps(said, indent=2) + "\n")
    click.echo(f"wrote {path}")
