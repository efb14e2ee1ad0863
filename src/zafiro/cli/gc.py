"""zafiro gc"""

import re

from zafiro.cli.client import client_of, workspace_of
from zafiro.cli.parser import Asked
from zafiro.cli.says import Misused

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def collect(asked: Asked) -> None:
    """What was marked as deleted goes for good; says how much, and what stays and why."""
    said = {
        "olderThanS": seconds(asked.get("older_than") or "0s"),
        "runIds": asked.run_ids.split(",") if asked.get("run_ids") else None,
    }
    path = f"/history/v1.0{workspace_of(asked)}/gc"
    done = client_of(asked).ask("POST", path, said)[1]
    print(
        f"removed for good: {done['runs']} runs, {done['models']} logged models, "
        f"{done['experiments']} experiments"
    )
    for run, why in done["kept"].items():
        print(f"kept {run}: {why}")


def seconds(said: str) -> float:
    """As `mlflow gc` writes it: 1d2h3m4s, in this order. Raises Misused."""
    match = re.fullmatch(r"(?:([\d.]+)d)?(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?", said)
    try:
        if not said or match is None:
            raise ValueError(said)
        given = zip(match.groups(), _UNITS.values(), strict=True)
        return sum(float(number) * unit for number, unit in given if number)
    except ValueError:
        raise Misused(f"--older-than: '{said}' is no time; write it as 1d2h3m4s") from None
