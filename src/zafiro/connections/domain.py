"""What a connection is."""

import re
from dataclasses import dataclass

from zafiro.core.errors import Invalid

# How one signs in → whether there is something to keep secret.
AUTH = {
    "AAD": False,
    "AccessKey": True,
    "AccountKey": True,
    "ApiKey": True,
    "CustomKeys": True,
    "ManagedIdentity": False,
    "None": False,
    "OAuth2": True,
    "PAT": True,
    "SAS": True,
    "ServicePrincipal": True,
    "UsernamePassword": True,
}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}")


@dataclass(frozen=True)
class Connection:
    """category: "Git", "AzureOpenAI", … as Azure spells it; auth: one of AUTH."""

    id: str
    name: str
    category: str
    target: str
    auth: str


def check_name(name: str) -> None:
    """Azure's rule. Raises Invalid."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            "name",
            f"'{name}' is no connection name: 3 to 33 letters, digits, '-' or '_', beginning with "
            "a letter or digit",
        )


def auth(asked: str) -> str:
    """The way to sign in, spelled as Azure does. Raises Invalid."""
    for known in AUTH:
        if known.lower() == asked.lower():
            return known
    raise Invalid("properties.authType", f"'{asked}' is not one of {', '.join(AUTH)}")
