"""ARM ids: /subscriptions/S/resourceGroups/G/providers/P/type/name/type/name..."""

import re
from dataclasses import dataclass, replace

from zafiro.core.names import ML

_PATH = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/([^/]+)/(.+)", re.IGNORECASE
)


@dataclass(frozen=True)
class ResourceId:
    subscription: str
    group: str
    provider: str
    segments: tuple[str, ...]  # type, name, type, name, ...

    @property
    def type(self) -> str:
        """'workspaces/datastores'; other providers in full: 'Microsoft.Storage/storageAccounts'."""
        kind = "/".join(self.segments[::2])
        return kind if self.provider.lower() == ML.lower() else f"{self.provider}/{kind}"

    @property
    def name(self) -> str:
        return self.segments[-1]

    @property
    def parent(self) -> "ResourceId":
        """What holds it. Only meaningful below the top type."""
        return replace(self, segments=self.segments[:-2])

    @property
    def workspace(self) -> str:
        """The id of the workspace it is or lies in."""
        return str(replace(self, segments=self.segments[:2]))

    def child(self, type: str, name: str) -> "ResourceId":
        return replace(self, segments=(*self.segments, type, name))

    def __str__(self) -> str:
        # "resourceGroups" and the provider exactly so: azure-ai-ml 1.35.2 parses ids of models,
        # data, environments and codes case-sensitively.
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        return "/".join((group, "providers", self.provider, *self.segments))


def parse(path: str) -> tuple[ResourceId, str | None]:
    """The id in `path`, and the odd last segment if there is one (a collection or an action).

    Names that Python code prefixed with "azureml:" lose the prefix (azure-ai-ml 1.35.2 sends them
    so). Raises ValueError for what is not a resource path.
    """
    match = _PATH.fullmatch(path.rstrip("/"))
    if match is None:
        raise ValueError(f"not an ARM resource path: {path}")
    subscription, group, provider, rest = match.groups()
    if provider.lower() == ML.lower():
        provider = ML
    segments = tuple(
        part.removeprefix("azureml:") if n % 2 else part for n, part in enumerate(rest.split("/"))
    )
    if "" in segments:
        raise ValueError(f"an empty name in {path}")
    if len(segments) % 2:
        return ResourceId(subscription, group, provider, segments[:-1]), segments[-1]
    return ResourceId(subscription, group, provider, segments), None


def plain(reference: str) -> str:
    """'azureml:/subscriptions/…' and 'azureml:name' as sent by Python code, without the prefix."""
    if reference.startswith("azureml://"):
        return reference
    return re.sub(r"/azureml:", "/", reference.removeprefix("azureml:"))
