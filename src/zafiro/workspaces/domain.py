"""What a workspace is."""

from dataclasses import dataclass


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
