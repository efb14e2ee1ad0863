"""What a workspace is."""

import re
from dataclasses import dataclass

from zafiro.core.errors import Invalid
from zafiro.core.names import is_account


@dataclass(frozen=True)
class Workspace:
    """`guid` is its identity: never reused, so that client caches keyed by it stay right."""

    guid: str
    subscription: str
    group: str
    name: str
    location: str
    storage_account: str  # name of the account behind workspaceblobstore and the others

    @property
    def id(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{self.name}"
        )


def check_name(name: str) -> None:
    """Azure's rule: 3 to 33 letters, digits, hyphens or underscores, the first no sign."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}", name):
        raise Invalid(
            "name",
            f"'{name}' is no workspace name: 3 to 33 letters, digits, '-' or '_', beginning with "
            "a letter or digit",
        )


def check_account(name: str) -> None:
    """Azure's rule; the name becomes a folder. Raises Invalid."""
    if not is_account(name):
        raise Invalid(
            "storageAccount", f"'{name}' is no storage account: 3 to 24 lower-case letters, digits"
        )


def account_name(workspace: str, guid: str) -> str:
    """A storage account's name: 3 to 24 lower-case letters and digits, different for each."""
    letters = re.sub(r"[^a-z0-9]", "", workspace.lower())[:12]
    return f"{letters}{guid.replace('-', '')[:10]}"
