"""Microsoft's unmodified SDK against a real server over TLS."""

import os
import uuid
from collections.abc import Iterator

import pytest
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

from zafiro.testing import live
from zafiro.testing.live import Live


@pytest.fixture(scope="package")
def pointed(server: Live) -> Iterator[Live]:
    """The same, with this process's environment pointing at it as `zafiro env` would."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update({**live.clean(kept), **server.variables})
    yield server
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture(scope="package")
def ml(pointed: Live) -> MLClient:
    return MLClient(
        DefaultAzureCredential(),
        os.environ["AZURE_SUBSCRIPTION_ID"],
        os.environ["AZURE_RESOURCE_GROUP"],
        os.environ["AZUREML_WORKSPACE_NAME"],
    )


@pytest.fixture
def fresh() -> str:
    """A name no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}"
