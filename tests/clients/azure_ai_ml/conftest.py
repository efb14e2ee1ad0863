"""Microsoft's unmodified SDK against a real server over TLS."""

import os
import uuid

import pytest
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

from zafiro.testing.live import Live


@pytest.fixture(scope="session")
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
