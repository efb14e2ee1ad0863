"""zafiro gc"""

import re

from zafiro.cli.client import client_of, workspace_of
from zafiro.cli.parser import Asked
from zafiro.cli.says import Misused

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def gc(asked: Asked) -> None:
    runs = asked.get("run_ids")
    body = {
        "olderThanS": seconds(asked.get("older_than") or "0s"),
        "runIds": runs.split(",") if runs else None,
    }
    where = f"/history/v1.0{workspace_of(asked)}/gc"
    done = client_of(asked).ask("POST", where, body)[1]
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
