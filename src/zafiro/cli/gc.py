"""zafiro gc"""

import re
from pathlib import Path

import click

from zafiro.cli.client import WORKSPACE, Client
from zafiro.cli.state import home_of, home_option

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


@click.command()
@home_option
@click.option("--older-than", default="0s", metavar="1d2h3m4s", help="Deleted at least that ago.")
@click.option("--run-ids", metavar="ID,ID", help="These runs only; they must be deleted.")
def gc_(home: Path | None, older_than: str, run_ids: str | None) -> None:
    """Remove for good what was deleted: runs, logged models, experiments, and their files.

    \b
    zafiro gc --older-than 30d

    What is still used stays: files of registered models and data assets, runs of jobs that are
    still there.
    """
    asked = {
        "olderThanS": seconds(older_than),
        "runIds": run_ids.split(",") if run_ids else None,
    }
    done = Client(home_of(home)).post(f"/history/v1.0{WORKSPACE}/gc", asked)
    click.echo(
        f"removed for good: {done['runs']} runs, {done['models']} logged models, "
        f"{done['experiments']} experiments"
    )
    for run, why in done["kept"].items():
        click.echo(f"kept {run}: {why}")


def seconds(said: str) -> float:
    """As `mlflow gc` writes it: 1d2h3m4s, in this order. Raises BadParameter."""
    match = re.fullmatch(r"(?:([\d.]+)d)?(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?", said)
    try:
        if not said or match is None:
            raise ValueError(said)
        given = zip(match.groups(), _UNITS.values(), strict=True)
        return sum(float(number) * unit for number, unit in given if number)
    except ValueError:
        raise click.BadParameter(
            f"'{said}' is no time; write it as 1d2h3m4s", param_hint="--older-than"
        ) from None
