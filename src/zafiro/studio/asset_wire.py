"""Shapes of the pages of assets."""

from datetime import datetime

from pydantic import BaseModel

from zafiro.studio.wire import Row


class AssetRow(BaseModel):
    """aliases: of models, {alias: version}. build: of environments, the newest version's."""

    name: str
    version: str
    type: str
    description: str | None
    modified: datetime
    created_by: str
    archived: bool
    aliases: dict[str, str] = {}
    stage: str = ""
    build: "BuildState | None" = None


class BuildState(BaseModel):
    """state: none, building, built, failed, canceled. took_s: of the last build that ended."""

    state: str
    took_s: float | None = None
    ended: datetime | None = None


class Assets(BaseModel):
    kind: str
    assets: list[AssetRow]


class Version(BaseModel):
    """made_by: the run. metrics: the latest of that run, for models."""

    version: str
    created: datetime
    created_by: str
    archived: bool
    type: str
    stage: str
    description: str | None
    made_by: str | None
    metrics: dict[str, float | None] = {}


class Versions(BaseModel):
    """All versions of one name, newest first, 200 at most, and what is said of them together."""

    kind: str
    name: str
    description: str | None
    tags: dict[str, str]
    archived: bool
    aliases: dict[str, str]
    versions: list[Version]


class SignatureField(BaseModel):
    name: str
    type: str
    optional: bool = False
    default: str | None = None


class Signature(BaseModel):
    inputs: list[SignatureField]
    outputs: list[SignatureField]
    params: list[SignatureField]


class MlModel(BaseModel):
    """Read from a model's MLmodel file. error: why it cannot be."""

    flavors: dict[str, dict[str, str]] = {}
    signature: Signature | None = None
    example: str | None = None
    mlflow_version: str = ""
    size_bytes: int = 0
    error: str | None = None


class Source(BaseModel):
    """The run a model came from, with what it logged."""

    row: Row
    params: dict[str, str]
    metrics: dict[str, float | None]


class ComponentPort(BaseModel):
    """Of a component. type: "uri_folder", "number" …"""

    name: str
    type: str
    mode: str | None
    optional: bool
    default: str | None
    description: str | None


class Component(BaseModel):
    """environment: "name:version" or what was written; linked: whether it is an asset here."""

    display_name: str | None
    command: str | None
    environment: str | None
    linked: bool
    code: str | None
    inputs: list[ComponentPort]
    outputs: list[ComponentPort]


class Asset(BaseModel):
    """definition: the resource as YAML. made_by: name of a run. load: how to use it, in Python.

    aliases: those of this version. parts: what else can be asked of it: "files", "build".
    """

    kind: str
    name: str
    version: str
    type: str
    description: str | None
    uri: str
    created: datetime
    created_by: str
    archived: bool
    put_away: bool
    tags: dict[str, str]
    stage: str
    aliases: list[str]
    definition: str
    load: str
    versions: list[str]
    made_by: str | None
    source: Source | None
    model: MlModel | None
    component: Component | None
    parts: list[str]


class Change(BaseModel):
    """What is to be said from now on; null: as it was."""

    description: str | None = None
    tags: dict[str, str] | None = None
    archived: bool | None = None


class Move(BaseModel):
    """version null: take the alias away. was: where it is believed to be (null: nowhere);
    refused when it is elsewhere by now."""

    alias: str
    version: str | None
    was: str | None


class Before(BaseModel):
    """How it was, to put it back."""

    description: str | None = None
    tags: dict[str, str] = {}
    archived: bool = False


class Edit(BaseModel):
    """sign: "+", "-", " " or "@" (where it stands)."""

    sign: str
    text: str


class Difference(BaseModel):
    a: str
    b: str
    lines: list[Edit]


class BuildStep(BaseModel):
    name: str
    began: datetime
    ended: datetime | None
    failed: bool


class Package(BaseModel):
    """Of the difference to another version; before or after null: it was not there."""

    name: str
    before: str | None
    after: str | None


class Changed(BaseModel):
    """good: whether that version was built; else it is only the one before."""

    version: str
    good: bool
    packages: list[Package]


class Build(BaseModel):
    """state as BuildState. failure: why it can never be built here. cause: why the last build
    failed. job: whose build it was. log: whether there is one. notes: how it was read."""

    state: str
    began: datetime | None
    ended: datetime | None
    took_s: float | None
    job: str | None
    cause: str | None
    failure: str | None
    steps: list[BuildStep]
    log: bool
    python: str | None
    requirements: list[str]
    constraints: list[str]
    added: list[str]
    notes: list[str]
    changed: Changed | None


class Sent(BaseModel):
    """The job that does it."""

    job: str
