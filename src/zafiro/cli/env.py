"""zafiro env, exec, init: point Microsoft's unmodified clients at the server."""

import json
import os
import shlex
import sys
from pathlib import Path

from zafiro.cli import configuring
from zafiro.cli.parser import Asked
from zafiro.cli.says import Misused, Said
from zafiro.cli.state import home_of, state
from zafiro.core import names
from zafiro.core.home import Home


def variables(home: Home) -> dict[str, str]:
    """What clients need in their environment. Raises Said when no server runs.

    azure-ai-ml 1.35.2 reads the first; requests and azure-core the bundle; azure-identity's
    DefaultAzureCredential the MSI pair; the plain MLflow client the last two.
    """
    running = state(home)
    if running is None:
        raise Said(f"no server runs on {home.root}; start one with `zafiro up --detach`")
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


def env(asked: Asked) -> None:
    found = variables(home_of(asked.get("home")))
    if asked.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        print(f"export {name}={shlex.quote(value)}")


def exec(asked: Asked) -> None:
    found = variables(home_of(asked.get("home")))
    command: list[str] = asked.command
    if not command:
        raise Misused("there is no command to run", "zafiro exec --help")
    try:
        os.execvpe(command[0], command, {**os.environ, **found})
    except OSError as e:
        print(f"Error: {command[0]}: {e.strerror}", file=sys.stderr)
        sys.exit(127)


def init(asked: Asked) -> None:
    kept = configuring.kept()
    folder = Path(asked.get("folder", "."))
    said = {
        "subscription_id": asked.get("subscription")
        or kept.get("subscription")
        or names.SUBSCRIPTION,
        "resource_group": asked.get("resource_group") or kept.get("group") or names.GROUP,
        "workspace_name": asked.get("workspace_name") or kept.get("workspace") or names.WORKSPACE,
    }
    path = folder / "config.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(said, indent=2) + "\n")
    except OSError as e:
        raise Said(f"{path} cannot be written: {e.strerror}") from e
    print(f"wrote {path}")
