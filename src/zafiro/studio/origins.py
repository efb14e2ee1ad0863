"""What a job or an asset says of where it came from, as things that can be drawn."""

import re
from dataclasses import dataclass
from typing import Any

from zafiro.arm import ids
from zafiro.assets.domain import Asset, section, text
from zafiro.workspaces.domain import Workspace

ASSETS = ("data", "models", "environments", "components")
_SHORT = re.compile(r"azureml:([^:/@]+)[:@]([^:/@]+)")
_JOB = re.compile(r"azureml://jobs/([^/]+)/outputs/([^/]+)", re.IGNORECASE)
_RUN = re.compile(r"runs:/+([^/]+)")
# Where outputs of jobs lie unless somebody says otherwise, and artifacts of runs.
_MADE = re.compile(r"/(?:paths/)?(?:azureml/([^/]+)/([^/]+)(?:/|$)|ExperimentRun/dcid\.([^/]+))")


@dataclass(frozen=True)
class Thing:
    """kind as in lineage_wire.Kin; names of assets do not differ by case."""

    kind: str
    name: str
    version: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.kind, self.name.lower(), self.version.lower())


@dataclass(frozen=True)
class Origin:
    """One thing that something came of. sure: false for a place that looks like a job's."""

    thing: Thing
    label: str
    sure: bool = True


def of_job(workspace: Workspace, properties: dict[str, Any]) -> list[Origin]:
    """Its inputs, then its environment; literals are no origins."""
    found = []
    for name, given in (properties.get("inputs") or {}).items():
        kind = str((given or {}).get("jobInputType") or "")
        uri = str((given or {}).get("uri") or "")
        if uri and kind != "literal":
            found.append(of_uri(workspace, uri, name, "models" if "_model" in kind else "data"))
    for field, kind in (("environmentId", "environments"), ("componentId", "components")):
        if properties.get(field):
            found.append(of_uri(workspace, str(properties[field]), kind.rstrip("s"), kind))
    return found


def of_uri(workspace: Workspace, uri: str, label: str, kind: str) -> Origin:
    """`kind`: of the short form azureml:name:version."""
    plain = ids.plain(uri)
    if plain.lower().startswith(f"{workspace.id.lower()}/"):
        parts = plain[len(workspace.id) + 1 :].split("/")
        if len(parts) == 4 and parts[0].lower() in ASSETS:
            return Origin(Thing(parts[0].lower(), parts[1], parts[3]), label)
        if len(parts) == 2 and parts[0].lower() == "jobs":
            return Origin(Thing("jobs", parts[1]), label)
    if match := _SHORT.fullmatch(uri):
        return Origin(Thing(kind, match[1], match[2]), label)
    if match := _JOB.match(uri):
        return Origin(Thing("jobs", match[1]), match[2])
    if match := _RUN.match(uri):
        return Origin(Thing("jobs", match[1]), label)
    if match := _MADE.search(uri):
        return Origin(Thing("jobs", match[1] or match[3]), match[2] or label, sure=False)
    return Origin(Thing("place", uri), label)


def of_asset(workspace: Workspace, asset: Asset) -> Origin | None:
    """The run that made it, as far as it says so; or the version it is a copy of; of a component
    the environment it runs in."""
    if asset.kind == "components":
        runs_in = section(asset.properties, "componentSpec").get("environment")
        if not isinstance(runs_in, str):
            return None
        return of_uri(workspace, runs_in, "environment", "environments")
    noted = section(asset.properties, "properties")
    named = asset.run_id or text(asset.properties, "jobName") or text(noted, "azureml.jobname")
    if named:
        return Origin(Thing("jobs", named), "")
    copied = re.fullmatch(r"models:/([^/@]+)/([^/]+)", asset.source)
    if copied and not asset.source.startswith("models:/m-"):
        return Origin(Thing("models", copied[1], copied[2]), "")
    if not asset.uri:
        return None
    found = of_uri(workspace, asset.uri, "", asset.kind)
    return found if found.thing.kind == "jobs" else None


def naming(thing: Thing) -> list[str]:
    """How the resource of a job ends what names that version of an asset."""
    return [
        f"/{thing.kind}/{thing.name}/versions/{thing.version}",
        f"azureml:{thing.name}:{thing.version}",
    ]
