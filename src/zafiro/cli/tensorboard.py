"""zafiro job tensorboard"""

from urllib.parse import urlsplit

from zafiro.cli.client import client_of, workspace_of
from zafiro.cli.parser import Asked
from zafiro.cli.reading import browse, job_name


def link(asked: Asked) -> None:
    """Prints a link that signs a browser in."""
    client, workspace = client_of(asked), workspace_of(asked)
    job = client.get(f"{workspace}/jobs/{job_name(asked, client)}")
    endpoint = job["properties"]["services"]["TensorBoard"]["endpoint"]
    url = client.get(f"{urlsplit(endpoint).path}link")["url"]
    print(url)
    if asked.web:
        browse(url)
