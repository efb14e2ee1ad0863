"""zafiro job tensorboard"""

from pathlib import Path
from urllib.parse import urlsplit

import click

from zafiro.cli.client import WORKSPACE, Client
from zafiro.cli.state import home_of, home_option


@click.command()
@home_option
@click.option("--name", "-n", required=True, help="The job, or a run of MLflow's.")
def tensorboard(home: Path | None, name: str) -> None:
    """Print a link to the TensorBoard of a job, which signs a browser in.

    \b
    zafiro job tensorboard --name brave_apple_1
    """
    client = Client(home_of(home))
    job = client.get(f"{WORKSPACE}/jobs/{name}")
    endpoint = job["properties"]["services"]["TensorBoard"]["endpoint"]
    click.echo(client.get(f"{urlsplit(endpoint).path}link")["url"])
