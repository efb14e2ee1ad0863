"""A workspace of azureml-core's, signed in as on a machine with a managed identity."""

import os

import requests
from azureml.core import Workspace
from azureml.core.authentication import TokenAuthentication


def token(audience=None):
    asked = {"resource": "https://management.azure.com/", "api-version": "2017-09-01"}
    headers = {"secret": os.environ["MSI_SECRET"]}
    answer = requests.get(os.environ["MSI_ENDPOINT"], params=asked, headers=headers, timeout=30)
    return answer.json()["access_token"]


def workspace():
    return Workspace(
        os.environ["AZURE_SUBSCRIPTION_ID"],
        os.environ["AZURE_RESOURCE_GROUP"],
        os.environ["AZUREML_WORKSPACE_NAME"],
        auth=TokenAuthentication(token),
    )
