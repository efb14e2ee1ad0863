"""The names everybody must spell alike."""

import re

ML = "Microsoft.MachineLearningServices"

# What `zafiro up` makes on first start.
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
GROUP = "zafiro"
WORKSPACE = "main"
TENANT = "00000000-0000-0000-0000-00000000000a"
LOCATION = "local"

# The host suffix behind every storage account; the client insists on it (ml.components.download
# matches ".blob.core.windows.net", azure-ai-ml 1.35.2).
STORAGE_SUFFIX = "core.windows.net"

# Datastores every workspace has, and the containers behind them.
BLOB_STORE = "workspaceblobstore"
ARTIFACT_STORE = "workspaceartifactstore"
FILE_STORE = "workspacefilestore"
WORKING_STORE = "workspaceworkingdirectory"


def is_account(name: str) -> bool:
    """Whether that is a storage account's name, which is also its folder's."""
    return re.fullmatch(r"[a-z0-9]{3,24}", name) is not None


def artifact_root(run: str) -> str:
    """Where the artifacts of a run lie in the artifact store's container."""
    return f"ExperimentRun/dcid.{run}"
